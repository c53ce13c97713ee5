#!/usr/bin/env bash
# Many callers, kills and damage at once: every byte and exit code that comes back must be right.
#
#   tests/soak.sh [SECONDS] [CACHEX]
#
# The first half of the time is calm: calls, clearings and kills. Nothing of that may damage the store
# or be heard of in a warning. In the second half its files are damaged under the calls.
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
patience=60 # seconds after which a call hangs
seed=${SOAK_SEED:-$RANDOM}
work=$(mktemp -d "${TMPDIR:-/tmp}/cachex-soak.XXXXXX") || exit 2
store=$work/store
jobs=()
child=''
export SOAK_RUNS=$work/runs

# The processes of this soak: only they have its directory on their command lines.
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

# Counts a fault of a kind, `wrong` or `failed`, and tells of it.
fault() {
    tally "$1"
    echo "soak: $*" >>"$work/faults"
}

## What is called, and what has to come back.

# A command that notes each run of its own.
command_file() {
    { printf '#!/bin/sh\nprintf . >>"$SOAK_RUNS"\n'; cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

# What a command gives without cachex, under a name: NAME INPUT COMMAND [ARGS].
expect() {
    local name=$work/expected/$1 input=$2
    shift 2
    "$work/bin/$1" "${@:2}" <"$input" >"$name.out" 2>"$name.err"
    echo $? >"$name.code"
}

prepare() {
    mkdir "$work/bin" "$work/expected" "$work/inputs"
    command_file small <<<'echo "out $1"; echo "err $1" >&2; echo "more $1"'
    command_file slow <<<'echo "begin $1"; sleep 0.1; echo "err $1" >&2; echo "end $1"'
    command_file large <<<'seq 100000 174897; echo middle >&2; seq 174898 249795'
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
    expect failing /dev/null failing
    for input in empty short long; do expect "reading.$input" "$work/inputs/$input" reading; done
    for word in 0 1 2 3 4 5 6 7; do expect "varying.$word" /dev/null varying "$word"; done
    : >"$SOAK_RUNS"
}

# Sets `words`, the name of what has to come back, and the input.
choose_command() {
    local inputs=(empty short long) letters=(a b)
    local letter=${letters[RANDOM % 2]}
    input=${inputs[RANDOM % 3]}
    case $((RANDOM % 12)) in
    0 | 1 | 2) words=(small "$letter") expected=small.$letter ;;
    3 | 4) words=(slow "$letter") expected=slow.$letter ;;
    5) words=(large) expected=large ;;
    6) words=(failing) expected=failing ;;
    7 | 8) words=(reading) expected=reading.$input ;;
    *) words=(varying $((RANDOM % 8))) expected=varying.${words[1]} ;;
    esac
    words[0]=$work/bin/${words[0]}
}

choose_options() {
    case $((RANDOM % 12)) in
    0) options=(--ttl 0) ;;
    1 | 2) options=(--ttl 1 --stale-while-revalidate 1h) ;;
    3) options=(--refresh) ;;
    4 | 5) options=(--max-size 2MB) ;;
    6) options=(--stdin) ;;
    7) options=(--ttl 1 --stale-if-error 1h) ;;
    *) options=(--ttl 1h) ;;
    esac
    [[ ${words[0]} != */varying ]] || options+=(--max-entries 3)
}

## One caller.

# Runs cachex with these words, and perhaps kills it; sets `status`.
start() {
    # A process that outlived an earlier kill may still write to that call's files.
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
    ((SECONDS - began < patience)) || fault failed "took $((SECONDS - began)) s: $*"
    if ((status == 137)); then tally kills; fi
}

# What cachex itself says may come between the lines of the command, once there is damage.
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

tell() { # KIND WHAT WORDS...
    fault "$1" "$phase: $2 (exit code $status): ${*:3}; input $input; stderr: $(head -c 600 "$err");" \
        "stdout: $(cmp "$out" "$work/expected/$expected.out" 2>&1)"
}

# Long output that is damaged while it is shown ends, and says so.
is_cut_short() {
    [[ $phase == damage && ${words[0]} == */large && $status == 125 ]] &&
        grep -q '^cachex: error: the output is not whole: ' "$err" && is_beginning
}

call() {
    choose_command
    choose_options
    start "${options[@]}" -- "${words[@]}"
    if ((status == 137)); then
        is_beginning || tell wrong 'wrong stdout before the kill' "${options[*]} -- ${words[*]}"
        return
    fi
    ! is_cut_short || return
    is_as_expected out "$out" || tell wrong 'wrong stdout' "${options[*]} -- ${words[*]}"
    is_as_expected err "$err" || tell wrong 'wrong stderr' "${options[*]} -- ${words[*]}"
    [[ $status == "$(<"$work/expected/$expected.code")" ]] ||
        tell failed 'wrong exit code' "${options[*]} -- ${words[*]}"
}

# Calls a verb, every line of whose answer has to look like this: PATTERN WORDS...
verb() {
    local pattern=$1
    shift
    expected=small.a input=empty
    start "$@"
    ((status != 137)) || return
    ! grep -qvE "$pattern" "$out" || tell wrong 'a strange answer' "$@"
    [[ $status == 0 && -z $(own_lines) ]] || tell failed 'a verb failed' "$@"
}

turn() {
    case $((RANDOM % 60)) in
    0) verb '^removed (nothing|1 entry|[0-9]+ entries)' clear ;;
    1 | 2) choose_command && verb '^removed ' clear -- "${words[0]}" ;;
    3 | 4) choose_command && verb '^removed ' clear -- "${words[@]}" ;;
    5 | 6) verb '^ *([0-9]+|ID) ' list ;;
    # Of damage it would tell.
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

# Writes to a file in place at an offset, which may be its end, what comes from standard input.
overwrite() { dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null; }

damage() {
    local files=("$store"/cachex.db "$store"/cachex.db "$store"/cachex.db
        "$store"/outputs.db "$store"/{cachex.db-journal,outputs.db-journal,uses,uses.folding,claims,cachex.lock})
    local file=${files[RANDOM % ${#files[@]}]} size at
    # Of more than 32 kB: two numbers of 15 bits.
    size=$(wc -c 2>/dev/null <"$file") && ((size > 0)) || return
    at=$((RANDOM % 4 ? (RANDOM << 15 | RANDOM) % size : RANDOM % (size < 100 ? size : 100)))
    # There a database says whose it is; one of another program is left alone for ever.
    ((at < 68 || at >= 72)) || at=24
    case $((RANDOM % 8)) in
    0 | 1 | 2) head -c 1 /dev/urandom | overwrite "$file" "$at" ;;
    3) head -c $((RANDOM % 5000 + 1)) /dev/urandom | overwrite "$file" $((at < 68 ? 72 : at)) ;;
    4) dd if=/dev/null of="$file" bs=1 seek="$at" 2>/dev/null ;;
    5) head -c "$size" /dev/urandom >"$file" ;;
    6) head -c $((RANDOM % 5000 + 1)) /dev/urandom | overwrite "$file" "$size" ;;
    7) rm -f "$file" ;;
    esac
    tally damages
}

damager() { # DEADLINE
    RANDOM=$seed
    while ((SECONDS < $1)); do
        sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
        damage
    done
}

## The whole.

# Waits until all that was begun has ended; what has not by then hangs.
await() {
    local deadline=$((SECONDS + patience)) left=1
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

# What has to be true of the store when nobody uses it.
inspect() {
    local answer
    for file in cachex.db outputs.db; do
        command -v sqlite3 >/dev/null || break
        answer=$(sqlite3 "$store/$file" 'PRAGMA integrity_check' 2>&1)
        # Damage that no call has met yet may lie on, if doctor finds it.
        [[ $answer == ok ]] || { [[ $phase == damage ]] && ! "$cachex" doctor --cache-dir "$store" >/dev/null 2>&1; } ||
            fault failed "after $phase: integrity of $file: $answer"
    done
    for file in "$store"/* "$store"/.[!.]*; do
        case ${file##*/} in
        # Journals may stay, with nothing in them that counts.
        cachex.db | outputs.db | cachex.db-journal | outputs.db-journal | *.db.damaged | cachex.lock | claims | uses | uses.folding | '*' | '.[!.]*') ;;
        *) fault failed "after $phase: left behind: $(ls -l "$file")" ;;
        esac
    done
}

# The next calls heal what was damaged, and the second of two is replayed.
heal() {
    local option
    for option in --refresh --verbose; do
        timeout_of "$patience" "$cachex" --cache-dir "$store" "$option" -- "$work/bin/small" a \
            </dev/null >"$work/out" 2>"$work/err"
        cmp -s "$work/out" "$work/expected/small.a.out" || fault wrong "after $phase: $option"
    done
    grep -q '^cachex: hit' "$work/err" || fault failed "after $phase: no hit: $(cat "$work/err")"
}

# Runs a command and kills it if it takes longer: SECONDS COMMAND...
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
exit_code
