"""The rows of the table: each makes its own files and stores, and yields lines."""

import itertools
import os
import sqlite3
import statistics
import time

from calls import judged, line
from machine import output_of

MEGABYTE = 1_000_000
SETTLED = 2.5  # Seconds after which cachex trusts the dates of a large file.


def hit(bench):
    command = bench.script()
    cachex, bkt = bench.cachex(*command), bench.bkt("--", *command)
    bench.make_hits(cachex, bkt)
    ours, theirs, least = bench.commands_in_turns(cachex, bkt, [bench.program("empty.c")])
    yield line("hit, small output", ours, "bkt", theirs, 0.7)
    yield line("hit, small output", ours, "an empty process", least, 1.5)


def files(bench):
    """Files among the arguments, which are read each time, beside the same where they do not count."""
    names = [f"argument-{number}.txt" for number in range(10)]
    for name in names:
        with open(name, "w") as file:
            file.write(f"{name}\n" * 20)
    ours, least = bench.cachex("cat", *names), bench.cachex("--ignore-file-args", "cat", *names)
    bench.make_hits(ours, least)
    ours, least = bench.commands_in_turns(ours, least)
    more = statistics.median(ours) - statistics.median(least)
    yield line(f"hit with ten small files ({more * 1000:+.3f} ms)", ours, "not counting them", least, 1.1)


def miss(bench):
    """Other arguments each time, so that the stores grow."""
    numbers = map(str, itertools.count())
    bench.make_hits(bench.cachex("true"), bench.bkt("--", "true"))
    ours, theirs = bench.in_turns(
        lambda: bench.call(bench.cachex("true", next(numbers))),
        lambda: bench.call(bench.bkt("--", "true", next(numbers))),
    )
    yield line("miss of `true`, other arguments each time", ours, "bkt", theirs, 1.0)


def cat_of_a_file(megabytes):
    name = f"{megabytes}MB"
    with open(name, "wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(MEGABYTE))
    time.sleep(SETTLED)
    return ["cat", name]


def places(bench):
    """Where much output goes: how fast that is taken differs."""
    return ("/dev/null", bench.call), ("a pipe", bench.call_and_read)


def bulk_hit(bench):
    cat = cat_of_a_file(100)
    cachex, bkt = bench.cachex(*cat), bench.bkt("--", *cat)
    bench.make_hits(cachex, bkt)
    for place, call in places(bench):
        ours, theirs, least = bench.commands_in_turns(cachex, bkt, cat, call=call, rounds=bench.few)
        yield line(f"100 MB hit to {place}", ours, "bkt", theirs, 0.7)
        yield line(f"100 MB hit to {place}", ours, "cat of the file", least, 2.0)


def bulk_miss(bench):
    cat = cat_of_a_file(100)

    def begin_anew():
        bench.empty_stores()
        bench.make_hits(bench.cachex("true"), bench.bkt("--", "true"))

    for place, call in places(bench):
        ours, theirs = bench.in_turns(
            lambda: call(bench.cachex(*cat)),
            lambda: call(bench.bkt("--", *cat)),
            rounds=bench.few,
            before=begin_anew,
        )
        yield line(f"100 MB miss to {place}", ours, "bkt", theirs, 1.0)
    refresh, force = bench.cachex("--refresh", *cat), bench.bkt("--force", "--", *cat)
    bench.call(refresh)
    bench.call(force)
    ours, theirs = bench.commands_in_turns(refresh, force, rounds=bench.few)
    yield line("100 MB in place of the same (--refresh, --force)", ours, "bkt", theirs, 1.0)


def memory(bench):
    """The most that a call of cachex held; the last output is too long to be stored."""
    peak = bench.program("peak.c")

    def held(command):
        bench.call([peak, *command])
        return int(bench.said()) * 1024 / MEGABYTE

    commands = {f"{size} MB": bench.cachex(*cat_of_a_file(size)) for size in (100, 0, 1, 10, 250, 400)}
    for kind in "miss", "hit":
        most = {name: held(command) for name, command in commands.items()}
        each = ", ".join(f"{name}: {peak:.1f}" for name, peak in most.items())
        worst = max(most.values())
        yield f"| resident memory of a {kind}, in MB | {worst:.1f} | by output | {each} | | 30 | {judged(worst, 30)} |"
        commands.popitem()


def entries(bench):
    """The same call with two stores; what fills the one are copies of its entry under random keys."""
    cachex = bench.cachex(*bench.script())
    one, many = ({"XDG_CACHE_HOME": str(bench.dir / name)} for name in ("one", "many"))
    for home in one, many:
        bench.make_hits(cachex, **home)
    multiply(bench.dir / "many" / "cachex" / "cachex.db", 100_000)
    ours, theirs = bench.in_turns(lambda: bench.call(cachex, **many), lambda: bench.call(cachex, **one))
    yield line("hit with 100,000 entries in the store", ours, "one entry", theirs, 1.05)


def multiply(database, count):
    """Makes one entry that many."""
    own = {"id": "NULL", "key": "randomblob(32)"}
    connection = sqlite3.connect(database)
    columns = [row[1] for row in connection.execute("PRAGMA table_info (entry)")]
    with connection:
        connection.execute(
            f"""WITH RECURSIVE number (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM number WHERE n < {count})
            INSERT INTO entry ({", ".join(columns)})
            SELECT {", ".join(own.get(column, column) for column in columns)} FROM entry, number"""
        )
    connection.close()


def program(bench):
    """Its content is in the key; from the second time on the digest is known."""
    os.rename(bench.program("empty.c"), "large")
    with open("large", "ab") as file:
        file.write(os.urandom(60 * MEGABYTE))
    time.sleep(SETTLED)
    large, small = bench.cachex("./large"), bench.cachex(*bench.script())
    bench.make_hits(large, small)
    ours, theirs = bench.commands_in_turns(large, small)
    yield line("hit of a 60 MB program, from the second time on", ours, "a small script", theirs, 1.1)


def tree(bench):
    """10,000 files in 100 directories, which git knows too."""
    cachex, status = bench.cachex("--file", "tree", *bench.script()), ["git", "status"]
    for number in range(10_000):
        os.makedirs(f"tree/{number // 100}", exist_ok=True)
        with open(f"tree/{number // 100}/{number}", "w") as file:
            file.write(f"{number}\n" * 100)
    for words in ["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]:
        git = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody", *words]
        output_of(*git, env=bench.environment)
    time.sleep(SETTLED)
    bench.make_hits(cachex, status)
    ours, theirs = bench.commands_in_turns(cachex, status, rounds=bench.few)
    yield line("hit with `--file` on 10,000 unchanged files", ours, "git status", theirs, 1.0)


def crowd(bench):
    """All on two cores, also this process, which makes one after the other."""
    command = bench.script()
    cachex, bkt = bench.cachex(*command), bench.bkt("--", *command)
    bench.make_hits(cachex, bkt)

    def at_once(command):
        for process in [bench.start(command, bench.null) for _ in range(64)]:
            bench.wait(process, command)

    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:2])
    ours, theirs = bench.commands_in_turns(cachex, bkt, call=at_once, rounds=bench.few)
    os.sched_setaffinity(0, cores)
    # 1.2 times as many in the same time.
    yield line("64 hits at once on two cores", ours, "bkt", theirs, 0.83)


ROWS = {
    "hit": hit,
    "files": files,
    "miss": miss,
    "bulk-hit": bulk_hit,
    "bulk-miss": bulk_miss,
    "memory": memory,
    "entries": entries,
    "program": program,
    "tree": tree,
    "crowd": crowd,
}
