//! An entry: a recording under its key, with its dates and conditions.
//!
//! Only what it is; how it is stored is for [`store`](crate::store) to know, whether it may be replayed for
//! [`policy`](crate::policy).

use crate::exit::Exit;
use crate::key::{Digest, Key, KeyPart};
use crate::recording::Recording;
use crate::time::{Lifetime, Timestamp};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What is known only once the command has run, and must hold again for its result to be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Something waited in a pipe or socket from the start and none of it was taken: any input will
    /// do but a file, which can be looked at without a trace, and a closed one.
    StdinUnread,
    /// There was no standard input: the command got the null device.
    StdinAbsent,
    /// Standard input was closed.
    StdinClosed,
    /// Standard input was open, and nothing came while the command ran.
    StdinSilent(StdinKind),
    /// Standard input was there, and empty.
    StdinEmpty(StdinKind),
    /// Standard input was a regular file.
    StdinFile {
        /// The digest of all that the command could see of it: its content, its offset, how it was opened.
        input: Digest,
        /// How far the run moved the offset.
        moved: i64,
    },
    /// Standard input was this, whole.
    Stdin {
        /// What it came from.
        kind: StdinKind,
        /// Its digest.
        digest: Digest,
        /// Its length in bytes.
        length: u64,
    },
}

impl Condition {
    /// Whether both hold for the same standard input, whatever the runs did to it.
    #[must_use]
    pub fn is_same_input(self, other: Self) -> bool {
        match (self, other) {
            (Self::StdinFile { input, .. }, Self::StdinFile { input: other, .. }) => input == other,
            _ => self == other,
        }
    }

    /// Whether it shows that the command reads what comes through a pipe or a socket.
    #[must_use]
    pub fn shows_a_reader(self) -> bool {
        matches!(self, Self::Stdin { kind: StdinKind::Pipe | StdinKind::Socket, .. })
    }
}

impl Entry {
    /// When the command began.
    #[must_use]
    pub fn started(&self) -> Timestamp {
        let elapsed = i64::try_from(self.elapsed.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(self.created.as_millis().saturating_sub(elapsed))
    }
}

/// What the command's standard input was: some look at that too, as `wc` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StdinKind {
    /// A pipe.
    Pipe,
    /// A nameless stream socket.
    Socket,
    /// A regular file, as earlier versions stored it: never replayed.
    File,
}

/// What a stored entry is, without its output.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number in the store.
    pub id: i64,
    /// What it depends on that was known before.
    pub key: Key,
    /// What it depends on that was seen.
    pub condition: Condition,
    /// How the command ended.
    pub exit: Exit,
    /// When it ended.
    pub created: Timestamp,
    /// How long it ran.
    pub elapsed: Duration,
    /// When a renewal in the background last failed.
    pub renewal_failed: Option<Timestamp>,
}

impl Entry {
    /// Whether this is the other one, seen at another moment: numbers are given again.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        (self.id, self.created) == (other.id, other.created)
    }
}

/// What `list` and `show` tell of an entry.
#[derive(Clone, Debug)]
pub struct Description {
    /// The entry.
    pub entry: Entry,
    /// `--scope` of the call that stored it.
    pub scope: String,
    /// The command line, with globs in place of what they left out.
    pub words: Vec<OsString>,
    /// Where it ran; `None` if that does not count.
    pub directory: Option<PathBuf>,
    /// How long the call that stored it would have replayed it.
    pub lifetime: Lifetime,
    /// Bytes of output.
    pub output: u64,
    /// How often it was replayed.
    pub hits: u64,
    /// When it was last stored or replayed.
    pub last_used: Timestamp,
}

/// A result on its way into the store.
#[derive(Debug)]
pub struct NewEntry<'a> {
    /// What it depends on that was known before.
    pub key: Key,
    /// What it depends on that was seen.
    pub condition: Condition,
    /// The result.
    pub recording: Recording,
    /// `--scope`.
    pub scope: &'a str,
    /// The command line, with globs in place of what they left out.
    pub words: Vec<OsString>,
    /// The globs of `--ignore-arg`.
    pub ignored: &'a BTreeSet<OsString>,
    /// Where it ran; `None` if that does not count.
    pub directory: Option<PathBuf>,
    /// How long the call that stores it would replay it.
    pub lifetime: Lifetime,
    /// What its key is made of.
    pub parts: Vec<KeyPart>,
}
