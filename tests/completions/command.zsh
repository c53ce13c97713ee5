
# Completes COMMAND and its arguments as they would be without cachex.
_cachex() {
    local -i i
    local verb=''
    for (( i = 2; i < CURRENT; i++ )); do
        case $words[i] in
            --) (( i++ )); break ;;
            (@VALUED@)) (( i++ )) ;;
            -*) ;;
            (@VERBS@)) if [[ -n $verb ]]; then i=$CURRENT; break; fi; verb=1 ;;
            *) if [[ -n $verb ]]; then i=$CURRENT; else verb=''; fi; break ;;
        esac
    done
    local before=$words[CURRENT-1]
    if (( i < CURRENT )) || [[ $before == -- && $i -eq $CURRENT ]]; then
        (( CURRENT -= i - 1 ))
        words=("${(@)words[i,-1]}")
        _normal
    elif [[ -z $verb && $words[CURRENT] != -* && $before != (@VALUED@) ]]; then
        # The first word may be a verb or a command.
        _cachex_options "$@"
        _command_names -e
    else
        _cachex_options "$@"
    fi
}
