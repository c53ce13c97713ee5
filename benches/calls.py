"""Calls of programs, in a directory of their own, and how long they take."""

import os
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path

from machine import Failed, compiled

MEGABYTE = 1_000_000
SETTLED = 2.5  # Seconds after which cachex trusts the dates of a large file.


class Bench:
    """A temporary directory with its own stores, and calls of programs in it."""

    def __init__(self, tools, pairs):
        self.tools = tools
        self.pairs = max(2, pairs)  # Fewer have no quartiles.
        self.few = max(2, pairs // 10)
        self.dir = Path(tempfile.mkdtemp(prefix="cachex-speed."))
        self.stores = [self.dir / "cachex", self.dir / "bkt"]
        self.environment = {
            "HOME": str(self.dir),
            "PATH": os.environ["PATH"],
            "LC_ALL": "C",
            "XDG_CACHE_HOME": str(self.stores[0]),
            "BKT_CACHE_DIR": str(self.stores[1]),
            "BKT_TTL": "1d",
        }

    def __enter__(self):
        self.stderr = os.open(self.dir / "stderr", os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self.null = os.open(os.devnull, os.O_RDWR)
        self.buffer = bytearray(1 << 20)
        self.empty_stores()
        os.mkdir(self.dir / "work")
        os.chdir(self.dir / "work")
        return self

    def __exit__(self, *_):
        os.chdir("/")
        os.close(self.stderr)
        os.close(self.null)
        shutil.rmtree(self.dir)

    def empty_stores(self):
        for store in self.stores:
            shutil.rmtree(store, ignore_errors=True)
            os.mkdir(store)

    # The programs.

    def script(self):
        """Writes a small script with a small output, and returns the command that runs it."""
        path = Path("hello.sh")
        path.write_text("#!/bin/sh\necho hello\n")
        path.chmod(0o755)
        return ["./hello.sh"]

    def program(self, source):
        return compiled(source, self.dir)

    def cachex(self, *words):
        return [self.tools.cachex, *words]

    def bkt(self, *words):
        return [self.tools.bkt, *words]

    # One call.

    def start(self, command, stdout, **environment):
        return os.posix_spawnp(
            command[0],
            command,
            {**self.environment, **environment},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, self.null, 0),
                (os.POSIX_SPAWN_DUP2, stdout, 1),
                (os.POSIX_SPAWN_DUP2, self.stderr, 2),
            ],
            setsigdef=[signal.SIGPIPE],  # Python ignores it.
        )

    def wait(self, process, command):
        _, status = os.waitpid(process, 0)
        if status != 0:
            raise Failed(f"{command} ended with {status}: {self.said()}")

    def call(self, command, **environment):
        """Runs a program and throws its output away."""
        self.wait(self.start(command, self.null, **environment), command)

    def call_and_read(self, command):
        """Runs a program and reads its output from a pipe."""
        ours, theirs = os.pipe()
        process = self.start(command, theirs)
        os.close(theirs)
        while os.readv(ours, [self.buffer]):
            pass
        os.close(ours)
        self.wait(process, command)

    def said(self):
        """Takes what was written to standard error since the last time."""
        said = os.pread(self.stderr, 10_000, 0).decode(errors="replace").strip()
        os.ftruncate(self.stderr, 0)
        return said

    def no_warnings(self):
        said = self.said()
        if said:
            raise Failed(f"unexpected on standard error: {said}")

    # Many calls.

    def make_hits(self, *commands, **environment):
        """Runs commands until their next call is a plain hit: a second call may still learn digests."""
        for command in commands * 2:
            self.call(command, **environment)
        for program, *words in commands:
            if program == self.tools.cachex:
                self.call(self.cachex("--only-if-cached", *words), **environment)
        self.no_warnings()

    def in_turns(self, *calls, rounds=None, before=lambda: None):
        """The times of calls that take turns, in random order. The time of `before` does not count."""
        times = [[] for _ in calls]
        for _ in range(rounds or self.pairs):
            for index in random.sample(range(len(calls)), len(calls)):
                before()
                start = time.perf_counter()
                calls[index]()
                times[index].append(time.perf_counter() - start)
        self.no_warnings()
        return times

    def commands_in_turns(self, *commands, call=None, rounds=None):
        """The times of commands that take turns."""
        call = call or self.call
        return self.in_turns(*(lambda it=it: call(it) for it in commands), rounds=rounds)

