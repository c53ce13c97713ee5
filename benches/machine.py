"""The programs to measure, and the machine they run on."""

import json
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
OWN = REPOSITORY / "target" / "benches" / "bin"


class Failed(Exception):
    """Something could not be measured; the message says why."""


def output_of(*command, **options):
    """The standard output of a program that has to succeed."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, **options)
    except (OSError, subprocess.CalledProcessError) as fault:
        raise Failed(fault) from fault
    return done.stdout


class Tools:
    """The paths of the programs."""

    def __init__(self):
        self.cachex = built()
        self.bkt = shutil.which("bkt") or installed("bkt")
        self.git = shutil.which("git") or "git"
        self.cat = shutil.which("cat")


def built():
    """Builds cachex as the README says, and copies it as an installation does. The page cache holds
    the linker's own output in smaller pieces, and a program starts more slowly from them."""
    build = ["cargo", "build", "--release", "--locked", "--message-format=json"]
    messages = map(json.loads, output_of(*build, cwd=REPOSITORY).splitlines())
    linked = next(
        message["executable"]
        for message in messages
        if message["reason"] == "compiler-artifact" and message.get("executable")
    )
    OWN.mkdir(parents=True, exist_ok=True)
    (OWN / "cachex").unlink(missing_ok=True)
    return shutil.copy(linked, OWN / "cachex")


def installed(crate):
    """Installs a program from crates.io below target/, where the next run finds it."""
    program = OWN / crate
    if not program.exists():
        output_of("cargo", "install", crate, "--locked", "--root", str(OWN.parent))
    return str(program)


def compiled(source, directory):
    """Compiles a C file of this directory to a static program."""
    program = directory / source.replace(".c", "")
    output_of("cc", "-O2", "-static", "-o", str(program), str(Path(__file__).parent / source))
    return str(program)


def described(tools):
    """The machine and the versions, as a Markdown list."""
    temporary = tempfile.gettempdir()
    versions = [output_of(tool, "--version").strip() for tool in (tools.cachex, tools.bkt, tools.git)]
    return "\n".join([
        f"- {processor()}, {len(os.sched_getaffinity(0))} cores; load {os.getloadavg()[0]:.1f}",
        f"- {platform.system()} {platform.release()} {platform.machine()}; "
        f"{temporary} on {output_of('stat', '-f', '-c', '%T', temporary).strip()}",
        f"- {', '.join(versions)}; Python {platform.python_version()}",
    ])


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"
