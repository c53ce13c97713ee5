# memo NAME [OPTIONS]: from now on NAME runs through cachex with these options, in this shell. memo alone lists what it
# made, unmemo NAME removes it, and memo --replace NAME [OPTIONS] takes the place of a function or an alias.

# What memo made: NAME and OPTIONS of each.
set -q __cachex_memos; or set -g __cachex_memos

function memo --description 'Run a command through cachex from now on'
    if not set -q argv[1]
        set -q __cachex_memos[1]; and printf 'memo %s\n' $__cachex_memos
        return 0
    end
    set -l replace
    if test "$argv[1]" = --replace
        set replace yes
        set -e argv[1]
    end
    set -l name "$argv[1]"
    set -q argv[1]; and set -e argv[1]
    if test "$name" = cachex; or not string match -qr '^[A-Za-z0-9_.+][A-Za-z0-9_.+-]*$' -- "$name"
        __cachex_refuse "'$name' is not the name of a command that can be wrapped" 'memo NAME [OPTIONS]'
        return 2
    end
    if set -q argv[1]; and not string match -q -- '-*' "$argv[1]"
        __cachex_refuse_words $name $argv[1]
        return 2
    end
    for word in $argv
        if contains -- "$word" -- --all --json
            __cachex_refuse "$word is no option of a run" "memo $name [OPTIONS]"
            return 2
        end
    end
    # A line that cachex does not understand would break every call.
    set -l checked (command cachex config --json $argv -- $name 2>&1)
    or set checked "! $checked"
    if not string match -qr '^[{c]' -- "$checked[1]"
        set checked (string replace -r '^.*?error: ' '' -- "$checked" | string replace -r '; (put -- |see cachex ).*$' '')
        __cachex_refuse "$checked" "only options of cachex follow the name, as in: memo $name --ttl 1h"
        return 2
    end
    if contains -- $name (builtin -n)
        __cachex_refuse "$name is part of the shell" 'only programs can be wrapped'
        return 1
    end
    if test -n "$replace"; and not command -q -- $name
        __cachex_refuse "there is no program '$name'" 'only programs can be wrapped'
        return 1
    end
    if functions -q -- $name; and test -z "$replace"; and not __cachex_made $name
        __cachex_refuse "$name is a function already" "to put memo in its place: memo --replace "(string join ' ' -- $name $argv)
        return 1
    end
    set -l given (string join ' ' -- (string escape -- $argv))
    functions -e -- $name
    eval "function $name; command cachex $given -- $name \$argv; end"
    __cachex_forget $name
    set -a __cachex_memos (string join ' ' -- $name $given)
end

function unmemo --description 'Undo what memo did'
    if not set -q argv[1]
        __cachex_refuse 'unmemo needs a name' 'unmemo NAME...'
        return 2
    end
    set -l result 0
    for name in $argv
        if __cachex_made "$name"
            functions -e -- $name
            __cachex_forget $name
        else
            __cachex_refuse "memo did not make '$name'" 'to see what it made: memo'
            set result 1
        end
    end
    return $result
end

# Says what is wrong, and what to do.
function __cachex_refuse
    printf 'cachex: error: %s; %s\n' $argv >&2
end

# A subcommand was meant: a rule can tell it from the others.
function __cachex_refuse_words
    __cachex_refuse "memo takes one name, and '$argv' is two" "to cache only $argv, put this into @CONFIG@:
[[rule]]
command = \"$argv[1]\"
no-cache = true

[[rule]]
command = \"$argv\"
no-cache = false

and then run: memo $argv[1]"
end

function __cachex_made
    functions -q -- "$argv[1]"
    and functions -- $argv[1] | string match -q -- "*command cachex *-- $argv[1] \$argv*"
end

function __cachex_forget
    set -l left
    for one in $__cachex_memos
        test (string split -m 1 ' ' -- $one)[1] = $argv[1]; or set -a left $one
    end
    set -g __cachex_memos $left
end

function __cachex_complete_memo
    set -l words (commandline -opc)
    set -e words[1]
    if test "$words[1]" = --replace
        set -e words[1]
    else if string match -q -- '-*' (commandline -ct); and not set -q words[1]
        echo --replace
    end
    if set -q words[1]
        # As options of cachex.
        set -lx __cachex_options_only yes
        complete -C (string join ' ' -- cachex (string escape -- $words[2..]) (commandline -ct))
    else
        __cachex_commands
    end
end

complete -c memo -x -a '(__cachex_complete_memo)'
complete -c unmemo -x -a '(string replace -r " .*" "" -- $__cachex_memos)'
