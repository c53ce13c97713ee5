"""Many entries in the store, many files to look at, a large program."""

import itertools
import os
import sqlite3
import time

from calls import MEGABYTE, SETTLED
from machine import output_of
from table import compared

MILLION = 1_000_000


def entries(bench):
    """The same calls with two stores; one of them is filled up with copies of its entry."""
    command = bench.script()
    hit = bench.cachex(*command)
    one, many = ({"XDG_CACHE_HOME": str(bench.dir / name)} for name in ("one", "many"))
    for store in one, many:
        bench.make_hits(hit, **store)
    multiply(bench.dir / "many" / "cachex" / "cachex.db", MILLION)
    numbers = map(str, itertools.count())

    def both(call, rounds=None):
        return bench.in_turns(lambda: call(many), lambda: call(one), rounds=rounds)

    ours, theirs = both(lambda store: bench.call(hit, **store))
    yield compared("hit with 1,000,000 entries", ours, "one entry", theirs, 1.05)
    ours, theirs = both(lambda store: bench.call(bench.cachex(*command, next(numbers)), **store))
    yield compared("miss with 1,000,000 entries", ours, "a few", theirs, 1.1)
    explain, stats = bench.cachex("explain", *command, "other"), bench.cachex("stats")
    for name, verb in ("`explain`", explain), ("`stats`", stats):
        ours, theirs = both(lambda store: bench.call(verb, **store), rounds=bench.few)
        yield compared(f"{name} with 1,000,000 entries", ours, "a few", theirs, 2.0)


def multiply(database, count):
    """Makes one entry that many, under random keys. They are written in order, which fills the index of
    keys from one end to the other and takes seconds instead of minutes."""
    connection = sqlite3.connect(database, isolation_level=None)
    columns = [row[1] for row in connection.execute("PRAGMA table_info (entry)")]
    values = [{"id": "NULL", "key": "fresh.key"}.get(column, f"entry.{column}") for column in columns]
    for setting in "journal_mode = OFF", "synchronous = OFF", "cache_size = -200000":
        connection.execute(f"PRAGMA {setting}")
    connection.execute(
        f"""INSERT INTO entry ({", ".join(columns)})
        WITH RECURSIVE number (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM number WHERE n < {count}),
            fresh (key) AS MATERIALIZED (SELECT randomblob(32) FROM number ORDER BY 1)
        SELECT {", ".join(values)} FROM fresh CROSS JOIN (SELECT * FROM entry LIMIT 1) AS entry"""
    )
    connection.close()


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
    yield compared("hit with `--file` on 10,000 unchanged files", ours, "git status", theirs, 1.0)


def program(bench):
    """The content of a program is in the key; its digest is known from the second call on."""
    os.rename(bench.program("empty.c"), "large")
    with open("large", "ab") as file:
        file.write(os.urandom(60 * MEGABYTE))
    time.sleep(SETTLED)
    large, small = bench.cachex("./large"), bench.cachex(*bench.script())
    bench.make_hits(large, small)
    ours, theirs = bench.commands_in_turns(large, small)
    yield compared("hit of a program of 60 MB", ours, "a small script", theirs, 1.1)


ROWS = {"entries": entries, "tree": tree, "program": program}
