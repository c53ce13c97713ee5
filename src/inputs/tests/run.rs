//! A program that is played: a directory of its own, and calls that are announced before they are made.

use crate::inputs::{
    Ledger, Look, NotTraceable, PathGlob, RenameKind, SeenInputs, TraceTerms, WriteKind,
    differences, verify,
};
use crate::key::{Difference, TraceTimes};
use crate::output_pattern::OutputSpec;
use crate::time::Timestamp;
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, linkat, openat, readlinkat, renameat_with,
    statat,
};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub(super) const SECRET: &[u8] = b"the secret of a store";

/// A directory with a project `p`, where programs run, and a directory `o` outside of it.
pub(super) struct Sandbox {
    directory: tempfile::TempDir,
    pub(super) terms: TraceTerms,
}

/// One call of a program.
#[derive(Clone, Debug)]
pub(super) enum Call {
    Access(String, bool),
    Stat(String, bool),
    Read(String),
    List(String),
    ReadLink(String),
    /// Opens a file that is made or emptied, and writes.
    Write(String, &'static str),
    Append(String, &'static str),
    /// Opens for both, and reads; then it writes, unless there is nothing to write.
    Update {
        path: String,
        creates: bool,
        text: &'static str,
    },
    CreateNew(String, &'static str),
    MakeDirectory(String),
    MakeLink(String, String),
    Chmod(String, u32),
    Touch(String),
    Remove(String),
    RemoveDirectory(String),
    Rename(String, String, RenameKind),
    Link(String, String),
}

impl Sandbox {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let root = fs::canonicalize(directory.path()).expect("there");
        for name in ["p", "o", "store"] {
            fs::create_dir(root.join(name)).expect("made");
        }
        let terms = TraceTerms {
            working_directory: root.join("p"),
            project: root.join("p"),
            store: root.join("store"),
            ignored: Vec::new(),
            times: TraceTimes::Exact,
            outputs: OutputSpec::default(),
            written: BTreeSet::new(),
            now: Timestamp::now(),
        };
        Self { directory, terms }
    }

    pub(super) fn ignoring(mut self, glob: &str) -> Self {
        self.terms.ignored.push(PathGlob::parse(OsStr::new(glob)).expect("a glob"));
        self
    }

    /// A path in the project, or after `../` beside it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        let project = &self.terms.working_directory;
        match name.strip_prefix("../") {
            Some(name) => project.with_file_name(name),
            None => project.join(name),
        }
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub(super) fn ledger(&self) -> Ledger {
        Ledger::new(TraceTerms { now: Timestamp::now(), ..self.terms.clone() })
    }

    /// Plays a program, and tells what it has seen.
    pub(super) fn play(&self, calls: &[Call]) -> (Ledger, Vec<String>) {
        let begin = SystemTime::now();
        let mut ledger = self.ledger();
        let seen = calls
            .iter()
            .map(|call| {
                self.announce(call, &mut ledger);
                self.make(call, begin)
            })
            .collect();
        (ledger, seen)
    }

    /// The same without a ledger.
    pub(super) fn play_again(&self, calls: &[Call]) -> Vec<String> {
        let begin = SystemTime::now();
        calls.iter().map(|call| self.make(call, begin)).collect()
    }

    /// Plays a program whose files had been left alone for long.
    pub(super) fn run(&self, calls: &[Call]) -> Result<SeenInputs, NotTraceable> {
        self.play(calls).0.finish(SECRET, false, after(10))
    }

    /// Waits until the clock of the kernel has gone on, so that an edit shows.
    pub(super) fn wait(&self) {
        let _ = &self.directory;
        std::thread::sleep(Duration::from_millis(15));
    }

    pub(super) fn holds(&self, seen: &SeenInputs) -> bool {
        let terms = TraceTerms { now: Timestamp::now(), ..self.terms.clone() };
        !verify(&seen.shape, std::slice::from_ref(&seen.states), &terms, SECRET).is_empty()
    }

    pub(super) fn differences(&self, seen: &SeenInputs) -> Vec<String> {
        let found = differences(&seen.shape, &seen.states, &self.terms, SECRET);
        found.expect("found").iter().map(Difference::to_string).collect()
    }

    /// Announces a call to a ledger.
    pub(super) fn announce(&self, call: &Call, ledger: &mut Ledger) {
        let full = |name: &String| self.path(name).into_os_string().into_encoded_bytes();
        match call {
            Call::Access(path, follow) => ledger.look(&full(path), *follow, Look::Access),
            Call::Stat(path, follow) => ledger.look(&full(path), *follow, Look::Stat),
            Call::Read(path) => ledger.look(&full(path), true, Look::Content),
            Call::List(path) => ledger.look(&full(path), true, Look::Listing),
            Call::ReadLink(path) => ledger.look(&full(path), false, Look::Link),
            Call::Write(path, _) => ledger.before_write(&full(path), true, open(true, true, false)),
            Call::Append(path, _) => {
                ledger.before_write(&full(path), true, open(true, false, false));
            }
            Call::Update { path, creates, .. } => {
                ledger.before_write(&full(path), true, open(*creates, false, true));
            }
            Call::CreateNew(path, _) => {
                ledger.before_write(&full(path), false, WriteKind::CreateNew);
            }
            Call::MakeDirectory(path) => {
                ledger.before_write(&full(path), false, WriteKind::MakeDirectory);
            }
            Call::MakeLink(_, path) => ledger.before_write(&full(path), false, WriteKind::MakeLink),
            Call::Chmod(path, _) | Call::Touch(path) => {
                ledger.before_write(&full(path), true, WriteKind::Metadata);
            }
            Call::Remove(path) => ledger.before_write(&full(path), false, WriteKind::Remove),
            Call::RemoveDirectory(path) => {
                ledger.before_write(&full(path), false, WriteKind::RemoveDirectory);
            }
            Call::Rename(source, target, kind) => {
                ledger.before_rename(&full(source), &full(target), *kind);
            }
            Call::Link(source, target) => ledger.before_link(&full(source), false, &full(target)),
        }
    }

    /// Makes a call. What the program sees of it.
    fn make(&self, call: &Call, begin: SystemTime) -> String {
        match self.try_to_make(call, begin) {
            Ok(seen) => seen,
            Err(error) => format!("{error:?}"),
        }
    }

    fn try_to_make(&self, call: &Call, begin: SystemTime) -> Result<String, Errno> {
        let full = |name: &String| self.path(name);
        let open = |name: &String, flags: OFlags| {
            openat(CWD, full(name), flags, Mode::from(0o644)).map(File::from)
        };
        let write = |file: &mut File, text: &str| {
            file.write_all(text.as_bytes()).expect("written");
            Ok(String::new())
        };
        let truncated = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC;
        match call {
            Call::Access(path, follow) => stat(&full(path), *follow, None),
            Call::Stat(path, follow) => stat(&full(path), *follow, Some(begin)),
            Call::Read(path) => {
                let mut file = open(path, OFlags::RDONLY)?;
                let mut text = Vec::new();
                match file.read_to_end(&mut text) {
                    Ok(_) => Ok(String::from_utf8_lossy(&text).into_owned()),
                    Err(_) => Err(Errno::ISDIR),
                }
            }
            Call::List(path) => {
                open(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
                let listing = fs::read_dir(full(path)).expect("listed");
                let name = |entry: fs::DirEntry| {
                    format!("{:?} {:?}", entry.file_name(), entry.file_type().expect("a kind"))
                };
                let mut names: Vec<_> = listing.map(|entry| name(entry.expect("read"))).collect();
                names.sort();
                Ok(names.join(","))
            }
            Call::ReadLink(path) => {
                let target = readlinkat(CWD, full(path), Vec::new())?;
                Ok(OsStr::from_bytes(target.to_bytes()).to_string_lossy().into_owned())
            }
            Call::Write(path, text) => write(&mut open(path, truncated)?, text),
            Call::Append(path, text) => {
                write(&mut open(path, OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND)?, text)
            }
            Call::Update { path, creates, text } => {
                let create = if *creates { OFlags::CREATE } else { OFlags::empty() };
                let mut file = open(path, OFlags::RDWR | create)?;
                let mut old = String::new();
                file.read_to_string(&mut old).expect("read");
                file.rewind().expect("rewound");
                write(&mut file, text)?;
                Ok(old)
            }
            Call::CreateNew(path, text) => write(&mut open(path, truncated | OFlags::EXCL)?, text),
            Call::MakeDirectory(path) => done(rustix::fs::mkdir(full(path), Mode::from(0o755))),
            Call::MakeLink(target, path) => done(rustix::fs::symlink(target, full(path))),
            Call::Chmod(path, mode) => done(rustix::fs::chmod(full(path), Mode::from(*mode))),
            Call::Touch(path) => {
                let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
                let times = rustix::fs::Timestamps { last_access: now, last_modification: now };
                done(rustix::fs::utimensat(CWD, full(path), &times, AtFlags::empty()))
            }
            Call::Remove(path) => done(rustix::fs::unlink(full(path))),
            Call::RemoveDirectory(path) => done(rustix::fs::rmdir(full(path))),
            Call::Rename(source, target, kind) => {
                let flags = match kind {
                    RenameKind::Replace => RenameFlags::empty(),
                    RenameKind::NoReplace => RenameFlags::NOREPLACE,
                    RenameKind::Exchange => RenameFlags::EXCHANGE,
                };
                done(renameat_with(CWD, full(source), CWD, full(target), flags))
            }
            Call::Link(source, target) => {
                done(linkat(CWD, full(source), CWD, full(target), AtFlags::empty()))
            }
        }
    }
}

fn open(creates: bool, truncates: bool, reads: bool) -> WriteKind {
    WriteKind::Open { creates, truncates, reads }
}

fn done(result: Result<(), Errno>) -> Result<String, Errno> {
    result.map(|()| String::new())
}

/// A moment so many seconds from now.
pub(super) fn after(seconds: i64) -> Timestamp {
    Timestamp::from_millis(Timestamp::now().as_millis() + seconds * 1000)
}

/// Kind and mode, and with `begin` size and time. Times since then are all the same: each run has its own.
fn stat(path: &Path, follow: bool, begin: Option<SystemTime>) -> Result<String, Errno> {
    let flags = if follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
    let stat = statat(CWD, path, flags)?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    let mode = stat.st_mode;
    let Some(begin) = begin.filter(|_| kind != FileType::Directory) else {
        return Ok(format!("{mode:o}"));
    };
    let begin = begin.duration_since(SystemTime::UNIX_EPOCH).expect("now").as_secs();
    let is_new = u64::try_from(stat.st_mtime).expect("a time") >= begin;
    // Links get the time at which they are made.
    let is_new = is_new || kind == FileType::Symlink;
    let time = if is_new { "new".to_owned() } else { stat.st_mtime.to_string() };
    Ok(format!("{mode:o} {} {time}", stat.st_size))
}

/// Sets the modification time, in seconds since the epoch.
pub(super) fn set_time(path: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    File::open(path).and_then(|file| file.set_modified(time)).expect("set");
}

pub(super) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
}
