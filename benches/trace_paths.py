#!/usr/bin/env python3
"""Compares the inputs that --trace finds with the paths that `strace -f -y` shows, for some everyday commands.

    benches/trace_paths.py [--cachex PROGRAM] [COMMAND...]

Prints for each command how many paths strace shows, and those that are missing among the inputs. Paths of the kernel, those
that the command made itself, and those below a directory that is missing do not have to be there.
"""

import argparse
import json
import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

COMMANDS = [
    "git status",
    "git log -3",
    "python3 -c 'import asyncio, json, http.client'",
    "gcc -c benches/empty.c -o /dev/null",
    "cargo check --offline --locked",
    "make -n -f /dev/null x",
    "grep -rl Ledger src",
    "node -e 'require(\"http\")'",
    "terraform version",
]

CALLS = "trace=%file,getdents64,fchdir"
KERNEL = ("/proc", "/sys", "/dev")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cachex", default="target/release/cachex")
    parser.add_argument("commands", nargs="*", metavar="COMMAND", default=COMMANDS)
    return parser.parse_args()


def traced(cachex, words, store):
    """The paths that cachex depends on, or why the run was not stored."""
    environment = os.environ | {"CACHEX_CACHE_DIR": store}
    call = [cachex, "--trace", "-v", "--cache-exit", "0-125", "--ttl", "1d", "--no-stdin", "--", *words]
    run = subprocess.run(call, env=environment, capture_output=True, text=True, errors="surrogateescape")
    if "cachex: stored" not in run.stderr:
        reasons = [line for line in run.stderr.splitlines() if line.startswith("cachex: ")]
        return None, " ".join(reasons[-1:])
    shown = subprocess.run([cachex, "show", "--json", "1"], env=environment, capture_output=True, text=True)
    inputs = json.loads(shown.stdout)["inputs"]
    whole = lambda path: os.path.normpath(os.path.join(os.getcwd(), path))
    return {whole(it["path"]): it["found"] for it in inputs}, ""


def stracing(words, log):
    """The paths that strace shows, and those that the command changed."""
    # `-y` shows what a descriptor and the working directory are.
    run = ["strace", "-f", "-y", "-s", "4096", "-e", CALLS, "-o", log, *words]
    subprocess.run(run, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    paths, written, directories = set(), set(), {}
    for line in Path(log).read_text(errors="surrogateescape").splitlines():
        found = re.match(r"(\d+) +(\w+)\((.*)", line)
        if not found:
            continue
        process, call, rest = found.groups()
        base = re.match(r"(?:AT_FDCWD|\d+)<([^>]*)>", rest)
        base = base[1] if base else directories.get(process, os.getcwd())
        if call in ("getdents64", "fchdir"):
            names = [base]
        else:
            count = 2 if re.match(r"rename|link|symlink", call) else 1
            names = re.findall(r'"((?:[^"\\]|\\.)*)"', rest)[:count]
        # Without a name a call asks of what is open already.
        for name in filter(None, names):
            path = os.path.normpath(os.path.join(base, name))
            paths.add(path)
            changes = re.match(r"(unlink|rename|mkdir|rmdir|symlink|link|chmod|utime|truncate|mknod)", call)
            if changes or re.search(r"O_(WRONLY|RDWR|CREAT)", rest):
                written.add(path)
            if call == "chdir" and rest.endswith("= 0"):
                directories[process] = path
    return paths, written


def is_found(path, inputs):
    """Whether a path is an input, or lies below one that is missing."""
    above = path
    while True:
        if above in inputs and (above == path or not inputs[above]):
            return True
        if above == "/":
            return False
        above = os.path.dirname(above)


def main():
    options = arguments()
    cachex = os.path.abspath(options.cachex)
    for command in options.commands:
        words = shlex.split(command)
        with tempfile.TemporaryDirectory() as directory:
            # Whatever the command makes once is there.
            subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            inputs, reason = traced(cachex, words, os.path.join(directory, "store"))
            paths, written = stracing(words, os.path.join(directory, "log"))
        if inputs is None:
            print(f"{command}: {reason}")
            continue
        counts = lambda path: not path.startswith(KERNEL) and path not in written
        missing = sorted(path for path in paths if counts(path) and not is_found(path, inputs))
        print(f"{command}: strace {len(paths)}, inputs {len(inputs)}, missing {len(missing)}")
        for path in missing[:20]:
            print(f"    {path}")


if __name__ == "__main__":
    main()
