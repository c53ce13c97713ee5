//! Random programs that use the files of a random tree.

use super::super::harness::{Random, Sandbox, found, skipped};
use super::tree::{PATHS, pick};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A random program: a command that prints what it finds.
pub struct Program {
    pub words: Vec<String>,
    /// The program asks for dates, and changes nothing.
    pub dates: bool,
}

impl Program {
    /// Whether a second run finds and leaves the same files as the first one did.
    pub fn leaves_the_same_again(&self) -> bool {
        const CHANGING: [&str; 16] = [
            "append",
            "overwrite",
            "truncate",
            "map",
            "update",
            "rename",
            "noreplace",
            "exchange",
            "unlink",
            "rmdir",
            ">>",
            "mv ",
            "rm ",
            "sed -i",
            "link",
            "cp ",
        ];
        !CHANGING.iter().any(|word| self.words.iter().any(|it| it.contains(word)))
    }
}

/// The languages of this machine.
pub struct Languages {
    /// A C program that makes the system calls that its arguments name.
    calls: Option<PathBuf>,
    python: Option<PathBuf>,
}

impl Languages {
    /// Finds the languages, and compiles the C program in `directory`.
    pub fn new(directory: &Path) -> Self {
        Self { calls: compiled(directory, "calls", include_str!("calls.c")), python: python() }
    }

    /// A random program.
    pub fn program(&self, random: &mut Random) -> Program {
        let dates = random.below(3) == 0;
        let count = 1 + random.below(6);
        match (random.below(20), &self.calls, &self.python) {
            (0..10, Some(calls), _) => {
                let mut words = vec![calls.display().to_string()];
                if dates {
                    words.push("dates:".to_owned());
                }
                words.extend((0..count).map(|_| call(dates, random)));
                Program { words, dates }
            }
            (10..12, _, Some(python)) => {
                let lines: Vec<_> = (0..count).map(|_| python_line(dates, random)).collect();
                let program = format!("{PYTHON}\n{}", lines.join("\n"));
                let python = python.display().to_string();
                Program { words: vec![python, "-Ic".to_owned(), program], dates }
            }
            _ => {
                let lines: Vec<_> = (0..count).map(|_| shell_line(dates, random)).collect();
                let program = format!("exec 2>&1\n{}", lines.join("\n"));
                Program { words: vec!["sh".to_owned(), "-c".to_owned(), program], dates }
            }
        }
    }
}

/// Compiles a C program. `None` without a compiler.
pub fn compiled(directory: &Path, name: &str, source: &str) -> Option<PathBuf> {
    let compiler = found("cc")?;
    let program = directory.join(name);
    let file = directory.join(format!("{name}.c"));
    fs::write(&file, source).expect("written");
    let mut command = Command::new(compiler);
    command.arg("-pthread").arg("-o").arg(&program).arg(file);
    command.status().expect("started").success().then_some(program)
}

/// A sandbox with the program `c` made of these lines of C. `None` without a compiler.
pub fn with_c(lines: &str) -> Option<Sandbox> {
    const INCLUDES: &str = "#define _GNU_SOURCE
#include <errno.h>\n#include <fcntl.h>\n#include <pthread.h>\n#include <signal.h>\n#include <stdio.h>
#include <stdlib.h>\n#include <string.h>\n#include <sys/mman.h>\n#include <sys/stat.h>
#include <sys/syscall.h>\n#include <sys/time.h>\n#include <sys/wait.h>\n#include <unistd.h>
static void show(int fd) { char b[99]; ssize_t n = read(fd, b, 99); write(1, b, n > 0 ? n : 0); }
";
    let sandbox = Sandbox::new();
    let made = compiled(&sandbox.dir, "c", &format!("{INCLUDES}{lines}"));
    if made.is_none() {
        skipped("a C compiler");
    }
    made.map(|_| sandbox)
}

/// The interpreter itself: the program in `PATH` may be a script that looks for it.
fn python() -> Option<PathBuf> {
    let show = "import sys; print(sys.executable)";
    let shown = Command::new(found("python3")?).args(["-c", show]).output().ok()?;
    let path = PathBuf::from(String::from_utf8(shown.stdout).ok()?.trim_end());
    path.is_file().then_some(path)
}

/// A path, in one of the ways to write it.
fn path(random: &mut Random) -> String {
    let path = pick(random, &PATHS);
    match random.below(10) {
        0 => format!("./{path}"),
        1 => format!("d/../{path}"),
        2 => format!("{path}/"),
        3 => format!("../w/{path}"),
        _ => path.to_owned(),
    }
}

fn call(dates: bool, random: &mut Random) -> String {
    const LOOKS: [&str; 11] = [
        "read",
        "read",
        "thread",
        "access",
        "executable",
        "stat",
        "lstat",
        "list",
        "readlink",
        "descriptor",
        "exec",
    ];
    const WRITES: [&str; 5] = ["unlink", "rmdir", "mkdir", "date", "unlink"];
    const TEXTS: [&str; 8] =
        ["write", "append", "overwrite", "excl", "update", "truncate", "map", "write"];
    const PAIRS: [&str; 5] = ["symlink", "link", "rename", "noreplace", "exchange"];
    let (one, other) = (path(random), path(random));
    match random.below(if dates { 12 } else { 20 }) {
        0..10 => format!("{}:{one}", pick(random, &LOOKS)),
        10 => format!(
            "at:{}:{}",
            ["d", "f", "l", "../o"][random.below(4)],
            ["x", "e/z", "a", "../a"][random.below(4)]
        ),
        11 => format!("chdir:{}", ["d", "l", "../o", "f"][random.below(4)]),
        12 | 13 => format!("{}:{one}", pick(random, &WRITES)),
        14..17 => format!("{}:{one}:{}", pick(random, &TEXTS), ["", "1", "22"][random.below(3)]),
        17 => format!("chmod:{one}:{}", ["644", "600", "755"][random.below(3)]),
        _ => format!("{}:{one}:{other}", pick(random, &PAIRS)),
    }
}

fn shell_line(dates: bool, random: &mut Random) -> String {
    let (one, other) = (path(random), path(random));
    let look = match random.below(18) {
        0 | 1 => format!("cat {one}"),
        2 => format!("test -e {one} && echo there"),
        3 => format!("test -x {one} || echo not executable"),
        4 => format!("ls -a {one}"),
        5 => "echo *".to_owned(),
        6 => "echo d/* l/* ../o/*".to_owned(),
        7 => format!("readlink {one}; readlink -f {other} > /dev/null && echo leads somewhere"),
        8 => format!("find {one} | sort"),
        9 => format!("grep -rs 1 {one}"),
        10 => format!("(cd {one} && cat x a; ls)"),
        11 => format!("test -f {one} && . ./{one}"),
        12 => format!("./{one}; echo $?"),
        13 => format!("test -d {one} && echo directory; test -L {other} && echo link"),
        14 => format!("cmp -s {one} {other} && echo same"),
        15 => format!("cat \"$PWD/{one}\" 2> /dev/null | wc -c"),
        16 => format!("cat {one} & wait"),
        _ => format!("stat -Lc '%f %u' {one}"),
    };
    if dates {
        return match random.below(4) {
            0 => format!("test -f {one} && stat -Lc '%s %y' {one}"),
            1 => {
                format!("test -f {one} && test -f {other} && test {one} -nt {other} && echo newer")
            }
            _ => look,
        };
    }
    match random.below(30) {
        0 => format!("echo 1 > {one}"),
        1 => format!("echo 2 >> {one}"),
        2 => format!("cat {one} > {other}"),
        3 => format!("cp {one} {other}"),
        4 => format!("mv {one} {other}"),
        5 => format!("rm {one}"),
        6 => format!("rm -rf {one}"),
        7 => format!("mkdir {one} && echo made"),
        8 => format!("mkdir -p {one}"),
        9 => format!("ln -s {one} {other}"),
        10 => format!("ln {one} {other}"),
        11 => format!("touch {one}"),
        12 => format!("chmod 600 {one}"),
        13 => format!("sort -o {one} {one}"),
        14 => format!("sed -i s/1/3/ {one}"),
        15 => format!("echo 1 > tmp && cat tmp {one}; rm tmp"),
        16 => "mktemp -p . > /dev/null; rm -f tmp.*".to_owned(),
        17 => format!("cp -r {one} copied; ls copied; rm -rf copied"),
        _ => look,
    }
}

/// The helper functions of the Python programs.
const PYTHON: &str = r"import mmap, os, shutil
def show(call, *words):
    try: print(call(*words))
    except OSError as fault: print(fault.errno)
def read(path):
    with open(path) as file: return file.read()
def write(path, text):
    with open(path, 'w') as file: file.write(text)
def update(path):
    with open(path, 'r+') as file:
        text = file.read()
        file.seek(0)
        file.write(text + '+')
        return text
def walk(path): return sorted(name for _, ds, fs in os.walk(path, followlinks=False) for name in ds + fs)
def scan(path): return sorted((entry.name, entry.is_dir(), entry.is_symlink()) for entry in os.scandir(path))
def dated(path):
    found = os.stat(path)
    return (found.st_size, found.st_mtime_ns) if os.path.isfile(path) else found.st_mode
def at(path, name):
    directory = os.open(path, os.O_RDONLY)
    return os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode";

fn python_line(dates: bool, random: &mut Random) -> String {
    let (one, other) = (path(random), path(random));
    match random.below(if dates { 9 } else { 18 }) {
        0 | 1 => format!("show(read, {one:?})"),
        2 => format!("show(walk, {one:?})"),
        3 => format!("show(scan, {one:?})"),
        4 => format!("show(os.path.exists, {one:?})"),
        5 => format!("show(os.readlink, {one:?})"),
        6 => format!("show(at, {one:?}, 'x')"),
        7 if dates => format!("show(dated, {one:?})"),
        7 => format!("show(lambda: os.stat({one:?}).st_mode)"),
        8 => format!("show(os.chdir, {one:?})"),
        9 => format!("show(write, {one:?}, '1')"),
        10 => format!("show(update, {one:?})"),
        11 => format!("show(os.rename, {one:?}, {other:?})"),
        12 => format!("show(os.unlink, {one:?})"),
        13 => format!("show(os.mkdir, {one:?})"),
        14 => format!("show(os.symlink, {one:?}, {other:?})"),
        15 => format!("show(lambda: shutil.copyfile({one:?}, {other:?}) and None)"),
        16 => format!("show(lambda: os.chmod({one:?}, 0o600))"),
        _ => format!("show(os.link, {one:?}, {other:?})"),
    }
}
