#compdef cachex

# Completions of cachex for zsh.

_cachex() {
    # Where the verb is, and COMMAND; `ran` if an option of a run was seen.
    local -i i verb_at=0 first=0
    local verb='' ran=''
    for (( i = 2; i < CURRENT; i++ )); do
        case $words[i] in
            --) (( first = i + 1 )); break ;;
            -*)
                case ${words[i]%%=*} in (@COMMON@) ;; (*) ran=1 ;; esac
                case $words[i] in (@VALUED@) (( i++ )) ;; esac ;;
            *)
                if [[ -z $verb && $words[i] == (@VERBS@) ]]; then
                    verb=$words[i]; verb_at=i
                elif [[ -z $verb || $verb == (@DIRECT@) ]]; then
                    first=i; break
                fi ;;
        esac
    done
    if (( first )); then
        _cachex_as_without $first
        return
    fi
    local -a before=("${(@)words}") specs
    case $verb in
        @CASES@
        *)
            specs=(
                @SPECS@
            ) ;;
    esac
    case $verb in
        '') [[ -n ${options_only-} ]] || specs+=('*: :_cachex_first') ;;
        @DIRECT@) specs+=('*: :_command_names -e') ;;
    esac
    if (( verb_at )); then
        (( CURRENT -= verb_at - 1 ))
        words=("${(@)words[verb_at,-1]}")
    fi
    _arguments -s -S : $specs
}

# Completes the words from this one on as they would be without cachex; only what can be run begins them.
_cachex_as_without() {
    (( CURRENT -= $1 - 1 ))
    words=("${(@)words[$1,-1]}")
    if (( CURRENT == 1 )); then
        _command_names -e
    else
        _normal -p cachex
    fi
}

# A verb or a command.
_cachex_first() {
    local -a verbs=(
        @VERB_LINES@
    )
    local -i found=1
    [[ -n $ran ]] || _describe -t verbs verb verbs && found=0
    _command_names -e && found=0
    return found
}

_cachex_dashes() {
    local expl
    _wanted dashes expl 'before a command' compadd -- --
}

_cachex_variables() {
    _sequence _parameters -g '*export*'
}

_cachex_hashes() {
    if compset -P 'file:'; then
        _path_files -S ''
    elif compset -P 'env:'; then
        _parameters -g '*export*' -S =
    elif [[ $PREFIX != *[:=]* ]]; then
        local expl
        _wanted selectors expl selector compadd -S '' -- file: env: arg: stdin=
    fi
}

_cachex_entries() {
    local -a entries=(${(f)"$(_cachex_list |
        awk 'NR == 1 { at = index($0, "COMMAND") } NR > 1 { print $1 ":" substr($0, at) }')"})
    _describe -V -t entries entry entries
    _cachex_dashes
}

_cachex_scopes() {
    local expl
    local -a scopes=(${(f)"$(_cachex_list --json |
        sed -n 's/^ *"scope": "\([[:alnum:]_.@+-]*\)",$/\1/p' | sort -u)"})
    _wanted scopes expl scope compadd -a scopes
}

# In the store that the words name.
_cachex_list() {
    local directory
    local -i i
    for (( i = 2; i < $#before; i++ )); do
        case $before[i] in
            --cache-dir) directory=$before[i+1] ;;
            --cache-dir=*) directory=${before[i]#*=} ;;
        esac
    done
    directory=${(Q)directory}
    cachex list ${directory:+--cache-dir=${directory/#\~\//$HOME/}} "$@" 2>/dev/null
}

if [[ $funcstack[1] == _cachex ]]; then
    _cachex "$@"
elif (( $+functions[compdef] )); then
    compdef _cachex cachex
else
    # compinit comes later in the start file: wait for the first prompt.
    _cachex_at_prompt() {
        precmd_functions=(${precmd_functions:#_cachex_at_prompt})
        if (( $+functions[compdef] )); then compdef _cachex cachex; fi
    }
    precmd_functions+=(_cachex_at_prompt)
fi
