//! The system calls of hits and misses, as a guard of their speed. Times differ between machines and
//! minutes (`benches/speed.py` measures them); these numbers hardly do.

use crate::harness::{Sandbox, Texts, skipped};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug, Formatter};
use std::fs;
use std::process::{Command, Stdio};

#[test]
fn a_hit_opens_writes_and_locks_only_what_it_needs() {
    let Some(Traced { sandbox, calls }) = hit() else { return };
    assert_eq!(calls.processes(), 1, "nothing runs, and no thread: {calls:#?}");
    let root = sandbox.dir.parent().expect("a parent").display();
    let mut opened = [
        format!("{root}/.config/cachex/config.toml"),
        // Only with O_PATH, to check for links of other users.
        format!("{root}/store"),
        format!("{root}/store/cachex.db"),
        format!("{root}/work/hello.sh"),
        "/bin/sh".to_owned(),
        format!("{root}/store/uses"),
    ];
    opened.sort();
    // A link is opened again as its target.
    let mut seen = calls.opened();
    seen.dedup();
    assert_eq!(seen, opened);
    let written = [("1".to_owned(), vec![6]), (format!("{root}/store/uses"), vec![24])];
    assert_eq!(calls.written(), BTreeMap::from(written));
    assert_eq!(calls.transactions(), 1, "{calls:#?}");
    assert_eq!(calls.locks(), 3, "the steps to read; the end of the file ends that: {calls:#?}");
}

#[test]
fn a_hit_makes_few_system_calls() {
    let Some(traced) = hit() else { return };
    // cachex checks each directory for a configuration file and for a link to the program.
    let per_directory = 2;
    // 113 when this was written, of which 31 ask for the signals that the caller ignores.
    traced.makes_at_most(116, per_directory);
}

#[test]
fn a_miss_runs_one_process_and_writes_to_the_database_once() {
    let Some(Traced { sandbox, calls }) = miss() else { return };
    assert_eq!(calls.processes(), 2, "the command, and no thread: {calls:#?}");
    let journal = sandbox.store_dir().join("cachex.db-journal").display().to_string();
    let writing = calls.opened().into_iter().filter(|path| *path == journal).count();
    assert_eq!(writing, 1, "{calls:#?}");
    // One lookup, one repeated lookup, and one store.
    assert!(calls.transactions() <= 5, "{}: {calls:#?}", calls.transactions());
}

#[test]
fn a_miss_makes_few_system_calls() {
    let Some(traced) = miss() else { return };
    // As for a hit, plus checks for links to the store, and all of it again after the run.
    let per_directory = 6;
    // 308 when this was written; a few more or less depending on whether the output or the end comes first.
    traced.makes_at_most(314, per_directory);
}

#[test]
fn each_further_argument_costs_a_hit_the_same() {
    if !can_trace() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir d f; for n in $(seq 300); do mkdir d/$n; touch f/$n; done").gives("");
    // Behind a wrapper cachex tries seven extensions in up to five directories.
    for (call, per_argument) in [("cat f", 8), ("env ls -d d", 24), ("env -C . ls -d d", 48)] {
        let (command, directory) = call.rsplit_once(' ').expect("two words");
        let [few, more, most] = [100, 200, 300].map(|count| {
            let call = format!("{command} $(seq -f {directory}/%g {count}) >/dev/null");
            sandbox.sh(&format!("cachex {call}")).gives("");
            sandbox.sh(&format!("strace -f -y -o trace cachex {call}")).gives("");
            SystemCalls::read(&sandbox).0.len()
        });
        let (before, after) = (more - few, most - more);
        assert!(after <= before + before / 10, "{call}: {few}, {more}, {most}");
        assert!(after <= per_argument * 100, "{call}: {few}, {more}, {most}");
    }
}

#[test]
fn long_output_to_the_null_device_is_read_once() {
    if !can_trace() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.cachex("seq 400000").output();
    sandbox.sh("strace -f -y -o trace cachex seq 400000 >/dev/null").gives("");
    let read = bytes_read(&sandbox);
    let stored = sandbox.object().metadata().expect("stored").len();
    assert!((stored * 3 / 4..stored * 5 / 4).contains(&read), "{read} of {stored}");
    let read_twice = "strace -f -y -o trace cachex seq 400000 | tail -n 1";
    sandbox.sh(read_twice).gives("400000\n");
    let read = bytes_read(&sandbox);
    assert!(read > stored * 3 / 2, "{read} of {stored}: what is counted are reads");
}

/// How many bytes the threads of a hit read from files. A call that another thread interrupts takes two lines of the
/// trace.
fn bytes_read(sandbox: &Sandbox) -> u64 {
    let trace = fs::read_to_string(sandbox.dir.join("trace")).expect("read");
    let reads = trace.lines().filter(|line| line.contains("pread64"));
    reads.filter_map(|line| line.rsplit_once(" = ")?.1.parse::<u64>().ok()).sum()
}

#[test]
fn nothing_is_written_outside_of_the_store() {
    if !can_trace() {
        return;
    }
    let sandbox = Sandbox::new();
    let root = sandbox.store_dir().display().to_string();
    let hash = "--stdin --hash-with stdin=cat --hash-with env:SECRET=cat --hash-with arg:1=cat";
    for call in [
        "cachex seq 400000",
        "cachex --refresh seq 400000",
        "cachex seq 400000",
        &format!("seq 40000 | SECRET=x cachex {hash} --env SECRET -- cat -"),
        "seq 400000 | cachex --stdin --ttl 1 --stale-while-revalidate 1h cat",
        "cachex list",
        "cachex prune --max-size 1M",
        "cachex clear",
    ] {
        let call =
            call.replace("cachex", "strace -f -y -e trace=openat,open,creat -o trace cachex");
        assert!(sandbox.sh(&call).output().status.success(), "{call}");
        let trace = fs::read_to_string(sandbox.dir.join("trace")).expect("readable");
        let made = ["O_CREAT", "O_TMPFILE", "O_EXCL"];
        let elsewhere: Vec<_> = trace
            .lines()
            .filter(|line| made.iter().any(|flag| line.contains(flag)) && !line.contains(&root))
            .collect();
        assert!(elsewhere.is_empty(), "{call}: {elsewhere:?}");
    }
}

#[test]
fn without_home_only_the_passwd_file_is_read() {
    if !can_trace() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.project_config("file = \"~/none\"");
    let words = format!("-f -y -o trace {} config", env!("CARGO_BIN_EXE_cachex"));
    let call = sandbox.program("strace", &words.split(' ').collect::<Vec<_>>());
    let output = call.without_env("HOME").without_env("CACHEX_CACHE_DIR").output();
    let shown = output.stdout_text();
    assert!(shown.starts_with("file  /") && output.status.success(), "{shown}");
    let mut opened = SystemCalls::read(&sandbox).opened();
    opened.retain(|path| !path.contains("cachex"));
    opened.dedup();
    assert_eq!(opened, ["/etc/passwd"]);
}

#[test]
fn nothing_is_printed_while_the_database_is_locked() {
    let before = ["-- ./hello.sh"];
    for words in ["-v -- ./hello.sh", "-v -- ./hello.sh new", "-- ./hello.sh /dev/fd/9"] {
        let Some(Traced { calls, .. }) = Traced::after(&before, words) else { return };
        let said = calls.written().get("2").map_or(0, Vec::len);
        assert!(said > 0 && calls.said_in_a_transaction() == 0, "{words}: {calls:#?}");
    }
}

/// The third of three equal calls, because the second may still remember digests.
fn hit() -> Option<Traced> {
    Traced::after(&["-- ./hello.sh", "-- ./hello.sh"], "-- ./hello.sh")
}

/// A call that misses, of a command with other entries.
fn miss() -> Option<Traced> {
    Traced::after(&["-- ./hello.sh 1", "-- ./hello.sh 2"], "-- ./hello.sh 3")
}

/// A call that was traced.
struct Traced {
    sandbox: Sandbox,
    calls: SystemCalls,
}

impl Traced {
    /// Traces a call of a script after other calls. Returns `None` where tracing is not possible.
    fn after(before: &[&str], words: &str) -> Option<Self> {
        if !can_trace() {
            return None;
        }
        let sandbox = Sandbox::new();
        sandbox.script("hello.sh", "echo hello");
        for words in before {
            sandbox.cachex(words).gives("hello\n");
        }
        let words = format!("-f -y -o trace {} {words}", env!("CARGO_BIN_EXE_cachex"));
        sandbox.program("strace", &words.split(' ').collect::<Vec<_>>()).tells("hello\n", 0);
        let calls = SystemCalls::read(&sandbox);
        Some(Self { sandbox, calls })
    }

    /// Expects at most `bound` system calls of cachex itself, plus `per_directory` for each parent directory.
    #[track_caller]
    fn makes_at_most(&self, bound: usize, per_directory: usize) {
        let own = self.calls.own();
        let bound = bound + per_directory * self.sandbox.dir.components().count();
        assert!(own.len() <= bound, "{} in place of {bound} at most: {own:#?}", own.len());
    }
}

/// Whether programs can be traced here and cachex is linked statically, as for its users. Reports it if not.
pub fn can_trace() -> bool {
    let mut probe = Command::new("strace");
    probe.args(["-o", "/dev/null", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
    let missing = if !probe.status().is_ok_and(|status| status.success()) {
        "strace that may trace"
    } else if cfg!(not(target_feature = "crt-static")) {
        "a static cachex, as .cargo/config.toml makes it"
    } else {
        return true;
    };
    assert!(
        std::env::var_os("CI").is_none(),
        "system calls cannot be counted for lack of {missing}"
    );
    skipped(missing);
    false
}

/// The system calls of a process and its descendants, from `strace -f -y`.
#[derive(Debug)]
struct SystemCalls(Vec<SystemCall>);

struct SystemCall {
    process: String,
    name: String,
    /// Arguments and result.
    rest: String,
}

impl SystemCalls {
    /// Reads the last trace.
    fn read(sandbox: &Sandbox) -> Self {
        let trace = fs::read_to_string(sandbox.dir.join("trace")).expect("read");
        Self(trace.lines().filter_map(SystemCall::parse).collect())
    }

    /// The number of processes and threads.
    fn processes(&self) -> usize {
        self.0.iter().map(|call| &call.process).collect::<BTreeSet<_>>().len()
    }

    /// The calls of cachex itself.
    fn own(&self) -> Vec<&SystemCall> {
        self.0.iter().filter(|call| call.process == self.0[0].process).collect()
    }

    fn own_of(&self, names: &[&str]) -> impl Iterator<Item = &SystemCall> {
        self.own().into_iter().filter(|call| names.contains(&call.name.as_str()))
    }

    /// The opened paths, existing or not, sorted.
    fn opened(&self) -> Vec<String> {
        let opens = self.own_of(&["open", "openat", "openat2", "creat"]);
        let mut paths: Vec<_> =
            opens.filter_map(|call| Some(call.rest.split('"').nth(1)?.to_owned())).collect();
        paths.sort();
        paths
    }

    /// The sizes of writes by path, or by descriptor number for anything but files.
    fn written(&self) -> BTreeMap<String, Vec<usize>> {
        let mut written = BTreeMap::<_, Vec<_>>::new();
        for call in self.own_of(WRITING) {
            written.entry(call.target()).or_default().push(call.result());
        }
        written
    }

    /// The number of changes of locks of the database.
    fn locks(&self) -> usize {
        self.own().iter().filter(|call| call.rest.contains("F_SETLK")).count()
    }

    /// The number of times the database was locked.
    fn transactions(&self) -> usize {
        let states = self.own_while_locked().map(|(_, is_locked)| is_locked).collect::<Vec<_>>();
        states.windows(2).filter(|states| !states[0] && states[1]).count()
    }

    /// Each call of cachex itself, and whether the database is locked after it.
    fn own_while_locked(&self) -> impl Iterator<Item = (&SystemCall, bool)> {
        let mut is_locked = false;
        self.own().into_iter().map(move |call| {
            is_locked |= call.rest.contains("F_SETLK") && call.target().ends_with("/cachex.db");
            is_locked &= !call.gives_all_locks_up();
            (call, is_locked)
        })
    }

    /// The number of writes to standard error while the database was locked.
    fn said_in_a_transaction(&self) -> usize {
        let is_said =
            |call: &SystemCall| WRITING.contains(&call.name.as_str()) && call.target() == "2";
        self.own_while_locked().filter(|(call, is_locked)| *is_locked && is_said(call)).count()
    }
}

const NO_LOCK: &str = "F_UNLCK, l_whence=SEEK_SET, l_start=0, l_len=0";

const WRITING: &[&str] = &[
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "sendfile",
    "sendto",
    "splice",
    "tee",
    "vmsplice",
    "copy_file_range",
];

impl SystemCall {
    /// Returns `None` for the second line of an interrupted call, for signals and for exits.
    fn parse(line: &str) -> Option<Self> {
        let (process, call) = line.split_once(' ')?;
        let (name, rest) = call.trim_start().split_once('(')?;
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        // Debug builds of the standard library check that a descriptor is open before they close it.
        let is_check = name == "fcntl" && rest.contains("F_GETFD");
        (is_name && !is_check).then(|| Self {
            process: process.to_owned(),
            name: name.to_owned(),
            rest: rest.to_owned(),
        })
    }

    /// The first argument, a descriptor: `1<pipe:[2]>` or `4</path/of/a/file>`.
    fn target(&self) -> String {
        let (number, name) = self.rest.split_once('<').unwrap_or_default();
        let name = name.split('>').next().unwrap_or_default();
        if name.starts_with('/') { name } else { number }.to_owned()
    }

    /// Whether this call releases all locks.
    fn gives_all_locks_up(&self) -> bool {
        let is_closed = self.name == "close" && self.target().ends_with("/cachex.db");
        is_closed || self.rest.contains(NO_LOCK)
    }

    fn result(&self) -> usize {
        let (_, result) = self.rest.rsplit_once("= ").unwrap_or_default();
        result.parse().unwrap_or(0)
    }
}

impl Debug for SystemCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}({}", self.process, self.name, self.rest)
    }
}
