# Completions of cachex for bash, with the package bash-completion or without it.

_cachex() {
    # What was typed of the present word since the last = or :, where bash begins words of its own.
    local typed=$2
    # The words up to the cursor as cachex will get them, and where each begins in COMP_WORDS.
    local words=() starts=()
    _cachex_split
    local last=$((${#words[@]} - 1))
    local cur=${words[last]} value=${words[last]} verb='' command=0 option='' run=''
    _cachex_place
    COMPREPLY=()
    if ((command > 0 && command < last)); then
        _cachex_as_without "${starts[command]}"
    elif ((command == last)); then
        _cachex_commands
    elif [[ -n $option ]]; then
        _cachex_value "$option"
    elif [[ $cur == -*=* ]]; then
        value=${cur#*=}
        _cachex_value "${cur%%=*}"
    elif [[ $cur == -* ]]; then
        _cachex_words_of "$(_cachex_options)"
    elif [[ -n $verb ]]; then
        _cachex_operand
    elif [[ -z ${options_only-} ]]; then
        # A verb or a command.
        [[ -n $run ]] || _cachex_words_of 'explain list show stats clear prune config trust remote doctor init man completions help'
        _cachex_commands
    fi
}

_cachex_split() {
    local line=${COMP_LINE:0:COMP_POINT} rest word i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        rest=${line#"${line%%[![:space:]]*}"}
        word=${COMP_WORDS[i]}
        if ((i == COMP_CWORD)); then word=$rest; fi
        if ((i > 0)) && [[ $rest == "$line" && -n $rest ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
            starts+=("$i")
        fi
        line=${rest#"$word"}
    done
}

# Finds the verb, where COMMAND begins, and the option whose value the present word is.
_cachex_place() {
    local i word
    for ((i = 1; i < last; i++)); do
        word=${words[i]}
        case $word in
            --) command=$((i + 1)); return ;;
            -*)
                case ${word%%=*} in -v|--verbose|-q|--quiet|--cache-dir) ;; *) run=1 ;; esac
                case $word in --env|--file|--ignore-arg|--hash-with|--key|--scope|--trace-ignore|--trace-times|--output|--ttl|--failure-ttl|--stale-while-revalidate|--stale-if-error|--cache-exit|--max-entries|--max-output|--remote|--remote-mode|--remote-timeout|--remote-min-time|--remote-namespace|--remote-read|--remote-platform|--remote-epoch|--spinner|--max-size|--cache-dir|--older-than|--limit|--sort|--timeout) ((++i == last)) && option=$word ;; esac ;;
            explain|list|show|stats|clear|prune|config|trust|remote|doctor|init|man|completions|help)
                if [[ -z $verb ]]; then verb=$word; continue; fi
                case $verb in explain) command=$i; return ;; esac ;;
            *)
                case $verb in ''|explain) command=$i; return ;; esac ;;
        esac
    done
    case $verb in explain) if [[ -z $option && $cur != -* ]]; then command=$last; fi ;; esac
}

_cachex_options() {
    case $verb in
        explain) echo '--env --file --ignore-arg --hash-with --pure-env --key --scope --ignore-cwd --ignore-file-args --stdin -n --no-stdin --trace --no-trace --trace-ignore --trace-times --output --outputs --ttl --failure-ttl --stale-while-revalidate --stale-if-error --refresh --force --warm --only-if-cached --cache-exit --discard-failures --max-entries --max-output --no-store --share --remote --remote-mode --remote-timeout --remote-min-time --remote-namespace --remote-read --remote-platform --remote-epoch --pty --spinner --no-spinner --max-size --no-cache -v --verbose -q --quiet --cache-dir -h --help --json' ;;
        list) echo '-v --verbose -q --quiet --cache-dir -h --help --json --exact --prefix --scope --expired --older-than --here --limit --sort' ;;
        show) echo '-v --verbose -q --quiet --cache-dir -h --help --json --stdout --stderr --output' ;;
        stats) echo '-v --verbose -q --quiet --cache-dir -h --help --json --markdown' ;;
        clear) echo '-v --verbose -q --quiet --cache-dir -h --help --exact --prefix --scope --expired --older-than --remote --dry-run' ;;
        prune) echo '--max-size -v --verbose -q --quiet --cache-dir -h --help --dry-run' ;;
        config) echo '--env --file --ignore-arg --hash-with --pure-env --key --scope --ignore-cwd --ignore-file-args --stdin -n --no-stdin --trace --no-trace --trace-ignore --trace-times --output --outputs --ttl --failure-ttl --stale-while-revalidate --stale-if-error --refresh --force --warm --only-if-cached --cache-exit --discard-failures --max-entries --max-output --no-store --share --remote --remote-mode --remote-timeout --remote-min-time --remote-namespace --remote-read --remote-platform --remote-epoch --pty --spinner --no-spinner --max-size --no-cache -v --verbose -q --quiet --cache-dir -h --help --json --all' ;;
        trust) echo '-v --verbose -q --quiet --cache-dir -h --help --json --revoke --list' ;;
        remote) echo '-v --verbose -q --quiet --cache-dir -h --help --timeout' ;;
        doctor) echo '-v --verbose -q --quiet --cache-dir -h --help' ;;
        init) echo '-v --verbose -q --quiet --cache-dir -h --help' ;;
        man) echo '-v --verbose -q --quiet --cache-dir -h --help' ;;
        completions) echo '-v --verbose -q --quiet --cache-dir -h --help' ;;
        help) echo '-v --verbose -q --quiet --cache-dir -h --help' ;;
        *) echo '--env --file --ignore-arg --hash-with --pure-env --key --scope --ignore-cwd --ignore-file-args --stdin -n --no-stdin --trace --no-trace --trace-ignore --trace-times --output --outputs --ttl --failure-ttl --stale-while-revalidate --stale-if-error --refresh --force --warm --only-if-cached --cache-exit --discard-failures --max-entries --max-output --no-store --share --remote --remote-mode --remote-timeout --remote-min-time --remote-namespace --remote-read --remote-platform --remote-epoch --pty --spinner --no-spinner --max-size --no-cache -v --verbose -q --quiet --cache-dir -h --help -V --version' ;;
    esac
}

_cachex_operand() {
    case $verb in
        list) _cachex_words_of -- ;;
        show) _cachex_words_of "-- $(_cachex_entries)" ;;
        clear) _cachex_words_of "-- $(_cachex_entries)" ;;
        config) _cachex_words_of -- ;;
        trust) _cachex_option dirnames ;;
        remote) _cachex_words_of 'keygen check flush' ;;
        init) _cachex_words_of 'bash zsh fish' ;;
        man) _cachex_words_of 'explain list show stats clear prune config trust remote doctor init man completions help' ;;
        completions) _cachex_words_of 'bash zsh fish elvish powershell' ;;
        help) _cachex_words_of 'explain list show stats clear prune config trust remote doctor init man completions help' ;;
    esac
}

_cachex_value() {
    value=${value#[\"\']}
    case $1 in
        --hash-with) _cachex_hashes ;;
        --file|--trace-ignore|--output) _cachex_option default ;;
        --cache-dir) _cachex_option dirnames ;;
        --env) _cachex_variables ;;
        --scope) _cachex_words_of "$(_cachex_scopes)" ;;
        --sort) _cachex_words_of 'age size time hits used' ;;
        --pty) _cachex_words_of 'always auto never' ;;
    esac
}

# Offers lines as values.
_cachex_offer() {
    local line before=${cur%"$value"} cut=${cur%"$typed"}
    while IFS= read -r line; do
        line=$before$line
        COMPREPLY+=("${line#"$cut"}")
    done
}

_cachex_words_of() {
    _cachex_offer < <(compgen -W "$1" -- "$value")
}

_cachex_variables() {
    local name=${value##*,}
    _cachex_offer < <(compgen -P "${value%"$name"}" -e -- "$name")
}

_cachex_hashes() {
    case $value in
        *=* | arg:*) ;;
        file:*) _cachex_option default ;;
        env:*)
            _cachex_option nospace
            _cachex_offer < <(compgen -P env: -S = -e -- "${value#env:}") ;;
        *)
            _cachex_option nospace
            _cachex_words_of 'file: env: arg: stdin=' ;;
    esac
}

_cachex_entries() {
    _cachex_list | awk 'NR > 1 { print $1 }'
}

_cachex_scopes() {
    _cachex_list --json | sed -n 's/^ *"scope": "\([[:alnum:]_.@+-]*\)",$/\1/p' | sort -u
}

# In the store that the words name.
_cachex_list() {
    local i directory=''
    for ((i = 1; i < last; i++)); do
        case ${words[i]} in
            --cache-dir) directory=${words[i + 1]} ;;
            --cache-dir=*) directory=${words[i]#*=} ;;
        esac
    done
    # Without backslashes.
    IFS= read directory <<<"$directory"
    cachex list ${directory:+"--cache-dir=${directory/#\~\//$HOME/}"} "$@" 2>/dev/null
}

# What can be run: a shell has more to offer than that.
_cachex_commands() {
    local name inner plain
    # Without backslashes.
    IFS= read plain <<<"$typed"
    if [[ $plain == */* ]]; then
        _cachex_option filenames
        while IFS= read -r name; do
            inner=${name/#\~\//$HOME/}
            if [[ -d $inner || -x $inner ]]; then COMPREPLY+=("$name"); fi
        done < <(compgen -f -- "$plain")
        return
    fi
    inner=$'\n'$(compgen -abk -A function -- "$plain")$'\n'
    while IFS= read -r name; do
        if [[ $inner != *$'\n'"$name"$'\n'* ]] || type -P -- "$name" >/dev/null; then
            COMPREPLY+=("$name")
        fi
    done < <(compgen -c -- "$plain" | sort -u)
}

# Completes the words from this one on as they would be without cachex.
_cachex_as_without() {
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$1"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    else
        _cachex_own_offset "$1"
    fi
}

_cachex_own_offset() {
    local i line=$COMP_LINE
    for ((i = 0; i < $1; i++)); do
        line=${line#"${line%%[![:space:]]*}"}
        line=${line#"${COMP_WORDS[i]}"}
    done
    line=${line#"${line%%[![:space:]]*}"}
    ((COMP_POINT -= ${#COMP_LINE} - ${#line}, COMP_CWORD -= $1))
    COMP_LINE=$line
    COMP_WORDS=("${COMP_WORDS[@]:$1}")
    local name=${COMP_WORDS[0]}
    local spec=() rule=() function=''
    eval "spec=($(complete -p -- "$name" 2>/dev/null || complete -p -- "${name##*/}" 2>/dev/null))"
    if ((${#spec[@]} == 0)); then
        _cachex_option bashdefault
        _cachex_option default
        return
    fi
    for ((i = 1; i < ${#spec[@]} - 1; i++)); do
        case ${spec[i]} in
            -F) function=${spec[++i]} ;;
            -o) _cachex_option "${spec[++i]}" ;;
            *) rule+=("${spec[i]}") ;;
        esac
    done
    if [[ -n $function ]]; then
        "$function" "$name" "$typed" "${COMP_WORDS[COMP_CWORD - 1]}"
    else
        while IFS= read -r line; do COMPREPLY+=("$line"); done \
            < <(compgen "${rule[@]}" -- "$typed")
    fi
}

# Bash 3 cannot change how it completes while it does.
_cachex_option() {
    if type -t compopt >/dev/null; then compopt -o "$1"; fi
}

if type -t compopt >/dev/null; then
    complete -F _cachex cachex
else
    complete -o bashdefault -o default -F _cachex cachex
fi
