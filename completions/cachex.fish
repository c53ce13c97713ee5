# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cachex_global_optspecs
    string join \n env= file= ignore-arg= hash-with= pure-env key= scope= ignore-cwd stdin n/no-stdin ttl= failure-ttl= stale-while-revalidate= stale-if-error= refresh warm only-if-cached cache-exit= discard-failures max-entries= max-output= no-store pty= spinner= no-spinner max-size= no-cache v/verbose q/quiet cache-dir= h/help V/version
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

complete -c cachex -n "__fish_cachex_needs_command" -l env -d 'Let these variables count (repeat, or use commas)' -r
complete -c cachex -n "__fish_cachex_needs_command" -l file -d 'Let these files count by their content (repeat)' -r -F
complete -c cachex -n "__fish_cachex_needs_command" -l ignore-arg -d 'Leave these arguments out of the key (repeat)' -r
complete -c cachex -n "__fish_cachex_needs_command" -l hash-with -d 'Let an input count as what a command prints for it (repeat)' -r
complete -c cachex -n "__fish_cachex_needs_command" -l key -d 'Let this text count too (repeat)' -r
complete -c cachex -n "__fish_cachex_needs_command" -l scope -d 'Keep these entries apart from those of other scopes' -r
complete -c cachex -n "__fish_cachex_needs_command" -l ttl -d 'Replay what is younger than this [default: none]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l failure-ttl -d 'The same for a failure [default: 60s]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l stale-while-revalidate -d 'For so long after --ttl, replay and renew in the background [default: 0]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l stale-if-error -d 'For so long after --ttl, replay if the command fails [default: 0]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l cache-exit -d 'Exit codes that count as success [default: 0]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l max-entries -d 'Keep at most N entries of this command' -r
complete -c cachex -n "__fish_cachex_needs_command" -l max-output -d 'Do not store an output longer than this [default: 256MiB]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l pty -d 'Run it on a terminal, for its colours [default: never]' -r -f -a "always\t''
auto\t''
never\t''"
complete -c cachex -n "__fish_cachex_needs_command" -l spinner -d 'The spinner\'s text [default: Running `COMMAND`]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l max-size -d 'Keep the whole store below this [default: 2GiB]' -r
complete -c cachex -n "__fish_cachex_needs_command" -l cache-dir -d 'Keep the store in this directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_needs_command" -l pure-env -d 'Give the command only the variables of --env'
complete -c cachex -n "__fish_cachex_needs_command" -l ignore-cwd -d 'Leave the working directory out of the key'
complete -c cachex -n "__fish_cachex_needs_command" -l stdin -d 'Read standard input to its end, and let it count'
complete -c cachex -n "__fish_cachex_needs_command" -s n -l no-stdin -d 'Leave standard input alone: the command gets none'
complete -c cachex -n "__fish_cachex_needs_command" -l refresh -l force -d 'Run the command, and store anew'
complete -c cachex -n "__fish_cachex_needs_command" -l warm -d 'The same in the background: print nothing, exit 0 at once'
complete -c cachex -n "__fish_cachex_needs_command" -l only-if-cached -d 'Never run the command: replay, or exit 124'
complete -c cachex -n "__fish_cachex_needs_command" -l discard-failures -d 'Never store a failure'
complete -c cachex -n "__fish_cachex_needs_command" -l no-store -d 'Replay what is stored, and store nothing'
complete -c cachex -n "__fish_cachex_needs_command" -l no-spinner -d 'Show no spinner'
complete -c cachex -n "__fish_cachex_needs_command" -l no-cache -d 'Run the command as if cachex were not there'
complete -c cachex -n "__fish_cachex_needs_command" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_needs_command" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cachex -n "__fish_cachex_needs_command" -s V -l version -d 'Print version'
complete -c cachex -n "__fish_cachex_needs_command" -a "explain" -d 'Say whether a command would hit or miss, and why'
complete -c cachex -n "__fish_cachex_needs_command" -a "list" -d 'List what is stored, newest first'
complete -c cachex -n "__fish_cachex_needs_command" -a "show" -d 'Show one entry, or the bytes that it replays'
complete -c cachex -n "__fish_cachex_needs_command" -a "stats" -d 'Tell how often what is stored was used, and the time that saved'
complete -c cachex -n "__fish_cachex_needs_command" -a "clear" -d 'Forget everything, a command, or one call of it'
complete -c cachex -n "__fish_cachex_needs_command" -a "prune" -d 'Remove what has expired, and what is too much'
complete -c cachex -n "__fish_cachex_needs_command" -a "config" -d 'Show which options are in force, and where each comes from'
complete -c cachex -n "__fish_cachex_needs_command" -a "doctor" -d 'Check the store, and say what to do about what is wrong'
complete -c cachex -n "__fish_cachex_needs_command" -a "completions" -d 'Print the completion script of a shell'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l env -d 'Let these variables count (repeat, or use commas)' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l file -d 'Let these files count by their content (repeat)' -r -F
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l ignore-arg -d 'Leave these arguments out of the key (repeat)' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l hash-with -d 'Let an input count as what a command prints for it (repeat)' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l key -d 'Let this text count too (repeat)' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l scope -d 'Keep these entries apart from those of other scopes' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l ttl -d 'Replay what is younger than this [default: none]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l failure-ttl -d 'The same for a failure [default: 60s]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l stale-while-revalidate -d 'For so long after --ttl, replay and renew in the background [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l stale-if-error -d 'For so long after --ttl, replay if the command fails [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l cache-exit -d 'Exit codes that count as success [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l max-entries -d 'Keep at most N entries of this command' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l max-output -d 'Do not store an output longer than this [default: 256MiB]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l pty -d 'Run it on a terminal, for its colours [default: never]' -r -f -a "always\t''
auto\t''
never\t''"
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l spinner -d 'The spinner\'s text [default: Running `COMMAND`]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l max-size -d 'Keep the whole store below this [default: 2GiB]' -r
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l cache-dir -d 'Keep the store in this directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l pure-env -d 'Give the command only the variables of --env'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l ignore-cwd -d 'Leave the working directory out of the key'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l stdin -d 'Read standard input to its end, and let it count'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -s n -l no-stdin -d 'Leave standard input alone: the command gets none'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l refresh -l force -d 'Run the command, and store anew'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l warm -d 'The same in the background: print nothing, exit 0 at once'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l only-if-cached -d 'Never run the command: replay, or exit 124'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l discard-failures -d 'Never store a failure'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l no-store -d 'Replay what is stored, and store nothing'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l no-spinner -d 'Show no spinner'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l no-cache -d 'Run the command as if cachex were not there'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -l json -d 'Print JSON'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cachex -n "__fish_cachex_using_subcommand list" -l scope -d 'Only this scope (\'\' for what has none)' -r
complete -c cachex -n "__fish_cachex_using_subcommand list" -l older-than -d 'Only what is at least so old' -r
complete -c cachex -n "__fish_cachex_using_subcommand list" -l cache-dir -d 'Keep the store in this directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand list" -l exact -d 'Only the call with exactly these ARGS (or none)'
complete -c cachex -n "__fish_cachex_using_subcommand list" -l prefix -d 'All calls whose arguments start with ARGS'
complete -c cachex -n "__fish_cachex_using_subcommand list" -l expired -d 'Only what has expired'
complete -c cachex -n "__fish_cachex_using_subcommand list" -l json -d 'Print JSON'
complete -c cachex -n "__fish_cachex_using_subcommand list" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand list" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cachex -n "__fish_cachex_using_subcommand show" -l cache-dir -d 'Keep the store in this directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand show" -l stdout -d 'Print the recorded standard output, byte for byte'
complete -c cachex -n "__fish_cachex_using_subcommand show" -l stderr -d 'Print the recorded standard error, byte for byte'
complete -c cachex -n "__fish_cachex_using_subcommand show" -l json -d 'Print JSON'
complete -c cachex -n "__fish_cachex_using_subcommand show" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand show" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cachex -n "__fish_cachex_using_subcommand stats" -l cache-dir -d 'Keep the store in this directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand stats" -l json -d 'Print JSON'
complete -c cachex -n "__fish_cachex_using_subcommand stats" -l markdown -d 'Print a Markdown table, as for the summary of a CI job'
complete -c cachex -n "__fish_cachex_using_subcommand stats" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand stats" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l scope -d 'Only this scope (\'\' for what has none)' -r
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l older-than -d 'Only what is at least so old' -r
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l cache-dir -d 'Keep the store in this directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l exact -d 'Only the call with exactly these ARGS (or none)'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l prefix -d 'All calls whose arguments start with ARGS'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l expired -d 'Only what has expired'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -l dry-run -d 'Say what would be removed, and remove nothing'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cachex -n "__fish_cachex_using_subcommand prune" -l max-size -d 'Keep the whole store below this [default: 2GiB]' -r
complete -c cachex -n "__fish_cachex_using_subcommand prune" -l cache-dir -d 'Keep the store in this directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand prune" -l dry-run -d 'Say what would be removed, and remove nothing'
complete -c cachex -n "__fish_cachex_using_subcommand prune" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand prune" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l env -d 'Let these variables count (repeat, or use commas)' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l file -d 'Let these files count by their content (repeat)' -r -F
complete -c cachex -n "__fish_cachex_using_subcommand config" -l ignore-arg -d 'Leave these arguments out of the key (repeat)' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l hash-with -d 'Let an input count as what a command prints for it (repeat)' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l key -d 'Let this text count too (repeat)' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l scope -d 'Keep these entries apart from those of other scopes' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l ttl -d 'Replay what is younger than this [default: none]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l failure-ttl -d 'The same for a failure [default: 60s]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l stale-while-revalidate -d 'For so long after --ttl, replay and renew in the background [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l stale-if-error -d 'For so long after --ttl, replay if the command fails [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l cache-exit -d 'Exit codes that count as success [default: 0]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l max-entries -d 'Keep at most N entries of this command' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l max-output -d 'Do not store an output longer than this [default: 256MiB]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l pty -d 'Run it on a terminal, for its colours [default: never]' -r -f -a "always\t''
auto\t''
never\t''"
complete -c cachex -n "__fish_cachex_using_subcommand config" -l spinner -d 'The spinner\'s text [default: Running `COMMAND`]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l max-size -d 'Keep the whole store below this [default: 2GiB]' -r
complete -c cachex -n "__fish_cachex_using_subcommand config" -l cache-dir -d 'Keep the store in this directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand config" -l all -d 'Show also what has its default'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l json -d 'Print JSON'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l pure-env -d 'Give the command only the variables of --env'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l ignore-cwd -d 'Leave the working directory out of the key'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l stdin -d 'Read standard input to its end, and let it count'
complete -c cachex -n "__fish_cachex_using_subcommand config" -s n -l no-stdin -d 'Leave standard input alone: the command gets none'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l refresh -l force -d 'Run the command, and store anew'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l warm -d 'The same in the background: print nothing, exit 0 at once'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l only-if-cached -d 'Never run the command: replay, or exit 124'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l discard-failures -d 'Never store a failure'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l no-store -d 'Replay what is stored, and store nothing'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l no-spinner -d 'Show no spinner'
complete -c cachex -n "__fish_cachex_using_subcommand config" -l no-cache -d 'Run the command as if cachex were not there'
complete -c cachex -n "__fish_cachex_using_subcommand config" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand config" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cachex -n "__fish_cachex_using_subcommand doctor" -l cache-dir -d 'Keep the store in this directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand doctor" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand doctor" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cachex -n "__fish_cachex_using_subcommand completions" -l cache-dir -d 'Keep the store in this directory' -r -f -a "(__fish_complete_directories)"
complete -c cachex -n "__fish_cachex_using_subcommand completions" -s v -l verbose -d 'Say on standard error what was decided, and why'
complete -c cachex -n "__fish_cachex_using_subcommand completions" -s q -l quiet -d 'Do not warn'
complete -c cachex -n "__fish_cachex_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'

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
            case --env --file --ignore-arg --hash-with --key --scope --ttl --failure-ttl --stale-while-revalidate --stale-if-error --cache-exit --max-entries --max-output --spinner --max-size --cache-dir
                set -e words[1]
            case '-*'
            case explain list show stats clear prune config doctor completions
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
