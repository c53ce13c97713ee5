#!/usr/bin/env python3
"""Measures what is claimed of cachex's speed, beside `bkt`, `cat` and others, on this machine.

    benches/speed.py [--pairs N] [ROW ...]

Builds cachex as the README says. Takes `bkt` from PATH, or installs it from crates.io below target/.
Times whole processes, from before they are started until they have ended, with no shell between.
Commands that are compared take turns, in random order. Prints Markdown: a line for each comparison
with its bar, and at the end how many bars hold.

Everything happens in temporary directories (two gigabytes below TMPDIR) with their own stores. For Linux;
needs Python 3.8, git, a C compiler with a static C library, and redis-server for the rows of remotes.

The exit code is 0 whatever the numbers are, and 1 when something could not be measured. Other work on the
machine blurs the numbers: look at the quartiles.
"""

import argparse
import signal
import sys

sys.dont_write_bytecode = True  # Leave no files beside these.

import busy  # noqa: E402
import long  # noqa: E402
import many  # noqa: E402
import outputs  # noqa: E402
import remote  # noqa: E402
import small  # noqa: E402
import traced  # noqa: E402
from calls import Bench  # noqa: E402
from machine import Failed, Tools, described  # noqa: E402
from table import HEAD, failed  # noqa: E402

ROWS = {**small.ROWS, **long.ROWS, **many.ROWS, **busy.ROWS, **traced.ROWS, **outputs.ROWS, **remote.ROWS}


def main():
    options = parsed()
    tools = Tools()
    print(described(tools), HEAD, sep="\n\n", flush=True)
    lines = []
    complete = True
    for name in options.rows or ROWS:
        with Bench(tools, options.pairs) as bench:
            try:
                for line in ROWS[name](bench):
                    lines.append(line)
                    print(line.text, flush=True)
            except Failed as fault:
                complete = False
                lines.append(failed(name, fault))
                print(lines[-1].text, flush=True)
    missed = sum(not line.holds for line in lines)
    print(f"\n{missed} of {len(lines)} lines miss their bar." if missed else "\nAll bars hold.")
    sys.exit(not complete)


def parsed():
    names = ", ".join(ROWS)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=f"rows: {names}")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="what to measure (default: all)")
    parser.add_argument("--pairs", type=int, default=200, metavar="N",
                        help="turns of each comparison, a tenth of them for slow ones (default: 200)")
    options = parser.parse_args()
    for name in options.rows:
        if name not in ROWS:
            parser.error(f"no row {name}; there are {names}")
    return options


if __name__ == "__main__":
    # As an exception, so that the temporary directory is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except (Failed, OSError) as fault:
        sys.exit(f"speed: {fault}")
    except KeyboardInterrupt:
        sys.exit(130)
