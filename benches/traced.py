"""`--trace`: what it costs a command, and what it costs to check what a command was seen to depend on."""

import itertools
import os
import shutil
import statistics
import time

from calls import MEGABYTE, SETTLED
from machine import Failed, output_of
from table import compared, counted

# A file that a command opens again and again: each time the kernel asks cachex.
OPENS = 20_000


def fixed(bench):
    """The filter, the thread and the keeper: what every traced run pays."""
    numbers = map(str, itertools.count())

    def miss(*options):
        return lambda: bench.call(bench.cachex(*options, "true", next(numbers)))

    bench.make_hits(bench.cachex("true"), bench.cachex("--trace", "true"))
    ours, theirs = bench.in_turns(miss("--trace"), miss())
    more = 1000 * (statistics.median(ours) - statistics.median(theirs))
    yield compared("traced miss of `true`", ours, "untraced", theirs, None)
    yield counted("traced miss of `true`, more", round(more, 3), "ms", "", 0.5)


def caught(bench):
    """What one call costs that the kernel asks about."""
    loop = f"import os\nfor _ in range({OPENS}): os.stat('/')"
    bare = ["python3", "-SEs", "-c", loop]
    traced, plain = fastest(bench, refreshed(bench, "--trace", *bare), refreshed(bench, *bare), of=elapsed)
    each = 1_000_000 * (traced - plain) / OPENS
    yield counted("one caught call, more", round(each, 2), "µs", "", 10)


def commands(bench):
    """The processor time of whole runs, beside the bare commands."""
    os.makedirs("empty")
    output_of("cargo", "init", "--vcs", "none", "--quiet", cwd="empty", env=home(bench))
    check = ["cargo", "check", "--quiet", "--offline", "--manifest-path", "empty/Cargo.toml"]
    yield ratio(bench, "`cargo check` without work", check, 1.6)
    with open("Makefile", "w") as file:
        names = " ".join(f"t{number}" for number in range(200))
        file.write(f"all: {names}\n{names}:\n\t@/bin/true $@\n")
    yield ratio(bench, "`make` of 200 recipes", ["make", "-s"], 1.4)
    yield ratio(bench, "`import asyncio` in Python", ["python3", "-c", "import asyncio"], 1.25)
    make_tree()
    yield ratio(bench, "`grep -r` in 10,000 files", ["grep", "-rl", "number 4321$", "tree"], 5.5)


def ratio(bench, what, command, bar):
    ours, theirs = fastest(bench, refreshed(bench, "--trace", *command), command, of=processor_time)
    return counted(f"{what}, processor time", round(ours / theirs, 2), "times", "that of the bare one", bar)


def hits(bench):
    """A hit looks at every path again."""
    os.makedirs("few")
    for number in range(350):
        write(f"few/{number}", number)
    make_tree()
    few, many = ["cat-all", "few"], ["grep", "-rl", "number 4321$", "tree"]
    with open(few[0], "w") as file:
        file.write('#!/bin/sh\ncat "$1"/* > /dev/null\n')
    os.chmod(few[0], 0o755)
    few[0] = "./" + few[0]
    time.sleep(SETTLED)
    traced, plain, deep = bench.cachex("--trace", *few), bench.cachex(*few), bench.cachex("--trace", *many)
    bench.make_hits(traced, plain, deep)
    ours, theirs = bench.commands_in_turns(traced, plain)
    more = 1000 * (statistics.median(ours) - statistics.median(theirs))
    yield compared("traced hit of 350 paths", ours, "untraced", theirs, None)
    yield counted("traced hit of 350 paths, more", round(more, 3), "ms", "", 0.5)
    (ours,) = bench.commands_in_turns(deep, rounds=bench.few)
    yield counted("traced hit of 10,000 paths", round(1000 * statistics.median(ours), 2), "ms", "", 12)


def memory(bench):
    """The memory of cachex itself, while it traces and when it checks."""
    make_tree()
    find = ["grep", "-rl", "number 4321$", "tree"]
    peak = bench.program("peak.c")
    for what, command in ("miss", refreshed(bench, "--trace", *find)), ("hit", bench.cachex("--trace", *find)):
        bench.call([peak, *command])
        held = int(bench.said()) * 1024 / MEGABYTE
        yield counted(f"memory of a traced {what} of 10,000 paths", round(held, 1), "MB", "", 12)


def refreshed(bench, *words):
    return bench.cachex("--refresh", *words)


def make_tree():
    for number in range(10_000):
        os.makedirs(f"tree/{number // 100}", exist_ok=True)
        write(f"tree/{number // 100}/{number}", number)


def write(path, number):
    with open(path, "w") as file:
        file.write(f"number {number}\n")


def home(bench):
    """Cargo and rustup keep their own files in the home directory."""
    own = {name: os.environ[name] for name in ("HOME", "CARGO_HOME", "RUSTUP_HOME") if name in os.environ}
    return {**bench.environment, **own}


def fastest(bench, *commands, of):
    """The least of each, in turns."""
    for command in commands:
        if not shutil.which(command[0]):
            raise Failed(f"no {command[0]}")
        of(bench, command)
    rounds = [[of(bench, command) for command in commands] for _ in range(bench.few)]
    return [min(times) for times in zip(*rounds)]


def usage(bench, command):
    process = bench.start(command, bench.null, **home(bench))
    _, status, used = os.wait4(process, 0)
    if status != 0:
        raise Failed(f"{command} ended with {status}: {bench.said()}")
    return used


def processor_time(bench, command):
    used = usage(bench, command)
    return used.ru_utime + used.ru_stime


def elapsed(bench, command):
    start = time.perf_counter()
    usage(bench, command)
    return time.perf_counter() - start


ROWS = {
    "trace": fixed,
    "trace-call": caught,
    "trace-commands": commands,
    "trace-hits": hits,
    "trace-memory": memory,
}
