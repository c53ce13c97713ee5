# Completions of cachex for fish.

# Where the cursor is: `run` before COMMAND, a verb, or `command`; then whether a verb may come, or the
# words of COMMAND.
function __cachex_place
    set -l words (commandline -opc)
    set -e words[1]
    set -l verb run
    set -l first first
    while set -q words[1]
        switch $words[1]
            case --
                set -e words[1]
                printf '%s\n' command $words
                return
            case '-*'
                contains -- (string split -m 1 = -- $words[1])[1] -v --verbose -q --quiet --cache-dir; or set first
                contains -- $words[1] --env --file --ignore-arg --hash-with --key --scope --trace-ignore --trace-times --output --ttl --failure-ttl --stale-while-revalidate --stale-if-error --cache-exit --max-entries --max-output --remote --remote-mode --remote-timeout --remote-min-time --remote-namespace --remote-read --remote-platform --remote-epoch --spinner --max-size --cache-dir --older-than --limit --sort --timeout; and set -e words[1]
            case '*'
                if test $verb = run; and contains -- $words[1] explain list show stats clear prune config trust remote doctor init man completions help
                    set verb $words[1]
                    set first
                else if contains -- $verb run explain
                    printf '%s\n' command $words
                    return
                end
        end
        set -e words[1]
    end
    printf '%s\n' $verb $first
end

function __cachex_at
    contains -- (__cachex_place)[1] $argv
end

# What can be run: a shell has more to offer than that.
function __cachex_commands
    set -l word (commandline -ct)
    string match -q -- '-*' $word; and return
    for line in (complete -C "$word")
        set -l name (string split -m 1 \t -- $line)[1]
        if string match -q -- '*/*' $name; or command -q -- $name
            printf '%s\n' $line
        end
    end
end

# A verb or a command.
function __cachex_first
    set -q __cachex_options_only; and return
    set -l place (__cachex_place)
    if test "$place[2]" = first
        printf '%s\t%s\n' explain 'Say whether a command would hit or miss, and why'
        printf '%s\t%s\n' list 'List the stored entries, newest first'
        printf '%s\t%s\n' show 'Show one entry, or its recorded output'
        printf '%s\t%s\n' stats 'Show how often entries were replayed, and the time that saved'
        printf '%s\t%s\n' clear 'Remove entries: all, those of a command or a call, or one'
        printf '%s\t%s\n' prune 'Remove expired entries, then shrink the store to --max-size'
        printf '%s\t%s\n' config 'Show the options in force, and where each comes from'
        printf '%s\t%s\n' trust 'Trust the configuration file of a project'
        printf '%s\t%s\n' remote 'Make the secrets of a remote, check it, or push what waits'
        printf '%s\t%s\n' doctor 'Check the store, and say how to fix what is wrong'
        printf '%s\t%s\n' init 'Print what a shell\'s start file needs: completions and `memo`'
        printf '%s\t%s\n' man 'Print the manual page of cachex or of a verb, as roff'
        printf '%s\t%s\n' completions 'Print the completion script of a shell'
        printf '%s\t%s\n' help 'Print the help of cachex, or of a verb'
    end
    __cachex_commands
end

# Completes COMMAND and its arguments as they would be without cachex.
function __cachex_as_without
    set -l words (__cachex_place)[2..-1]
    if set -q words[1]
        complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
    else
        __cachex_commands
    end
end

# The value in the present word.
function __cachex_value
    string replace -r -- '^--[^=]*=' '' (commandline -ct)
end

function __cachex_variables
    set -l before (string match -r -- '^.*,' (__cachex_value))
    printf '%s\n' "$before"(set -nx)
end

function __cachex_hashes
    switch (__cachex_value)
        case '*=*' 'arg:*'
        case 'file:*'
            printf '%s\n' file:(complete -C "'' "(string replace -- file: '' (__cachex_value)))
        case 'env:*'
            printf '%s\n' env:(set -nx)=
        case '*'
            printf '%s\n' file: env: arg: stdin=
    end
end

function __cachex_entries
    # Only one is named: not behind another operand.
    set -l words (commandline -opc)
    string match -q -- '-*' $words[-1]; or contains -- $words[-1] explain list show stats clear prune config trust remote doctor init man completions help; or contains -- $words[-2] --env --file --ignore-arg --hash-with --key --scope --trace-ignore --trace-times --output --ttl --failure-ttl --stale-while-revalidate --stale-if-error --cache-exit --max-entries --max-output --remote --remote-mode --remote-timeout --remote-min-time --remote-namespace --remote-read --remote-platform --remote-epoch --spinner --max-size --cache-dir --older-than --limit --sort --timeout
    or return
    __cachex_list | awk 'NR == 1 { at = index($0, "COMMAND") } NR > 1 { print $1 "\t" substr($0, at) }'
end

function __cachex_scopes
    __cachex_list --json | string replace -rf '^ *"scope": "([\w.@+-]+)",$' '$1' | sort -u
end

# In the store that the words name.
function __cachex_list
    set -l words (commandline -opc)
    set -l directory (string replace -rf -- '^--cache-dir=' '' $words)
    set -l at (contains -i -- --cache-dir $words); and set directory $words[(math $at + 1)]
    if set -q directory[1]
        cachex list --cache-dir (string replace -r '^~/' "$HOME/" -- $directory[-1]) $argv 2>/dev/null
    else
        cachex list $argv 2>/dev/null
    end
end

complete -c cachex -f
complete -c cachex -n '__cachex_at command' -a '(__cachex_as_without)'
complete -c cachex -n '__cachex_at run explain' -a '(__cachex_first)'
complete -c cachex -n '__cachex_at list' -k -a '--'
complete -c cachex -n '__cachex_at show' -k -a '-- (__cachex_entries)'
complete -c cachex -n '__cachex_at clear' -k -a '-- (__cachex_entries)'
complete -c cachex -n '__cachex_at config' -k -a '--'
complete -c cachex -n '__cachex_at trust' -k -a '(__fish_complete_directories)'
complete -c cachex -n '__cachex_at remote' -k -a 'keygen check flush'
complete -c cachex -n '__cachex_at init' -k -a 'bash zsh fish'
complete -c cachex -n '__cachex_at man' -k -a 'explain list show stats clear prune config trust remote doctor init man completions help'
complete -c cachex -n '__cachex_at completions' -k -a 'bash zsh fish elvish powershell'
complete -c cachex -n '__cachex_at help' -k -a 'explain list show stats clear prune config trust remote doctor init man completions help'
complete -c cachex -n '__cachex_at run explain config' -l env -x -a '(__cachex_variables)' -d 'Add variables to the key (repeat, or use commas)'
complete -c cachex -n '__cachex_at run explain config' -l file -r -F -d 'Add the content of files to the key (repeat)'
complete -c cachex -n '__cachex_at run explain config' -l ignore-arg -x -d 'Leave these arguments out of the key (repeat)'
complete -c cachex -n '__cachex_at run explain config' -l hash-with -x -a '(__cachex_hashes)' -d 'Hash the output of a command in place of an input (repeat)'
complete -c cachex -n '__cachex_at run explain config' -l pure-env -d 'Give the command only the variables of --env'
complete -c cachex -n '__cachex_at run explain config' -l key -x -d 'Add this text to the key (repeat)'
complete -c cachex -n '__cachex_at run explain config' -l scope -x -a '(__cachex_scopes)' -d 'Keep these entries apart from those of other scopes'
complete -c cachex -n '__cachex_at run explain config' -l ignore-cwd -d 'Leave the working directory out of the key'
complete -c cachex -n '__cachex_at run explain config' -l ignore-file-args -d 'Do not add the content of files that arguments name'
complete -c cachex -n '__cachex_at run explain config' -l stdin -d 'Read standard input to its end, and add it to the key'
complete -c cachex -n '__cachex_at run explain config' -s n -l no-stdin -d 'Leave standard input alone: the command gets none'
complete -c cachex -n '__cachex_at run explain config' -l trace -d 'Find the inputs: every file that the command reads'
complete -c cachex -n '__cachex_at run explain config' -l no-trace -d 'Do not follow what the command reads'
complete -c cachex -n '__cachex_at run explain config' -l trace-ignore -r -F -d 'Leave these files out of what --trace finds (repeat)'
complete -c cachex -n '__cachex_at run explain config' -l trace-times -x -d 'Whether the times of files count for --trace [default: exact]'
complete -c cachex -n '__cachex_at run explain config' -l output -r -F -d 'Bring back the files that it writes (repeat)'
complete -c cachex -n '__cachex_at run explain config' -l outputs -d 'With --trace, do so for all files written below the working directory'
complete -c cachex -n '__cachex_at run explain config' -l ttl -x -d 'Replay results younger than this [default: none]'
complete -c cachex -n '__cachex_at run explain config' -l failure-ttl -x -d 'Replay failures younger than this [default: 60s]'
complete -c cachex -n '__cachex_at run explain config' -l stale-while-revalidate -x -d 'After --ttl, replay for this long and renew in the background [default: 0]'
complete -c cachex -n '__cachex_at run explain config' -l stale-if-error -x -d 'After --ttl, replay for this long if the command fails [default: 0]'
complete -c cachex -n '__cachex_at run explain config' -l refresh -l force -d 'Run the command, and replace its result'
complete -c cachex -n '__cachex_at run explain config' -l warm -d 'Refresh in the background: print nothing, exit 0 at once'
complete -c cachex -n '__cachex_at run explain config' -l only-if-cached -d 'Never run the command: replay, or exit 124'
complete -c cachex -n '__cachex_at run explain config' -l cache-exit -x -d 'Exit codes that count as success [default: 0]'
complete -c cachex -n '__cachex_at run explain config' -l discard-failures -d 'Never store a failure'
complete -c cachex -n '__cachex_at run explain config' -l max-entries -x -d 'Keep at most N entries of this command'
complete -c cachex -n '__cachex_at run explain config' -l max-output -x -d 'Do not store output longer than this [default: 256MiB]'
complete -c cachex -n '__cachex_at run explain config' -l no-store -d 'Replay stored results, but store nothing'
complete -c cachex -n '__cachex_at run explain config' -l share -d 'Share results of this command by --remote'
complete -c cachex -n '__cachex_at run explain config' -l remote -x -d 'Where results are shared: redis://, rediss://, s3+https:// or https://'
complete -c cachex -n '__cachex_at run explain config' -l remote-mode -x -d 'What this machine does there: off, read, write or read-write [default: read]'
complete -c cachex -n '__cachex_at run explain config' -l remote-timeout -x -d 'Never wait longer for it [default: 2s]'
complete -c cachex -n '__cachex_at run explain config' -l remote-min-time -x -d 'Share only what took at least this long [default: 1s]'
complete -c cachex -n '__cachex_at run explain config' -l remote-namespace -x -d 'Write results under this name, and read them there first [default: main]'
complete -c cachex -n '__cachex_at run explain config' -l remote-read -x -d 'Read results of these names too (repeat, or use commas)'
complete -c cachex -n '__cachex_at run explain config' -l remote-platform -x -d 'Share with machines of this name, whatever their system is'
complete -c cachex -n '__cachex_at run explain config' -l remote-epoch -x -d 'Share nothing with calls of another epoch'
complete -c cachex -n '__cachex_at run explain config' -l pty -f -a 'always auto never' -d 'Run it on a terminal, for its colours [default: never]'
complete -c cachex -n '__cachex_at run explain config' -l spinner -x -d 'The spinner\'s text [default: Running `COMMAND`]'
complete -c cachex -n '__cachex_at run explain config' -l no-spinner -d 'Show no spinner'
complete -c cachex -n '__cachex_at run explain prune config' -l max-size -x -d 'Keep the whole store below this [default: 2GiB]'
complete -c cachex -n '__cachex_at run explain config' -l no-cache -d 'Run the command as if cachex were not there'
complete -c cachex -n '__cachex_at run explain list show stats clear prune config trust remote doctor init man completions help' -s v -l verbose -d 'Report decisions and their reasons on standard error'
complete -c cachex -n '__cachex_at run explain list show stats clear prune config trust remote doctor init man completions help' -s q -l quiet -d 'Print no warnings'
complete -c cachex -n '__cachex_at run explain list show stats clear prune config trust remote doctor init man completions help' -l cache-dir -x -a '(__fish_complete_directories)' -d 'Keep the store in this directory'
complete -c cachex -n '__cachex_at run explain list show stats clear prune config trust remote doctor init man completions help' -s h -l help -d 'Print help'
complete -c cachex -n '__cachex_at run' -s V -l version -d 'Print version'
complete -c cachex -n '__cachex_at explain list show stats config trust' -l json -d 'Print JSON'
complete -c cachex -n '__cachex_at list clear' -l exact -d 'Only the call with exactly these ARGS (or none)'
complete -c cachex -n '__cachex_at list clear' -l prefix -d 'All calls whose arguments start with ARGS'
complete -c cachex -n '__cachex_at list clear' -l scope -x -a '(__cachex_scopes)' -d 'Only this scope (\'\' for entries without one)'
complete -c cachex -n '__cachex_at list clear' -l expired -d 'Only expired entries'
complete -c cachex -n '__cachex_at list clear' -l older-than -x -d 'Only entries at least this old'
complete -c cachex -n '__cachex_at list' -l here -d 'Only calls in this directory'
complete -c cachex -n '__cachex_at list' -l limit -x -d 'At most this many entries'
complete -c cachex -n '__cachex_at list' -l sort -x -a 'age size time hits used' -d 'By age, size, time, hits or used [default: age]'
complete -c cachex -n '__cachex_at show' -l stdout -d 'Print the recorded standard output, byte for byte'
complete -c cachex -n '__cachex_at show' -l stderr -d 'Print the recorded standard error, byte for byte'
complete -c cachex -n '__cachex_at show' -l output -r -F -d 'Print a file that the command wrote, byte for byte'
complete -c cachex -n '__cachex_at stats' -l markdown -d 'Print a Markdown table, as for the summary of a CI job'
complete -c cachex -n '__cachex_at clear' -l remote -d 'Clear the result of the call on the remote too'
complete -c cachex -n '__cachex_at clear prune' -l dry-run -d 'Say what would be removed, and remove nothing'
complete -c cachex -n '__cachex_at config' -l all -d 'Show defaults, too'
complete -c cachex -n '__cachex_at trust' -l revoke -d 'Revoke the trust'
complete -c cachex -n '__cachex_at trust' -l list -d 'List the files that are trusted'
complete -c cachex -n '__cachex_at remote' -l timeout -x -d 'How long `flush` may take [default: 60s]'
