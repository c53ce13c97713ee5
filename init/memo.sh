# memo NAME [OPTIONS]: from now on NAME runs through cachex with these options, in this shell. memo alone lists what it
# made, unmemo NAME removes it, and memo --replace NAME [OPTIONS] takes the place of an alias or a function.

# What memo made: NAME and OPTIONS of each.
if [ -z "${__cachex_memos+x}" ]; then __cachex_memos=(); fi

memo() {
    [ -z "${ZSH_VERSION-}" ] || emulate -L zsh
    local name=${1-} replace='' given='' checked kind word
    if [ $# -eq 0 ]; then
        [ ${#__cachex_memos[@]} -eq 0 ] || printf 'memo %s\n' "${__cachex_memos[@]}"
        return 0
    fi
    if [ "$name" = --replace ]; then
        replace=1 name=${2-}
        shift
    fi
    case $name in
        '' | cachex | -* | *[!a-zA-Z0-9_.+-]*)
            __cachex_refuse "'$name' is not the name of a command that can be wrapped" 'memo NAME [OPTIONS]'
            return 2 ;;
    esac
    shift
    case "${1--}" in
        -*) ;;
        *) __cachex_refuse_words "$name" "$1"; return 2 ;;
    esac
    for word in "$@"; do
        case $word in
            -- | --all | --json)
                __cachex_refuse "$word is no option of a run" "memo $name [OPTIONS]"
                return 2 ;;
        esac
    done
    # A line that cachex does not understand would break every call.
    checked=$(command cachex config --json "$@" -- "$name" 2>&1) || checked="! $checked"
    case $checked in
        '!'* | [!{c]*)
            checked=${checked#*error: } checked=${checked%%; put -- *} checked=${checked%%; see cachex *}
            __cachex_refuse "$checked" "only options of cachex follow the name, as in: memo $name --ttl 1h"
            return 2 ;;
    esac
    if [ -n "$replace" ] && ! __cachex_is_program "$name"; then
        __cachex_refuse "there is no program '$name'" 'only programs can be wrapped'
        return 1
    fi
    if __cachex_kind "$name" alias && [ -n "$replace" ]; then unalias -- "$name"; fi
    for kind in alias builtin keyword reserved function; do
        __cachex_kind "$name" "$kind" || continue
        case $kind in
            function)
                if [ -n "$replace" ] || __cachex_made "$name"; then continue; fi ;;
            alias) ;;
            *)
                __cachex_refuse "$name is part of the shell" 'only programs can be wrapped'
                return 1 ;;
        esac
        case $kind in alias) kind='an alias' ;; *) kind='a function' ;; esac
        __cachex_refuse "$name is $kind already" "to put memo in its place: memo --replace $name${1+ $*}"
        return 1
    done
    for word in "$@"; do
        case $word in
            '' | *[!a-zA-Z0-9_./=:,@%+-]*) word=$(printf '%q' "$word") ;;
        esac
        given="$given $word"
    done
    eval "function $name { command cachex$given -- $name \"\$@\"; }"
    __cachex_forget "$name"
    __cachex_memos+=("$name$given")
}

unmemo() {
    [ -z "${ZSH_VERSION-}" ] || emulate -L zsh
    local name result=0
    if [ $# -eq 0 ]; then
        __cachex_refuse 'unmemo needs a name' 'unmemo NAME...'
        return 2
    fi
    for name in "$@"; do
        if __cachex_made "$name"; then
            unset -f -- "$name"
            __cachex_forget "$name"
        else
            __cachex_refuse "memo did not make '$name'" 'to see what it made: memo'
            result=1
        fi
    done
    return $result
}

# Says what is wrong, and what to do.
__cachex_refuse() {
    printf 'cachex: error: %s; %s\n' "$1" "$2" >&2
}

# A subcommand was meant: a rule can tell it from the others.
__cachex_refuse_words() {
    __cachex_refuse "memo takes one name, and '$1 $2' is two" "to cache only $1 $2, put this into @CONFIG@:
[[rule]]
command = \"$1\"
no-cache = true

[[rule]]
command = \"$1 $2\"
no-cache = false

and then run: memo $1"
}

# Whether the shell knows a name as an alias, a function, a builtin, or a keyword.
__cachex_kind() {
    local found
    if [ -n "${ZSH_VERSION-}" ]; then
        found=$(whence -w -- "$1") || found=none
    else
        found=$(type -t -- "$1") || found=none
    fi
    [ "${found##* }" = "$2" ]
}

__cachex_is_program() {
    if [ -n "${ZSH_VERSION-}" ]; then whence -p -- "$1"; else type -P -- "$1"; fi >/dev/null
}

__cachex_made() {
    case $(typeset -f -- "$1" 2>/dev/null) in
        *'command cachex'*"-- $1 \"\$@\""*) return 0 ;;
    esac
    return 1
}

__cachex_forget() {
    local one left
    left=()
    for one in ${__cachex_memos[@]+"${__cachex_memos[@]}"}; do
        [ "${one%% *}" = "$1" ] || left+=("$one")
    done
    __cachex_memos=(${left[@]+"${left[@]}"})
}

if [ -n "${BASH_VERSION-}" ]; then
    __cachex_unmemo() {
        local one
        for one in ${__cachex_memos[@]+"${__cachex_memos[@]}"}; do
            case $one in "$2"*) COMPREPLY+=("${one%% *}") ;; esac
        done
    }
    __cachex_memo() {
        local name=1 i line=$COMP_LINE typed=$2 options_only=1
        if [[ ${COMP_WORDS[1]} == --replace ]]; then name=2; fi
        COMPREPLY=()
        if ((COMP_CWORD <= name)); then
            if [[ $2 == -* ]]; then COMPREPLY=(--replace); else _cachex_commands; fi
            return
        fi
        # As options of cachex.
        for ((i = 0; i <= name; i++)); do
            line=${line#"${line%%[![:space:]]*}"}
            line=${line#"${COMP_WORDS[i]}"}
        done
        ((COMP_POINT += 6 + ${#line} - ${#COMP_LINE}, COMP_CWORD -= name))
        COMP_LINE=cachex$line
        COMP_WORDS=(cachex "${COMP_WORDS[@]:name + 1}")
        _cachex cachex "$2" "$3"
    }
    complete -F __cachex_memo memo
    complete -F __cachex_unmemo unmemo
else
    __cachex_unmemo() {
        compadd -- ${__cachex_memos%% *}
    }
    __cachex_memo() {
        local -i name=2
        local options_only=1 expl
        if [[ $words[2] == --replace ]]; then name=3; fi
        if (( CURRENT > name )); then
            # As options of cachex.
            words=(cachex "${(@)words[name+1,-1]}")
            (( CURRENT -= name - 1 ))
            _cachex
        elif [[ $PREFIX == -* ]]; then
            _wanted options expl option compadd -- --replace
        else
            _command_names -e
        fi
    }
    # compinit may come later in the start file: then at the first prompt.
    __cachex_complete_memo() {
        precmd_functions=(${precmd_functions:#__cachex_complete_memo})
        if (( $+functions[compdef] )); then
            compdef __cachex_memo memo
            compdef __cachex_unmemo unmemo
        else
            return 0
        fi
    }
    if (( $+functions[compdef] )); then
        __cachex_complete_memo
    else
        precmd_functions+=(__cachex_complete_memo)
    fi
fi
