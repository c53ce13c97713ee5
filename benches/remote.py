"""Results of other machines: what a call costs that asks for one, gets one, or gives one. Needs redis-server."""

import contextlib
import fcntl
import itertools
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import time

from calls import MEGABYTE
from machine import Failed
from table import counted


@contextlib.contextmanager
def redis(bench):
    """A Redis on this machine, and a project whose calls share by it."""
    server = shutil.which("redis-server")
    if server is None:
        raise Failed("there is no redis-server")
    port = free_port()
    words = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(bench.dir)]
    process = subprocess.Popen([server, *words], stdout=subprocess.DEVNULL)
    os.mkdir(".git")
    bench.environment.update(
        CACHEX_SHARE="1",
        CACHEX_REMOTE=f"redis://127.0.0.1:{port}",
        CACHEX_REMOTE_MODE="read-write",
        CACHEX_REMOTE_TIMEOUT="60s",
        CACHEX_REMOTE_MIN_TIME="0s",
        CACHEX_REMOTE_KEY=secrets.token_hex(32),
    )
    try:
        wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port):
    for _ in range(1000):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port)).close()
        time.sleep(0.01)
    raise Failed("redis-server does not answer")


def writes(size):
    """A command that writes so many bytes, which do not get smaller."""
    with open("data", "wb") as file:
        file.write(os.urandom(size))
    with open("write.sh", "w") as script:
        script.write("#!/bin/sh\ncat data\n")
    os.chmod("write.sh", 0o755)
    return ["./write.sh"]


def as_another_machine(bench):
    """Empties the store, but for one result."""
    bench.empty_stores()
    bench.call(bench.cachex("true"), CACHEX_REMOTE_MODE="off")


def flush(bench):
    bench.call(bench.cachex("remote", "flush"))
    bench.said()


def difference(what, ours, theirs, bar):
    ours, theirs = statistics.median(ours), statistics.median(theirs)
    details = f"{1000 * ours:.2f} ms, {1000 * theirs:.2f} ms without"
    return counted(what, round(1000 * (ours - theirs), 2), "ms", details, bar)


def miss(bench):
    numbers = map(str, itertools.count())
    with redis(bench):
        as_another_machine(bench)

        def call(mode):
            return lambda: bench.call(bench.cachex("true", next(numbers)), CACHEX_REMOTE_MODE=mode)

        for mode, what, bar in ("read", "asked in vain", 2), ("read-write", "asked in vain and pushed", None):
            ours, theirs = bench.in_turns(call(mode), call("off"), before=lambda: pushed(bench))
            yield difference(f"miss {what}, more than without a remote", ours, theirs, bar)


def pushed(bench):
    """Waits until nothing waits to be pushed."""
    outbox = bench.stores[0] / "cachex" / "outbox"
    while any(outbox.glob("*.json")):
        time.sleep(0.001)


def hit(bench):
    for size, what, rounds, bar in (1000, "1 KB", None, 20), (100 * MEGABYTE, "100 MB", bench.few, 900):
        with redis(bench):
            command = bench.cachex(*writes(size))
            as_another_machine(bench)
            bench.call(command)
            flush(bench)
            # It would be a miss if it were not there.
            os.remove("data")
            (ours,) = bench.in_turns(
                lambda: bench.call_and_read(command),
                rounds=rounds,
                before=lambda: as_another_machine(bench),
            )
            yield counted(
                f"remote hit of {what}, to a pipe",
                round(1000 * statistics.median(ours), 1),
                "ms",
                f"quartiles {quartiles(ours)}",
                bar,
            )
        shutil.rmtree(".git")


def quartiles(times):
    low, _, high = statistics.quantiles(times, n=4, method="inclusive")
    return f"{1000 * low:.1f}–{1000 * high:.1f}"


def given(bench):
    """The process that seals and pushes shares the processors, but nobody waits for it."""
    with redis(bench):
        command = bench.cachex("--refresh", *writes(100 * MEGABYTE))
        bench.call(command)
        ours, theirs = bench.in_turns(
            lambda: bench.call_and_read(command),
            lambda: call_without_remote(bench, command),
            rounds=bench.few,
            before=lambda: pushed(bench),
        )
        yield difference("run of 100 MB that is pushed, more than without a remote", ours, theirs, 20)


def call_without_remote(bench, command):
    mode = bench.environment["CACHEX_REMOTE_MODE"]
    bench.environment["CACHEX_REMOTE_MODE"] = "off"
    bench.call_and_read(command)
    bench.environment["CACHEX_REMOTE_MODE"] = mode


def memory(bench):
    """The most that a process held at a time which seals or unseals 100 MB, and those that it started."""
    peak = bench.program("peak.c")

    def megabytes(command):
        bench.call([peak, *command])
        return round(int(bench.said()) * 1024 / MEGABYTE, 1)

    with redis(bench):
        command = bench.cachex(*writes(100 * MEGABYTE))
        as_another_machine(bench)
        with held(bench.stores[0] / "cachex" / "outbox"):
            bench.call(command)
            time.sleep(0.5)
        bench.no_warnings()
        yield counted("memory to seal 100 MB", megabytes(bench.cachex("remote", "flush")), "MB", "", 16)
        as_another_machine(bench)
        os.remove("data")
        yield counted("memory of a remote hit of 100 MB", megabytes(command), "MB", "", 16)


@contextlib.contextmanager
def held(outbox):
    """One process seems to push, and another one to wait for it. So the process that would push ends at once."""
    os.mkdir(outbox, 0o700)
    files = [open(outbox / name, "w") for name in ("lock", "next")]
    for file in files:
        fcntl.flock(file, fcntl.LOCK_EX)
    yield
    for file in files:
        file.close()


ROWS = {"remote-miss": miss, "remote-hit": hit, "remote-given": given, "remote-memory": memory}
