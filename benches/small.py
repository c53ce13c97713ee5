"""Small outputs: what one call costs, and many at once."""

import itertools
import os
import statistics

from table import compared


def hit(bench):
    command = bench.script()
    cachex, bkt = bench.cachex(*command), bench.bkt("--", *command)
    bench.make_hits(cachex, bkt)
    ours, theirs, least = bench.commands_in_turns(cachex, bkt, [bench.program("empty.c")])
    yield compared("hit, small output", ours, "bkt", theirs, 0.7)
    yield compared("hit, small output", ours, "an empty process", least, 1.45)


def miss(bench):
    """The arguments differ each time, so both stores grow."""
    numbers = map(str, itertools.count())
    bench.make_hits(bench.cachex("true"), bench.bkt("--", "true"))
    ours, theirs = bench.in_turns(
        lambda: bench.call(bench.cachex("true", next(numbers))),
        lambda: bench.call(bench.bkt("--", "true", next(numbers))),
    )
    yield compared("miss of `true`", ours, "bkt", theirs, 0.9)


def files(bench):
    """Files among the arguments are read on each hit, unless they do not count."""
    names = [f"argument-{number}.txt" for number in range(10)]
    for name in names:
        with open(name, "w") as file:
            file.write(f"{name}\n" * 20)
    ours, least = bench.cachex("cat", *names), bench.cachex("--ignore-file-args", "cat", *names)
    bench.make_hits(ours, least)
    ours, least = bench.commands_in_turns(ours, least)
    more = 1000 * (statistics.median(ours) - statistics.median(least))
    yield compared(f"hit with ten small files ({more:+.3f} ms)", ours, "not counting them", least, 1.1)


def crowd(bench):
    """All calls share two cores, also with this process, which starts one after the other."""
    command = bench.script()
    cachex, bkt = bench.cachex(*command), bench.bkt("--", *command)
    bench.make_hits(cachex, bkt)

    def at_once(command):
        for process in [bench.start(command, bench.null) for _ in range(64)]:
            bench.wait(process, command)

    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:2])
    try:
        ours, theirs = bench.commands_in_turns(cachex, bkt, call=at_once, rounds=bench.few)
    finally:
        os.sched_setaffinity(0, cores)
    yield compared("64 hits at once, on two cores", ours, "bkt", theirs, 0.7)


ROWS = {"hit": hit, "miss": miss, "files": files, "crowd": crowd}
