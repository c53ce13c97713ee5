"""Calls beside others that write long outputs to the same store."""

import contextlib
import itertools
import os
import random
import threading
import time
from pathlib import Path

from calls import MEGABYTE
from table import counted, slowest_compared

WRITERS = 3
ROUNDS = 6
HEAD_START = 1.0  # Seconds in which the writers get going, or the disk quiet.


def busy(bench):
    """Rounds without and with writers take turns. A `cat` shows what the processors alone cost: the
    writers are busy on all of them."""
    calls = prepared(bench)
    for writer in range(WRITERS):
        bench.call(write(bench, writer))
    quiet, beside = ({name: [] for name in calls} for _ in range(2))
    faults = []
    for _ in range(ROUNDS):
        measure(bench, calls, quiet)
        with writers(bench, faults):
            measure(bench, calls, beside)
    for name in calls:
        bar = None if name == "cat" else 2.0
        yield slowest_compared(f"{name} beside three writers of 200 MB", beside[name], "without them", quiet[name], bar)
    said = [*faults, *bench.said().splitlines()]
    yield counted("  warnings and failures meanwhile", len(said), "", said[0] if said else "", 0)
    yield counted("  hits that ran their command again", runs("hit") - 1, "", "", 0)


def prepared(bench):
    """What is measured, by name. The command of the hit notes each of its runs."""
    Path("7MB").write_bytes(os.urandom(7 * MEGABYTE))
    Path("hit.sh").write_text("#!/bin/sh\necho >>runs-of-hit\ncat 7MB\n")
    Path("hit.sh").chmod(0o755)
    numbers = map(str, itertools.count())
    hit, listing, cat = bench.cachex("./hit.sh"), bench.cachex("list"), ["cat", "7MB"]
    bench.make_hits(hit)
    return {
        "hit of 7 MB": lambda: bench.call_and_read(hit),
        "miss of `true`": lambda: bench.call(bench.cachex("true", next(numbers))),
        "`list`": lambda: bench.call(listing),
        "cat": lambda: bench.call_and_read(cat),
    }


def runs(name):
    return Path(f"runs-of-{name}").read_text().count("\n")


def write(bench, writer):
    return bench.cachex("--refresh", "--key", str(writer), "--", "head", "-c", "200000000", "/dev/zero")


@contextlib.contextmanager
def writers(bench, faults):
    """Keeps the writers writing, each again and again, and adds what fails to the list of faults."""
    enough = threading.Event()

    def keep_writing(writer):
        while not enough.is_set():
            try:
                bench.call(write(bench, writer))
            except Exception as fault:
                faults.append(str(fault))

    threads = [threading.Thread(target=keep_writing, args=[writer]) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def measure(bench, calls, times):
    time.sleep(HEAD_START)
    for _ in range(bench.few):
        for name in random.sample(list(calls), len(calls)):
            start = time.perf_counter()
            calls[name]()
            times[name].append(time.perf_counter() - start)


ROWS = {"busy": busy}
