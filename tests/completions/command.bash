
# Where COMMAND begins among the words: its index, or nothing before that.
_cachex_command_index() {
    local i verb=''
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --) echo $((i + 1)); return ;;
            =) ((i++)) ;;
            @VALUED@)
                if [[ ${COMP_WORDS[i + 1]} == "=" ]]; then ((i += 2)); else ((i++)); fi ;;
            -*) ;;
            @VERBS@) if [[ -n $verb ]]; then return; fi; verb=1 ;;
            *) if [[ -z $verb ]]; then echo "$i"; fi; return ;;
        esac
    done
    # The first word may be a verb or a command.
    if ((i == COMP_CWORD)) && [[ -z $verb && ${COMP_WORDS[i]} != -* && ${COMP_WORDS[i - 1]} != "=" ]]; then
        case ${COMP_WORDS[i - 1]} in @VALUED@) ;; *) echo "$i" ;; esac
    fi
}

# Completes COMMAND and its arguments as they would be without cachex.
_cachex_with_command() {
    local index cur=${COMP_WORDS[COMP_CWORD]}
    index=$(_cachex_command_index)
    if [[ -z $index ]]; then
        _cachex "$@"
    elif ((index == COMP_CWORD)); then
        local -a verbs=()
        if [[ ${COMP_WORDS[index - 1]} != -- ]]; then verbs=($(compgen -W "@VERB_WORDS@" -- "$cur")); fi
        COMPREPLY=("${verbs[@]}" $(compgen -c -- "$cur" | sort -u))
        compopt -o default
    elif declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$index"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$index"
    else
        COMPREPLY=()
        compopt -o default
    fi
}

complete -F _cachex_with_command cachex
