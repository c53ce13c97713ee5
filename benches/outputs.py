"""Files that a command writes: what it costs to bring them back."""

import os
import shutil
import time
from pathlib import Path

from calls import MEGABYTE, SETTLED
from table import compared, counted

FILES = 1000
SIZE = 4096


def write_many(directory):
    directory.mkdir()
    for number in range(FILES):
        (directory / f"{number}.txt").write_bytes(os.urandom(SIZE))


def many(bench):
    """All of them are missing, and then none."""
    write_many(Path("source"))
    Path("build.sh").write_text("#!/bin/sh\nmkdir out && cp source/* out\n")
    os.chmod("build.sh", 0o755)
    build, copy = bench.cachex("--output", "out", "./build.sh"), ["cp", "-r", "source", "copy"]
    bench.call(build)

    def remove():
        for name in "out", "copy":
            shutil.rmtree(name, ignore_errors=True)

    remove()
    ours, least = bench.in_turns(
        lambda: bench.call(build), lambda: bench.call(copy), rounds=bench.few, before=remove
    )
    yield compared(f"hit that restores {FILES} files of 4 KB", ours, "cp -r", least, 1.5)
    bench.call(build)
    bench.make_hits(build)
    (ours,) = bench.commands_in_turns(build)
    details = f"{SIZE * FILES / MEGABYTE:.1f} MB to compare"
    yield counted(f"hit with {FILES} equal files", round(1000 * sorted(ours)[len(ours) // 2], 2), "ms", details, 10)


def one(bench):
    """One large file that is missing."""
    with open("source", "wb") as file:
        for _ in range(1000):
            file.write(os.urandom(MEGABYTE))
    time.sleep(SETTLED)
    build, copy = bench.cachex("--output", "out", "--", "cp", "source", "out"), ["cp", "source", "copy"]
    bench.call(build)

    def remove():
        for name in "out", "copy":
            if os.path.exists(name):
                os.remove(name)
        os.sync()

    ours, least = bench.in_turns(
        lambda: bench.call(build), lambda: bench.call(copy), rounds=max(2, bench.few // 2), before=remove
    )
    yield compared("hit that restores a file of 1 GB", ours, "cp", least, 1.3)


def none(bench):
    """A call that asks for no files does not pay for them: neither does one whose entry has none left to restore."""
    command = bench.script()
    Path("written.sh").write_text("#!/bin/sh\necho hello > out\necho hello\n")
    os.chmod("written.sh", 0o755)
    plain, one = bench.cachex(*command), bench.cachex("--output", "out", "./written.sh")
    bench.make_hits(plain, one)
    ours, least = bench.commands_in_turns(one, plain)
    yield compared("hit with one equal file", ours, "a hit without files", least, 1.15)


ROWS = {"outputs": many, "large-output": one, "one-output": none}
