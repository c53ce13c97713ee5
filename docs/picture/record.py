#!/usr/bin/env python3
"""Records the picture of the README as two SVGs that play once, light.svg and dark.svg: cachex in a terminal.

    docs/picture/record.py [--cachex PROGRAM] [--output DIRECTORY]

The picture shows a real run of PROGRAM (by default the one in PATH) in a pseudo-terminal, with the time of
each call. If the viewer prefers reduced motion, it shows the final screen. Needs only Python 3.
"""

import argparse
import fcntl
import os
import pty
import re
import shlex
import shutil
import signal
import struct
import tempfile
import termios
import threading
import time
import unicodedata
from html import escape
from pathlib import Path

COLUMNS, ROWS = 84, 24
CELL_WIDTH, LINE_HEIGHT, MARGIN = 8.4, 20, 16

REPORT = r"""#!/bin/sh
sleep 2   # a slow database
printf 'month %s: \033[33m42 orders\033[0m\n' "$2"
"""

CALLS = [
    "cachex -v ./report.sh --month 11",
    "cachex -v ./report.sh --month 11",
    "echo 'echo done' >> report.sh",
    "cachex explain -- ./report.sh --month 11",
]


# Python ignores the first two, and a shell ignores the others for what it starts in the background. A command would inherit
# that.
IGNORED = [signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT]

# The directory that the picture shows. The real working directory has a name of the same length.
PROJECT = "/home/you/app"


class Screen:
    """A terminal screen: rows of cells, where a cell is a character and a style."""

    ESCAPE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b\[[?0-9;]*$|\x1b$")

    def __init__(self):
        self.rows, self.row, self.column, self.style, self.rest = [[]], 0, 0, (), ""

    def write(self, text):
        text, self.rest = self.rest + text, ""
        while text:
            found = self.ESCAPE.match(text)
            if found and found.group(2) is None and not found.group(0).startswith("\x1b]"):
                self.rest = text
                return
            if found:
                if found.group(2):
                    self.control(found.group(1), found.group(2))
                text = text[found.end():]
                continue
            self.character(text[0])
            text = text[1:]

    def character(self, char):
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.row += 1
            self.rows += [[] for _ in range(self.row + 1 - len(self.rows))]
        elif char == "\b":
            self.column -= 1
        elif unicodedata.category(char) == "Cc":
            raise SystemExit(f"cannot show the control character {char!r}")
        else:
            if self.column == COLUMNS:
                self.character("\r")
                self.character("\n")
            row = self.rows[self.row]
            row += [(" ", ())] * (self.column + 1 - len(row))
            row[self.column] = (char, self.style)
            self.column += 1

    def control(self, numbers, kind):
        first = int(re.sub(r"\D.*", "", numbers.lstrip("?")) or 0)
        row = self.rows[self.row]
        if kind == "m":
            self.restyle([int(number or 0) for number in numbers.split(";")])
        elif kind == "K":
            self.rows[self.row] = [] if first == 2 else row[: self.column]
        elif kind == "A":
            self.row -= max(first, 1)
        elif kind == "B":
            self.row += max(first, 1)
        elif kind == "C":
            self.column += max(first, 1)
        elif kind == "D":
            self.column -= max(first, 1)
        elif kind == "G":
            self.column = max(first, 1) - 1
        elif kind not in "hl":
            raise SystemExit(f"cannot show the control sequence {numbers}{kind}")

    def restyle(self, numbers):
        for number in numbers:
            if number == 0:
                self.style = ()
            elif number in (1, 2):
                self.style += ({1: "bold", 2: "dim"}[number],)
            elif number == 22:
                self.style = tuple(s for s in self.style if s not in ("bold", "dim"))
            elif 30 <= number <= 37 or number == 39:
                self.style = tuple(s for s in self.style if not s.startswith("c"))
                self.style += (f"c{number - 30}",) if number != 39 else ()
            else:
                raise SystemExit(f"cannot show the style {number}")

    def put(self, row, column, text, *style):
        """Writes without moving the cursor."""
        cells = self.rows[row]
        cells += [(" ", ())] * (column + len(text) - len(cells))
        cells[column:column + len(text)] = [(char, style) for char in text]


class Film:
    """A screen over time: the contents of each row, with their first and last moment."""

    def __init__(self):
        self.screen, self.now, self.shots = Screen(), 0.0, {}

    def shoot(self):
        for number, cells in enumerate(self.screen.rows):
            shots = self.shots.setdefault(number, [])
            if not shots or shots[-1][2] != cells:
                if shots:
                    shots[-1][1] = self.now
                shots.append([self.now, None, list(cells)])

    def say(self, text):
        self.screen.write(text)
        self.shoot()

    def call(self, typed, directory, environment):
        """Types a call, runs it, and shows its duration beside it."""
        self.say("\x1b[32m$\x1b[0m ")
        self.now += 0.6
        self.say(f"\x1b[1m{typed}\x1b[0m\r\n")
        prompt = self.screen.row - 1
        self.now += 0.4
        start = self.now
        call = Call(typed, environment)
        for chunk in call.output():
            self.now = start + time.monotonic() - call.began
            self.say(chunk.replace(str(directory), PROJECT))
        took = call.ended - call.began
        self.now = start + took
        if not needs_shell(typed):
            time_taken = f"{took:.1f}s" if took >= 1 else f"{took * 1000:.1f}ms"
            self.screen.put(prompt, COLUMNS - 8, time_taken.rjust(8), "dim")
        self.shoot()
        self.now += 1.2


def needs_shell(typed):
    return not typed.startswith("cachex")


class Call:
    """A call on a terminal of its own. Its time is that of its process alone, from the start to the end."""

    def __init__(self, typed, environment):
        self.terminal, screen = pty.openpty()
        fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        # A shell starts a program by itself: its own start is not part of the program's time.
        words = ["sh", "-c", typed] if needs_shell(typed) else shlex.split(typed)
        program = shutil.which(words[0], path=environment["PATH"])
        streams = [(os.POSIX_SPAWN_OPEN, 0, os.ttyname(screen), os.O_RDWR, 0)]
        streams += [(os.POSIX_SPAWN_DUP2, 0, stream) for stream in (1, 2)]
        self.ended = None
        self.began = time.monotonic()
        child = os.posix_spawn(program, words, environment, file_actions=streams, setsid=True, setsigdef=IGNORED)
        self.waiter = threading.Thread(target=self.wait, args=(child,))
        self.waiter.start()
        os.close(screen)

    def wait(self, child):
        os.waitpid(child, 0)
        self.ended = time.monotonic()

    def output(self):
        """Yields what appears on the terminal as it arrives."""
        rest = b""
        while True:
            try:
                chunk = os.read(self.terminal, 65536)
            except OSError:  # on Linux: no process has the terminal open any more
                chunk = b""
            if not chunk:
                break
            rest += chunk
            try:
                text, rest = rest.decode(), b""
            except UnicodeDecodeError:  # an incomplete character
                continue
            yield text
        os.close(self.terminal)
        self.waiter.join()


def film(cachex):
    made = Film()
    with tempfile.TemporaryDirectory(prefix="", dir="/tmp") as project, \
            tempfile.TemporaryDirectory() as home:
        report = Path(project, "report.sh")
        report.write_text(REPORT)
        report.chmod(0o755)
        Path(home, "cachex").symlink_to(cachex)
        environment = {
            "HOME": home,
            "PATH": f"{home}:{os.environ['PATH']}",
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
        }
        os.chdir(project)
        for call in CALLS:
            made.call(call, os.path.realpath(project), environment)
        os.chdir("/")
    made.say("\x1b[32m$\x1b[0m ")
    return made


# GitHub's colours. Written out in each rule: not every viewer knows variables of CSS.
COLOURS = {
    "light": {
        "back": "#ffffff", "edge": "#d0d7de", "text": "#1f2328", "dim": "#6e7781", "c1": "#cf222e", "c2": "#116329",
        "c3": "#7d4e00", "c4": "#0550ae", "c5": "#8250df", "c6": "#0f6b75", "c7": "#57606a",
    },
    "dark": {
        "back": "#0d1117", "edge": "#30363d", "text": "#e6edf3", "dim": "#8b949e", "c1": "#ff7b72", "c2": "#3fb950",
        "c3": "#d29922", "c4": "#79c0ff", "c5": "#d2a8ff", "c6": "#56d4dd", "c7": "#b1bac4",
    },
}

STYLE = """
rect {{ fill: {back}; stroke: {edge}; }}
text {{ fill: {text}; font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  white-space: pre; }}
.bold {{ font-weight: 600; }} .dim {{ fill: {dim}; }}
.c1 {{ fill: {c1}; }} .c2 {{ fill: {c2}; }} .c3 {{ fill: {c3}; }} .c4 {{ fill: {c4}; }} .c5 {{ fill: {c5}; }}
.c6 {{ fill: {c6}; }} .c7 {{ fill: {c7}; }}
.passing {{ opacity: 0; }}
@keyframes shown {{ from, to {{ opacity: 1; }} }}
@keyframes hidden {{ from, to {{ opacity: 0; }} }}
@media (prefers-reduced-motion: reduce) {{ g {{ animation: none !important; }} }}
"""


def runs(cells):
    """Splits cells into pieces of one style with their columns, without trailing spaces."""
    pieces = []
    for column, (char, style) in enumerate(cells):
        if pieces and pieces[-1][2] == style:
            pieces[-1][1] += char
        else:
            pieces.append([column, char, style])
    for column, text, style in pieces:
        if text.strip():
            yield column + len(text) - len(text.lstrip()), text.strip(), style


def svg(made, colours):
    width = COLUMNS * CELL_WIDTH + 2 * MARGIN
    height = len(made.screen.rows) * LINE_HEIGHT + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" xml:space="preserve">',
        "<title>cachex in a terminal: the first call takes two seconds, the second some milliseconds</title>",
        f"<style>{STYLE.format(**colours)}</style>",
        f'<rect x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1:.0f}" rx="8"/>',
    ]
    for number, shots in sorted(made.shots.items()):
        y = MARGIN + (number + 0.75) * LINE_HEIGHT
        for start, end, cells in shots:
            pieces = "".join(
                f'<text x="{MARGIN + column * CELL_WIDTH:.1f}" y="{y:.0f}" '
                f'textLength="{len(text) * CELL_WIDTH:.1f}"'
                + (f' class="{" ".join(style)}"' if style else "")
                + f">{escape(text, quote=False)}</text>"
                for column, text, style in runs(cells)
            )
            if not pieces or end is not None and end - start < 0.02:
                continue
            if end is None:
                lines.append(f'<g style="animation: hidden {start:.2f}s">{pieces}</g>')
            else:
                animation = f"shown {end - start:.2f}s {start:.2f}s"
                lines.append(f'<g class="passing" style="animation: {animation}">{pieces}</g>')
    return "\n".join(lines + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description="Records the picture of the README.")
    parser.add_argument("--cachex", default="cachex", help="the program to show")
    here = Path(__file__).resolve().parent
    parser.add_argument("--output", default=here, help="the directory to write them to")
    options = parser.parse_args()
    program = shutil.which(options.cachex)
    if program is None:
        raise SystemExit(f"no such program: {options.cachex}; name it with --cachex")
    made = film(Path(program).resolve())
    for name, colours in COLOURS.items():
        (Path(options.output) / f"{name}.svg").write_text(svg(made, colours))


if __name__ == "__main__":
    main()
