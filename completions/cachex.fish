# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cachex_global_optspecs
    string join \n env= file= ignore-arg= hash-with= pure-env key= scope= ignore-cwd stdin n/no-stdin ttl= failure-ttl= stale-while-revalidate= stale-if-error= refresh warm only-if-cached max-entries= cache-exit= discard-failures max-output= no-store spinner= no-spinner pty= max-size= no-cache cache-dir= v/verbose q/quiet h/help V/version
end

function __fish_cachex_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cachex_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cachex_using_subcommand
    set -l cmd (__fish_cachex_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cachex -n "__fish_cachex_needs_command" -l env -d 'Let variables count in the key: names or globs (repeat, or separate with commas)' -r
complete -c cachex -n "__fish_cachex_needs_command" -l file -d 'Let files count by their content: a path, a directory with all below it, or a glob (repeat for more)' -r -F
complete -c cachex -n "__fish_cachex_needs_command" -l ignore-arg -d 'Leave arguments that match out of the key: a glob for a whole word (`--token=*`), or for words in a row (`--token *`) (repeat for more)' -r
complete -c cachex -n "__fish_cachex_needs_command" -l hash-with -d 'Let an input count as what a command prints for it: `file:GLOB`, `env:NAME`, `arg:N`, `arg:GLOB` or stdin, then = and the command (repeat for more)' -r
complete -c cachex -n "__fish_cachex_needs_command" -l key -d 'Let this text count in the key (repeat for more)' -r
complete -c cachex -n "__fish_cachex_needs_command" -l scope -d 'Keep these entries apart from those of other scopes' -r
complete -c cachex -n "__fish_cachex_needs_command" -l ttl -d 'Replay a result younger than this: seconds, 1h 30min, 0 for never, none for ever [default: none]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l failure-ttl -d 'The same for a failure [default: 60s, never longer than --ttl]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l stale-while-revalidate -d 'For this long after that, replay at once all the same and renew in the background [default: 0]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l stale-if-error -d 'For this long after that, replay the last success when the command fails [default: 0]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l max-entries -d 'Keep at most N entries of this command, the expired and the oldest going first' -r
complete -c cachex -n "__fish_cachex_needs_command" -l cache-exit -d 'Exit codes that count as success, as in 0,2 or 0-3 [default: 0]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l max-output -d 'Do not store an output longer than this [default: 256MiB]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l spinner -d 'The spinner\'s text [default: Running `COMMAND`]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l pty -d 'Run the command on a terminal of its own, so that it shows colours: always, never, or auto for when standard output is a terminal [default: never]' -r -f -a "always\t''
auto\t''
never\t''"
complete -c cachex -n "__fish_cachex_needs_command" -l max-size -d 'Keep the whole store below this; the least recently used entries go first [default: 2GiB]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l cache-dir -d 'Keep the store in this directory instead of the user\'s cache directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_needs_command" -l pure-env -d 'Give the command only the variables that --env selects, and PATH, HOME, USER, LOGNAME, TMPDIR'
complete -c cachex -n "__fish_cachex_needs_command" -l ignore-cwd -d 'Leave the working directory out of the key'
complete -c cachex -n "__fish_cachex_needs_command" -l stdin -d 'Read standard input to its end, key it and give it to the command'
complete -c cachex -n "__fish_cachex_needs_command" -s n -l no-stdin -d 'Give the command an empty standard input and leave the real one alone'
complete -c cachex -n "__fish_cachex_needs_command" -l refresh -l force -d 'Run the command and store its result anew, whatever is stored'
complete -c cachex -n "__fish_cachex_needs_command" -l warm -d 'The same in the background: print nothing, exit 0 at once'
complete -c cachex -n "__fish_cachex_needs_command" -l only-if-cached -d 'Never run the command: replay, or exit 124 and say why'
complete -c cachex -n "__fish_cachex_needs_command" -l discard-failures -d 'Never store a failure'
complete -c cachex -n "__fish_cachex_needs_command" -l no-store -d 'Replay what is stored, and store nothing'
complete -c cachex -n "__fish_cachex_needs_command" -l no-spinner -d 'Show no spinner'
complete -c cachex -n "__fish_cachex_needs_command" -l no-cache -d 'Run the command as if cachex were not there'
complete -c cachex -n "__fish_cachex_needs_command" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_needs_command" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cachex -n "__fish_cachex_needs_command" -s V -l version -d 'Print version'
complete -c cachex -n "__fish_cachex_needs_command" -a "clear" -d 'Forget everything, a command, one call of it, or what has expired'
complete -c cachex -n "__fish_cachex_needs_command" -a "explain" -d 'Say whether a command would hit or miss, and why'
complete -c cachex -n "__fish_cachex_needs_command" -a "list" -d 'List what is stored, newest first'
complete -c cachex -n "__fish_cachex_needs_command" -a "show" -d 'Show one entry whole'
complete -c cachex -n "__fish_cachex_needs_command" -a "config" -d 'Show which options are in force for a command, and where each comes from'
complete -c cachex -n "__fish_cachex_needs_command" -a "prune" -d 'Remove what has expired, what is too much and what was left behind'
complete -c cachex -n "__fish_cachex_needs_command" -a "doctor" -d 'Look the store over, and say what to do about what is wrong'
complete -c cachex -n "__fish_cachex_needs_command" -a "stats" -d 'Tell how often what is stored was used, and what that saved'
complete -c cachex -n "__fish_cachex_needs_command" -a "completions" -d 'Print the completion script of a shell'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l scope -d 'Only this scope; \'\' for what was stored without one' -r
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l older-than -d 'Only what is at least so old' -r
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l cache-dir -d 'Keep the store in this directory instead of the user\'s cache directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l exact -d 'Only the call with just these ARGS, or with none'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l prefix -d 'All calls whose arguments start with ARGS'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l expired -d 'Only what has expired, by the lifetime of the call that stored it'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l dry-run -d 'Say what would be removed, and remove nothing'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -s h -l help -d 'Print help'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l env -d 'Let variables count in the key: names or globs (repeat, or separate with commas)' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l file -d 'Let files count by their content: a path, a directory with all below it, or a glob (repeat for more)' -r -F
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l ignore-arg -d 'Leave arguments that match out of the key: a glob for a whole word (`--token=*`), or for words in a row (`--token *`) (repeat for more)' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l hash-with -d 'Let an input count as what a command prints for it: `file:GLOB`, `env:NAME`, `arg:N`, `arg:GLOB` or stdin, then = and the command (repeat for more)' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l key -d 'Let this text count in the key (repeat for more)' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l scope -d 'Keep these entries apart from those of other scopes' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l ttl -d 'Replay a result younger than this: seconds, 1h 30min, 0 for never, none for ever [default: none]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l failure-ttl -d 'The same for a failure [default: 60s, never longer than --ttl]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l stale-while-revalidate -d 'For this long after that, replay at once all the same and renew in the background [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l stale-if-error -d 'For this long after that, replay the last success when the command fails [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l max-entries -d 'Keep at most N entries of this command, the expired and the oldest going first' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l cache-exit -d 'Exit codes that count as success, as in 0,2 or 0-3 [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l max-output -d 'Do not store an output longer than this [default: 256MiB]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l spinner -d 'The spinner\'s text [default: Running `COMMAND`]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l pty -d 'Run the command on a terminal of its own, so that it shows colours: always, never, or auto for when standard output is a terminal [default: never]' -r -f -a "always\t''
auto\t''
never\t''"
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l max-size -d 'Keep the whole store below this; the least recently used entries go first [default: 2GiB]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l cache-dir -d 'Keep the store in this directory instead of the user\'s cache directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l pure-env -d 'Give the command only the variables that --env selects, and PATH, HOME, USER, LOGNAME, TMPDIR'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l ignore-cwd -d 'Leave the working directory out of the key'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l stdin -d 'Read standard input to its end, key it and give it to the command'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -s n -l no-stdin -d 'Give the command an empty standard input and leave the real one alone'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l refresh -l force -d 'Run the command and store its result anew, whatever is stored'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l warm -d 'The same in the background: print nothing, exit 0 at once'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l only-if-cached -d 'Never run the command: replay, or exit 124 and say why'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l discard-failures -d 'Never store a failure'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l no-store -d 'Replay what is stored, and store nothing'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l no-spinner -d 'Show no spinner'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l no-cache -d 'Run the command as if cachex were not there'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l json -d 'Print JSON'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -s h -l help -d 'Print help'
complete -c cachex -n "__fish_cachex_using_subcommand list" -l scope -d 'Only this scope; \'\' for what was stored without one' -r
complete -c cachex -n "__fish_cachex_using_subcommand list" -l older-than -d 'Only what is at least so old' -r
complete -c cachex -n "__fish_cachex_using_subcommand list" -l cache-dir -d 'Keep the store in this directory instead of the user\'s cache directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand list" -l exact -d 'Only the call with just these ARGS, or with none'
complete -c cachex -n "__fish_cachex_using_subcommand list" -l prefix -d 'All calls whose arguments start with ARGS'
complete -c cachex -n "__fish_cachex_using_subcommand list" -l expired -d 'Only what has expired, by the lifetime of the call that stored it'
complete -c cachex -n "__fish_cachex_using_subcommand list" -l json -d 'Print JSON'
complete -c cachex -n "__fish_cachex_using_subcommand list" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand list" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand list" -s h -l help -d 'Print help'
complete -c cachex -n "__fish_cachex_using_subcommand show" -l cache-dir -d 'Keep the store in this directory instead of the user\'s cache directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand show" -l stdout -d 'Print the recorded standard output, byte for byte'
complete -c cachex -n "__fish_cachex_using_subcommand show" -l stderr -d 'Print the recorded standard error, byte for byte'
complete -c cachex -n "__fish_cachex_using_subcommand show" -l json -d 'Print JSON'
complete -c cachex -n "__fish_cachex_using_subcommand show" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand show" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand show" -s h -l help -d 'Print help'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l env -d 'Let variables count in the key: names or globs (repeat, or separate with commas)' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l file -d 'Let files count by their content: a path, a directory with all below it, or a glob (repeat for more)' -r -F
complete -c cachex -n "__fish_cachex_using_subcommand config" -l ignore-arg -d 'Leave arguments that match out of the key: a glob for a whole word (`--token=*`), or for words in a row (`--token *`) (repeat for more)' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l hash-with -d 'Let an input count as what a command prints for it: `file:GLOB`, `env:NAME`, `arg:N`, `arg:GLOB` or stdin, then = and the command (repeat for more)' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l key -d 'Let this text count in the key (repeat for more)' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l scope -d 'Keep these entries apart from those of other scopes' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l ttl -d 'Replay a result younger than this: seconds, 1h 30min, 0 for never, none for ever [default: none]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l failure-ttl -d 'The same for a failure [default: 60s, never longer than --ttl]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l stale-while-revalidate -d 'For this long after that, replay at once all the same and renew in the background [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l stale-if-error -d 'For this long after that, replay the last success when the command fails [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l max-entries -d 'Keep at most N entries of this command, the expired and the oldest going first' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l cache-exit -d 'Exit codes that count as success, as in 0,2 or 0-3 [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l max-output -d 'Do not store an output longer than this [default: 256MiB]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l spinner -d 'The spinner\'s text [default: Running `COMMAND`]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l pty -d 'Run the command on a terminal of its own, so that it shows colours: always, never, or auto for when standard output is a terminal [default: never]' -r -f -a "always\t''
auto\t''
never\t''"
complete -c cachex -n "__fish_cachex_using_subcommand config" -l max-size -d 'Keep the whole store below this; the least recently used entries go first [default: 2GiB]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l cache-dir -d 'Keep the store in this directory instead of the user\'s cache directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand config" -l all -d 'Show also what has its default'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l json -d 'Print JSON'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l pure-env -d 'Give the command only the variables that --env selects, and PATH, HOME, USER, LOGNAME, TMPDIR'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l ignore-cwd -d 'Leave the working directory out of the key'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l stdin -d 'Read standard input to its end, key it and give it to the command'
complete -c cachex -n "__fish_cachex_using_subcommand config" -s n -l no-stdin -d 'Give the command an empty standard input and leave the real one alone'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l refresh -l force -d 'Run the command and store its result anew, whatever is stored'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l warm -d 'The same in the background: print nothing, exit 0 at once'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l only-if-cached -d 'Never run the command: replay, or exit 124 and say why'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l discard-failures -d 'Never store a failure'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l no-store -d 'Replay what is stored, and store nothing'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l no-spinner -d 'Show no spinner'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l no-cache -d 'Run the command as if cachex were not there'
complete -c cachex -n "__fish_cachex_using_subcommand config" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand config" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand config" -s h -l help -d 'Print help'
complete -c cachex -n "__fish_cachex_using_subcommand prune" -l max-size -d 'Keep the store below this; the least recently used entries go [default: `CACHEX_MAX_SIZE`, or 2GiB]' -r
complete -c cachex -n "__fish_cachex_using_subcommand prune" -l cache-dir -d 'Keep the store in this directory instead of the user\'s cache directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand prune" -l dry-run -d 'Say what would be removed, and remove nothing'
complete -c cachex -n "__fish_cachex_using_subcommand prune" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand prune" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand prune" -s h -l help -d 'Print help'
complete -c cachex -n "__fish_cachex_using_subcommand doctor" -l cache-dir -d 'Keep the store in this directory instead of the user\'s cache directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand doctor" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand doctor" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c cachex -n "__fish_cachex_using_subcommand stats" -l cache-dir -d 'Keep the store in this directory instead of the user\'s cache directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand stats" -l json -d 'Print JSON'
complete -c cachex -n "__fish_cachex_using_subcommand stats" -l markdown -d 'Print a table in Markdown, as for the summary of a CI job'
complete -c cachex -n "__fish_cachex_using_subcommand stats" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand stats" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand stats" -s h -l help -d 'Print help'
complete -c cachex -n "__fish_cachex_using_subcommand completions" -l cache-dir -d 'Keep the store in this directory instead of the user\'s cache directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand completions" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand completions" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand completions" -s h -l help -d 'Print help'

# The command line from COMMAND on; fails before that.
function __fish_cachex_command_line
    set -l words (commandline -opc)
    set -e words[1]
    set -l verb
    while set -q words[1]
        switch $words[1]
            case --
                set -e words[1]
                echo (string join ' ' -- (string escape -- $words) (commandline -ct))
                return 0
            case --env --file --ignore-arg --hash-with --key --scope --ttl --failure-ttl --stale-while-revalidate --stale-if-error --max-entries --cache-exit --max-output --spinner --max-size --cache-dir
                set -e words[1]
            case '-*'
            case clear explain list show config prune doctor stats completions
                set -q verb[1]; and return 1
                set verb $words[1]
            case '*'
                set -q verb[1]; and return 1
                echo (string join ' ' -- (string escape -- $words) (commandline -ct))
                return 0
        end
        set -e words[1]
    end
    # The first word may be a verb or a command.
    set -q verb[1]; and return 1
    string match -q -- '-*' (commandline -ct); and return 1
    commandline -ct
end

complete -c cachex -n __fish_cachex_command_line -f -a '(complete -C (__fish_cachex_command_line))'
