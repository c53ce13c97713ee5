"""What is measured, made ready, and the machine on which that happens."""

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
    """What cannot be measured, and why."""


def output_of(*command, **options):
    """What a program prints that must succeed; what it says goes to our standard error."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, **options)
    except (OSError, subprocess.CalledProcessError) as fault:
        raise Failed(fault) from fault
    return done.stdout


class Tools:
    """The programs, by their paths."""

    def __init__(self):
        self.cachex = built()
        self.bkt = shutil.which("bkt") or installed("bkt")
        self.git = shutil.which("git") or "git"
        self.cat = shutil.which("cat")


def built():
    """cachex, as the repository builds it for its users, and as an installation copies it: what the
    linker has just written is in memory in smaller pieces, and slower to start."""
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
    """A program from the registry, in a directory of its own that stays for the next time."""
    program = OWN / crate
    if not program.exists():
        output_of("cargo", "install", crate, "--locked", "--root", str(OWN.parent))
    return str(program)


def compiled(source, directory):
    """A static program from a C file of this directory."""
    program = directory / source.replace(".c", "")
    output_of("cc", "-O2", "-static", "-o", str(program), str(Path(__file__).parent / source))
    return str(program)


def described(tools):
    """The machine and the versions, in a few lines."""
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
