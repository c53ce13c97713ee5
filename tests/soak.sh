#!/usr/bin/env bash
# Runs many callers at once, kills some and damages the store. Every byte and exit code has to be right.
#
#   tests/soak.sh [SECONDS] [CACHEX]
#
# The first half of the time is calm: calls, clearings and kills, which must neither damage the store nor
# cause a warning. In the second half the files of the store are damaged while calls use them, whatever
# these files are: only what is said of the database's header depends on the format.
#
# SOAK_SEED=N repeats the choices of an earlier run; their order in time still differs.
set -u
umask 077
export LC_ALL=C
for variable in "${!CACHEX_@}"; do unset "$variable"; done

seconds=${1:-20}
root=$(cd "$(dirname "$0")/.." && pwd)
cachex=${2:-}
for candidate in "$root"/target/{*/,}{release,debug}/cachex "$(command -v cachex)"; do
    [[ -n $cachex || ! -x $candidate ]] || cachex=$candidate
done
cachex=$(command -v "$cachex") || { echo "soak: no cachex found; name it" >&2; exit 2; }
[[ $cachex == /* ]] || cachex=$PWD/$cachex
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "soak: not a number of seconds: $seconds" >&2; exit 2; }

callers=8
time_limit=60 # seconds; a call that takes longer hangs
seed=${SOAK_SEED:-$RANDOM}
work=$(mktemp -d "${TMPDIR:-/tmp}/cachex-soak.XXXXXX") || exit 2
store=$work/store
jobs=()
child=''
export SOAK_RUNS=$work/runs

# Lists the processes of this soak: only they have its directory on their command lines.
ours() {
    ps -A -o pid= -o args= | while read -r pid words; do
        [[ $words != *"$work/"* ]] || echo "$pid"
    done
}

clean_up() {
    trap - EXIT
    trap '' INT TERM HUP
    [[ ${#jobs[@]} -eq 0 ]] || kill "${jobs[@]}" 2>/dev/null
    wait
    for pid in $(ours); do kill -9 "$pid" 2>/dev/null; done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

tally() { printf . >>"$work/$1"; }
count() { if [[ -e $work/$1 ]]; then wc -c <"$work/$1" | tr -d ' '; else echo 0; fi; }

# Counts and reports a fault: KIND (`wrong` or `failed`) MESSAGE...
fault() {
    tally "$1"
    echo "soak: $*" >>"$work/faults"
}

## The commands and their expected results.

# Writes a command that notes each of its runs: NAME, its script on standard input.
command_file() {
    { printf '#!/bin/sh\nprintf . >>"$SOAK_RUNS"\n'; cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

# Runs a command without cachex and keeps its result under a name: NAME INPUT COMMAND [ARGS].
expect() {
    local name=$work/expected/$1 input=$2
    shift 2
    "$work/bin/$1" "${@:2}" <"$input" >"$name.out" 2>"$name.err"
    echo $? >"$name.code"
}

prepare() {
    mkdir "$work/bin" "$work/expected" "$work/inputs" "$work/decoys"
    command_file small <<<'echo "out $1"; echo "err $1" >&2; echo "more $1"'
    command_file slow <<<'echo "begin $1"; sleep 0.1; echo "err $1" >&2; echo "end $1"'
    # A few bytes more than 1 MiB, up to which output is stored in the database.
    command_file large <<<'seq 100000 174897; echo middle >&2; seq 174898 249795'
    # Different commands with equal output, which may share one file.
    command_file twin <<<'seq 100000 449999'
    command_file sibling <<<'seq 100000 449999'
    command_file failing <<<'echo partial; echo oops >&2; exit 3'
    command_file reading <<<'tr a-z A-Z; echo read >&2'
    command_file varying <<<'seq "$1" 1000; echo "varying $1" >&2'
    : >"$work/inputs/empty"
    echo 'a few words' >"$work/inputs/short"
    seq -f 'line %g' 30000 >"$work/inputs/long"
    for word in a b; do
        expect "small.$word" /dev/null small "$word"
        expect "slow.$word" /dev/null slow "$word"
    done
    expect large /dev/null large
    expect twin /dev/null sibling
    expect failing /dev/null failing
    for input in empty short long; do expect "reading.$input" "$work/inputs/$input" reading; done
    for word in 0 1 2 3 4 5 6 7; do expect "varying.$word" /dev/null varying "$word"; done
    : >"$SOAK_RUNS"
}

# Sets `words`, `expected` (the name of the result) and `input`.
choose_command() {
    local inputs=(empty short long) letters=(a b)
    local letter=${letters[RANDOM % 2]}
    input=${inputs[RANDOM % 3]}
    case $((RANDOM % 15)) in
    0 | 1 | 2) words=(small "$letter") expected=small.$letter ;;
    3 | 4) words=(slow "$letter") expected=slow.$letter ;;
    5) words=(large) expected=large ;;
    6) words=(failing) expected=failing ;;
    7 | 8) words=(reading) expected=reading.$input ;;
    9 | 10) words=(twin "$letter") expected=twin ;;
    11) words=(sibling) expected=twin ;;
    *) words=(varying $((RANDOM % 8))) expected=varying.${words[1]} ;;
    esac
    words[0]=$work/bin/${words[0]}
}

choose_options() {
    case $((RANDOM % 12)) in
    0) options=(--ttl 0) ;;
    1 | 2) options=(--ttl 1 --stale-while-revalidate 1h) ;;
    3) options=(--refresh) ;;
    4) options=(--max-size 2MB) ;;
    5) options=(--max-size 6MB) ;;
    6) options=(--stdin) ;;
    7) options=(--ttl 1 --stale-if-error 1h) ;;
    *) options=(--ttl 1h) ;;
    esac
    [[ ${words[0]} != */varying ]] || options+=(--max-entries 3)
}

## One caller.

# Runs cachex with these words, sometimes kills it, and sets `status`.
start() {
    # A process that outlived an earlier kill may still write to the files of that call.
    rm -f "$out" "$err"
    echo "$*" >"$current"
    tally calls
    case $((RANDOM % 3)) in
    0) "$cachex" --cache-dir "$store" "$@" < <(cat "$work/inputs/$input") >"$out" 2>"$err" & ;;
    *) "$cachex" --cache-dir "$store" "$@" <"$work/inputs/$input" >"$out" 2>"$err" & ;;
    esac
    child=$!
    local began=$SECONDS
    if ((RANDOM % 12 == 0)); then
        sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
        kill -9 "$child" 2>/dev/null
    fi
    wait "$child"
    status=$?
    child=''
    ((SECONDS - began < time_limit)) || fault failed "took $((SECONDS - began)) s: $*"
    if ((status == 137)); then tally kills; fi
}

# Standard error without the warnings of cachex, which damage may cause.
own_lines() {
    if [[ $phase == calm ]]; then cat "$err"; else grep -v '^cachex: warning: ' "$err"; fi
}

is_as_expected() { # STREAM FILE
    cmp -s "$2" "$work/expected/$expected.$1" && return
    [[ $1 == err ]] && own_lines | cmp -s - "$work/expected/$expected.err"
}

is_beginning() {
    [[ ! -s $out ]] || cmp -s -n "$(wc -c <"$out")" "$out" "$work/expected/$expected.out"
}

report() { # KIND PROBLEM WORDS...
    fault "$1" "$phase: $2 (exit code $status): ${*:3}; input $input; stderr: $(head -c 600 "$err");" \
        "stdout: $(cmp "$out" "$work/expected/$expected.out" 2>&1)"
}

# A long output that is damaged while it is shown ends with an error, after a right beginning.
is_cut_short() {
    [[ $phase == damage && $status == 125 && $expected =~ ^(large|twin)$ ]] &&
        grep -q '^cachex: error: ' "$err" && is_beginning
}

call() {
    choose_command
    choose_options
    start "${options[@]}" -- "${words[@]}"
    if ((status == 137)); then
        is_beginning || report wrong 'wrong stdout before the kill' "${options[*]} -- ${words[*]}"
        return
    fi
    ! is_cut_short || return
    is_as_expected out "$out" || report wrong 'wrong stdout' "${options[*]} -- ${words[*]}"
    is_as_expected err "$err" || report wrong 'wrong stderr' "${options[*]} -- ${words[*]}"
    [[ $status == "$(<"$work/expected/$expected.code")" ]] ||
        report failed 'wrong exit code' "${options[*]} -- ${words[*]}"
}

# Calls a verb; every line of its answer has to match: PATTERN WORDS...
verb() {
    local pattern=$1 replaced
    shift
    expected=small.a input=empty
    replaced=$(count replaced)
    start "$@"
    ((status != 137)) || return
    # While something else is in the place of a file of the store, a verb may fail.
    ! ((status == 125 && (replaced % 2 || replaced != $(count replaced)))) || return
    ! grep -qvE "$pattern" "$out" || report wrong 'an unexpected answer' "$@"
    [[ $status == 0 && -z $(own_lines) ]] || report failed 'a verb failed' "$@"
}

turn() {
    case $((RANDOM % 60)) in
    0) verb '^removed (nothing|1 entry|[0-9]+ entries)' clear ;;
    1 | 2) choose_command && verb '^removed ' clear -- "${words[0]}" ;;
    3 | 4) choose_command && verb '^removed ' clear -- "${words[@]}" ;;
    5 | 6) verb '^ *([0-9]+|ID) ' list ;;
    # Damage makes it fail, as it should.
    7) [[ $phase == damage ]] || verb '^(ok|warning) ' doctor ;;
    8) choose_command && verb '^$' --warm -- "${words[@]}" ;;
    *) call ;;
    esac
}

caller() { # NUMBER DEADLINE
    RANDOM=$((seed + $1))
    out=$work/out.$1 err=$work/err.$1 current=$work/current.$1
    trap '[[ -z $child ]] || kill -9 "$child"; exit 143' TERM
    while ((SECONDS < $2)); do turn; done
    rm -f "$current"
}

## Damage.

# Overwrites a file from an offset, which may be its end, with standard input.
overwrite() { dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null; }

# Sets `file` to a regular file of the store: first picks a directory, then a file in it, so that a
# few important files and many outputs are met equally often.
choose_file() {
    local directories=() files=()
    mapfile -t directories < <(find "$store" -type f -printf '%h\n' 2>/dev/null | sort -u)
    ((${#directories[@]} > 0)) || return
    mapfile -t files < <(find "${directories[RANDOM % ${#directories[@]}]}" -maxdepth 1 -type f 2>/dev/null)
    ((${#files[@]} > 0)) || return
    # The largest, which at the top is the database, is chosen more often.
    if ((RANDOM % 3)); then file=${files[RANDOM % ${#files[@]}]}; else file=$(ls -S "${files[@]}" 2>/dev/null | head -n 1); fi
}

damage() {
    local file size at
    choose_file && size=$(wc -c 2>/dev/null <"$file") || return
    # Anywhere (two numbers of 15 bits reach beyond 32 kB), or in the first 100 bytes.
    at=$((RANDOM % 4 ? (RANDOM << 15 | RANDOM) % (size + 1) : RANDOM % (size < 100 ? size + 1 : 100)))
    # There SQLite keeps whose database it is; cachex leaves one of another program alone for ever.
    ((at < 68 || at >= 72)) || at=24
    case $((RANDOM % 12)) in
    0 | 1 | 2) head -c 1 /dev/urandom | overwrite "$file" "$at" ;;
    3) head -c $((RANDOM % 5000 + 1)) /dev/urandom | overwrite "$file" $((at < 68 ? 72 : at)) ;;
    4) truncate -s "$at" "$file" ;;
    5) truncate -s 0 "$file" ;;
    6) head -c "$size" /dev/urandom >"$file" ;;
    7) head -c $((RANDOM % 5000 + 1)) /dev/urandom | overwrite "$file" "$size" ;;
    8) rm -f "$file" ;;
    *) replace "$file" ;;
    esac
    tally damages
}

# Puts something else in the place of a file: a directory, a FIFO, a link to nothing, or a link to a copy
# outside the store, which must stay as it is. In the top directory only for a moment: a user has to move
# such things away, while an output that is no regular file is as good as gone.
replace() {
    local decoy
    decoy=$work/decoys/$(count damages)
    cp "$1" "$decoy" 2>/dev/null && cksum <"$decoy" >"$decoy.sum" || return
    tally replaced # An odd number from now until the end.
    rm -f "$1"
    case $((RANDOM % 4)) in
    0) mkdir "$1" ;;
    # SQLite waits for ever to open a FIFO for its journal. cachex looks before it connects, not later.
    1) if [[ $1 == *-journal ]]; then mkdir "$1"; else mkfifo "$1"; fi ;;
    2) ln -s "$work/nothing" "$1" ;;
    3) ln -s "$decoy" "$1" ;;
    esac 2>/dev/null
    if [[ ${1%/*} == "$store" ]]; then
        sleep "0.$((RANDOM % 3))"
        if [[ -d $1 && ! -L $1 ]]; then rmdir "$1"; elif [[ ! -f $1 || -L $1 ]]; then rm -f "$1"; fi
    fi
    tally replaced
}

decoys_are_untouched() {
    local sum
    for sum in "$work"/decoys/*.sum; do
        [[ ! -e $sum ]] || [[ $(cksum <"${sum%.sum}") == "$(<"$sum")" ]] || fault wrong "written through a link: ${sum%.sum}"
    done
    [[ ! -e $work/nothing ]] || fault wrong "made through a link: $work/nothing"
}

damager() { # DEADLINE
    RANDOM=$seed
    while ((SECONDS < $1)); do
        sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
        damage
    done
}

## Phases and checks.

# Waits until every process has ended. One that takes longer than the time limit hangs.
await() {
    local deadline=$((SECONDS + time_limit)) left=1
    while ((left > 0)); do
        sleep 0.1
        left=0
        for job in "${jobs[@]}"; do kill -0 "$job" 2>/dev/null && left=$((left + 1)); done
        ((left > 0)) || left=$(ours | wc -l)
        if ((left > 0 && SECONDS > deadline)); then
            fault failed "$phase: hangs: $(cat "$work"/current.* 2>/dev/null; ps -A -o args= | grep -F "$work/")"
            exit_code
        fi
    done
    jobs=()
}

run_phase() { # NAME SECONDS
    phase=$1
    local deadline=$((SECONDS + $2)) number
    for ((number = 1; number <= callers; number++)); do
        caller "$number" "$deadline" 2>>"$work/noise" &
        jobs+=($!)
    done
    if [[ $phase == damage ]]; then
        damager "$deadline" 2>>"$work/noise" &
        jobs+=($!)
    fi
    while ((SECONDS < deadline)); do sleep 0.2; done
    await
}

# Checks the store while nobody uses it.
inspect() {
    local answer file
    while read -r file; do
        command -v sqlite3 >/dev/null || break
        [[ $(head -c 15 "$file" | tr -d '\0') == 'SQLite format 3' ]] || continue
        answer=$(sqlite3 "$file" 'PRAGMA integrity_check' 2>&1)
        # Damage that no call has met yet may remain, if doctor finds it.
        [[ $answer == ok ]] || { [[ $phase == damage ]] && ! "$cachex" doctor --cache-dir "$store" >/dev/null 2>&1; } ||
            fault failed "after $phase: integrity of $file: $answer"
    done < <(find "$store" -type f -name '*.db')
    for file in "$store"/* "$store"/.[!.]*; do
        case ${file##*/} in
        # Journals may stay, empty or with a header that does not count.
        cachex.db | *.db-journal | *.db.damaged | cachex.lock | claims | uses | uses.folding | objects | '*' | '.[!.]*') ;;
        *) fault failed "after $phase: left behind: $(ls -ld "$file")" ;;
        esac
    done
}

# The next calls heal what was damaged: the second of two is a hit.
heal() {
    local option
    for option in --refresh --verbose; do
        timeout_of "$time_limit" "$cachex" --cache-dir "$store" "$option" -- "$work/bin/small" a \
            </dev/null >"$work/out" 2>"$work/err"
        cmp -s "$work/out" "$work/expected/small.a.out" || fault wrong "after $phase: $option"
    done
    grep -q '^cachex: hit' "$work/err" || fault failed "after $phase: no hit: $(cat "$work/err")"
}

# Runs a command with a time limit: SECONDS COMMAND...
timeout_of() {
    "${@:2}" &
    local pid=$! waited=0
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.1
        ((waited++ < $1 * 10)) || kill -9 "$pid"
    done
    wait "$pid"
}

exit_code() {
    local wrong failed
    grep -v ' Killed ' "$work/noise" | sed 's/^/soak: noise: /' | head -n 5 >&2
    [[ ! -e $work/faults ]] || head -n 40 "$work/faults" >&2
    wrong=$(count wrong) failed=$(count failed)
    echo "soak: $SECONDS s, $(count calls) calls, $(count runs) runs, $(count kills) kills," \
        "$(count damages) damages, $wrong wrong bytes, $failed failed calls (seed $seed)"
    ((wrong + failed == 0))
    exit
}

prepare
calm=$(((seconds + 1) / 2))
run_phase calm "$calm"
inspect
[[ ! -e $store/cachex.db.damaged ]] || fault failed "after calm: a store was found damaged"
((seconds == calm)) || run_phase damage $((seconds - calm))
heal
"$cachex" clear --cache-dir "$store" >/dev/null || fault failed "after damage: clear"
heal
inspect
decoys_are_untouched
exit_code
