#!/usr/bin/env python3
"""Measures what is claimed of cachex's speed, beside `bkt` and others, on this machine.

    benches/speed.py [--pairs N] [ROW ...]

Builds cachex as this repository does, and installs `bkt` from crates.io below target/ if there is none in
PATH. Whole processes are timed, from before they are made until they are waited for; no shell is
between. Those that are compared take turns, in random order. What is printed is Markdown.

Everything happens in temporary directories (a gigabyte below TMPDIR), with stores of their own. For Linux;
needs Python 3.8, git, and a C compiler with a static C library.

Whatever the numbers are, the exit code is 0: this measures, and tests nothing. Other work on the machine
blurs the numbers: look at the quartiles.
"""

import argparse
import signal
import sys

sys.dont_write_bytecode = True  # Nothing is left beside these files.

from calls import HEAD, Bench  # noqa: E402
from machine import Failed, Tools, described  # noqa: E402
from rows import ROWS  # noqa: E402


def main():
    names = ", ".join(ROWS)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=f"rows: {names}")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="what to measure (default: all)")
    parser.add_argument("--pairs", type=int, default=200, metavar="N",
                        help="turns of each comparison, slow ones a tenth of them (default: 200)")
    options = parser.parse_args()
    for name in options.rows:
        if name not in ROWS:
            parser.error(f"no row {name}; there are {names}")

    tools = Tools()
    print(described(tools), HEAD, sep="\n\n", flush=True)
    for name in options.rows or ROWS:
        with Bench(tools, options.pairs) as bench:
            for line in ROWS[name](bench):
                print(line, flush=True)


if __name__ == "__main__":
    # As an exception, so that the temporary directory goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except (Failed, OSError) as fault:
        sys.exit(f"speed: {fault}")
    except KeyboardInterrupt:
        sys.exit(130)
