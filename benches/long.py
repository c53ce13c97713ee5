"""Long outputs: time and memory."""

import os
import time

from calls import MEGABYTE, SETTLED
from table import compared, counted


def cat_of_a_file(megabytes):
    name = f"{megabytes}MB"
    with open(name, "wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(MEGABYTE))
    time.sleep(SETTLED)
    return ["cat", name]


def readers(bench):
    """Where a long output goes: the null device takes it at once, the reader of a pipe does not."""
    return ("/dev/null", bench.call), ("a pipe", bench.call_and_read)


def hit(bench):
    cat = cat_of_a_file(100)
    cachex, bkt = bench.cachex(*cat), bench.bkt("--", *cat)
    bench.make_hits(cachex, bkt)
    for reader, call in readers(bench):
        ours, theirs, least = bench.commands_in_turns(cachex, bkt, cat, call=call, rounds=bench.few)
        yield compared(f"hit of 100 MB to {reader}", ours, "cat of the file", least, 1.5)
        yield compared(f"hit of 100 MB to {reader}", ours, "bkt", theirs, 0.7)


def miss(bench):
    cat = cat_of_a_file(100)

    def begin_anew():
        bench.empty_stores()
        bench.make_hits(bench.cachex("true"), bench.bkt("--", "true"))

    for reader, call in readers(bench):
        ours, theirs = bench.in_turns(
            lambda: call(bench.cachex(*cat)),
            lambda: call(bench.bkt("--", *cat)),
            rounds=bench.few,
            before=begin_anew,
        )
        yield compared(f"miss of 100 MB to {reader}", ours, "bkt", theirs, 0.85)


def refresh(bench):
    """The counterpart of `--refresh` is bkt's `--force`: both run the command and replace what is stored."""
    cat = cat_of_a_file(100)
    ours, theirs = bench.cachex("--refresh", *cat), bench.bkt("--force", "--", *cat)
    for command in ours, theirs:
        bench.call(command)
    for reader, call in readers(bench):
        times = bench.commands_in_turns(ours, theirs, call=call, rounds=bench.few)
        yield compared(f"`--refresh` of 100 MB to {reader}", times[0], "bkt --force", times[1], 1.0)


def memory(bench):
    """The most that one call of cachex held at a time. The longest output is not stored."""
    peak = bench.program("peak.c")
    commands = {f"{size} MB": bench.cachex(*cat_of_a_file(size)) for size in (100, 0, 1, 10, 250, 400)}

    def megabytes(command):
        bench.call([peak, *command])
        return int(bench.said()) * 1024 / MEGABYTE

    for kind in "miss", "hit":
        held = {output: megabytes(command) for output, command in commands.items()}
        by_output = ", ".join(f"{output}: {most:.1f}" for output, most in held.items())
        yield counted(f"memory of a {kind}, any output", round(max(held.values()), 1), "MB", by_output, 15)
        commands.popitem()


ROWS = {"long-hit": hit, "long-miss": miss, "refresh": refresh, "memory": memory}
