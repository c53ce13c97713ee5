#!/usr/bin/env python3
"""Times calls and verbs with a thousand entries and with a million, of one command and of many.

    benches/million.py [--cachex PROGRAM] [--entries 1000000] [--directory DIR] [ROW...]

Stores are kept in DIR from one time to the next. Rows that change a store work on a copy of it.
"""

import argparse
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

MARK = b"0000001"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cachex", default="target/release/cachex")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--directory", type=Path, default=Path("target/million"))
    parser.add_argument("rows", nargs="*", metavar="ROW")
    return parser.parse_args()


class Store:
    """A store in a directory of its own, with a script that its entries are of."""

    def __init__(self, cachex, directory):
        self.cachex, self.directory = os.path.abspath(cachex), directory
        self.script = directory.parent / f"script-{MARK.decode()}"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(directory.parent)}
        self.environment["CACHEX_CACHE_DIR"] = str(directory)

    def call(self, *words):
        """The seconds that a call takes, and the most memory it has, in MB."""
        begun = time.perf_counter()
        process = subprocess.Popen(
            [self.cachex, *words], env=self.environment, cwd=self.directory.parent,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return time.perf_counter() - begun, used.ru_maxrss / 1000

    def fill(self, count, commands):
        """Makes so many entries, of one command or of many, by copying one."""
        self.directory.mkdir(parents=True, mode=0o700)
        self.script.write_text("#!/bin/sh\necho $1\n")
        self.script.chmod(0o755)
        self.call("--", str(self.script), MARK.decode())
        connection = sqlite3.connect(self.directory / "cachex.db")
        numbered = lambda text, number: text.replace(MARK, b"%07d" % number)
        connection.create_function("numbered", 2, numbered, deterministic=True)
        connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000")
        columns = lambda table: [row[1] for row in connection.execute(f"PRAGMA table_info ({table})")]

        def multiply(table, count, own):
            names = columns(table)
            connection.execute(
                f"""WITH RECURSIVE number (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM number WHERE n < {count})
                INSERT INTO {table} ({", ".join(names)})
                SELECT {", ".join(own.get(name, name) for name in names)} FROM {table}, number WHERE id = 1"""
            )

        with connection:
            multiply("command", commands, {"id": "n", "name": "numbered(name, n)"})
            multiply("entry", count, {
                "id": "n", "key": "randomblob(32)", "command": f"1 + n % {commands}",
                "created": f"created - ({count} - n)", "used": f"used - ({count} - n)",
                "arguments": "numbered(arguments, n)", "words": "numbered(words, n)",
                # One in ten has a lifetime, and one in a hundred has expired.
                "lifetime": "CASE WHEN n % 100 = 0 THEN 1 WHEN n % 10 = 0 THEN 1000000000 END",
            })
            if "entries" in columns("command"):
                connection.execute(
                    """UPDATE command SET (entries, output) = (
                    SELECT count(*), total(output) FROM entry WHERE command = command.id)"""
                )
            connection.execute(
                "UPDATE command SET (hits, misses) = (id % 7, max(1, id % 5)) WHERE id > 1"
            )
        connection.close()


def rows(store):
    """Each row: its name, the words of the call, and whether it changes the store."""
    script = str(store.script)
    call = ("--", script, MARK.decode())
    fresh = lambda: ("--", script, f"new {time.time_ns()}")
    return {
        "hit": (lambda: call, False),
        "miss": (fresh, True),
        "miss -v": (lambda: ("-v", *fresh()), True),
        "explain": (lambda: ("explain", *fresh()), False),
        "list": (lambda: ("list",), False),
        "list --json": (lambda: ("list", "--json"), False),
        "list --expired": (lambda: ("list", "--expired"), False),
        "list -- CMD ARGS": (lambda: ("list", *call), False),
        "show ID": (lambda: ("show", "500"), False),
        "show -- CMD ARGS": (lambda: ("show", *call), False),
        "stats": (lambda: ("stats",), False),
        "clear --dry-run": (lambda: ("clear", "--dry-run"), False),
        "clear --dry-run -- CMD ARGS": (lambda: ("clear", "--dry-run", *call), False),
        "prune --dry-run": (lambda: ("prune", "--dry-run"), False),
        "doctor": (lambda: ("doctor",), False),
        "--max-entries 1000000": (lambda: ("--max-entries", "1000000", *fresh()), True),
        "--max-size 100MB": (lambda: ("--max-size", "100MB", *fresh()), True),
        "clear -- CMD ARGS": (lambda: ("clear", *call), True),
        "clear --expired": (lambda: ("clear", "--expired"), True),
        "prune": (lambda: ("prune",), True),
        "--max-entries 100": (lambda: ("--max-entries", "100", *fresh()), True),
        "clear -- CMD": (lambda: ("clear", "--", script), True),
        "clear": (lambda: ("clear",), True),
    }


def measure(store, name, changes, words):
    """The least of a few calls. One that changes the store has a copy of it to itself."""
    if not changes:
        store.call(*words())
        first = store.call(*words())
        again = 20 if first[0] < 0.1 else 2
        all_of_them = [first] + [store.call(*words()) for _ in range(again)]
        return min(all_of_them)[0], max(peak for _, peak in all_of_them)
    copy = Store(store.cachex, store.directory.with_name("copy"))
    shutil.rmtree(copy.directory, ignore_errors=True)
    shutil.copytree(store.directory, copy.directory)
    copy.script = store.script
    if name.startswith("miss"):
        copy.call(*words())
        return min(copy.call(*words()) for _ in range(20))
    return copy.call(*words())


def main():
    options = arguments()
    stores = {}
    for name, count, commands in [
        ("thousand", 1000, 1),
        ("million", options.entries, 1),
        ("commands", options.entries, options.entries // 10),
    ]:
        directory = (options.directory / name / "store").absolute()
        stores[name] = Store(options.cachex, directory)
        if not directory.exists():
            # Elsewhere: the memory of this process would count as that of every call.
            filler = multiprocessing.Process(target=stores[name].fill, args=(count, commands))
            filler.start()
            filler.join()
    print(f"{'':30}" + "".join(f"{name:>24}" for name in stores))
    for name in rows(stores["thousand"]):
        if options.rows and name not in options.rows:
            continue
        cells = []
        for store in stores.values():
            words, changes = rows(store)[name]
            seconds, peak = measure(store, name, changes, words)
            cells.append(f"{seconds * 1000:12.2f} ms {peak:5.0f} MB")
        print(f"{name:30}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


if __name__ == "__main__":
    sys.exit(main())
