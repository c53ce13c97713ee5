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
                contains -- (string split -m 1 = -- $words[1])[1] @COMMON@; or set first
                contains -- $words[1] @VALUED@; and set -e words[1]
            case '*'
                if test $verb = run; and contains -- $words[1] @VERBS@
                    set verb $words[1]
                    set first
                else if contains -- $verb run @DIRECT@
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
        @VERB_LINES@
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
    string match -q -- '-*' $words[-1]; or contains -- $words[-1] @VERBS@; or contains -- $words[-2] @VALUED@
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
complete -c cachex -n '__cachex_at run @DIRECT@' -a '(__cachex_first)'
@OPERANDS@
@OPTIONS@
