//! An entry: a recording under its key, with its dates and conditions.
//!
//! Plain data: [`store`](crate::store) knows how an entry is stored, and [`policy`](crate::policy) whether it may be
//! replayed.

use crate::exit::Exit;
use crate::inputs::{InputsId, SeenInputs};
use crate::key::{Digest, Key, KeyPart};
use crate::recording::{ContentDigest, Recording};
use crate::time::{Lifetime, Timestamp};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// A condition on standard input, which is known once the command has run. It must hold again for the result to be
/// replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Data waited in a pipe or socket from the start, and the command took none of it. Holds for any input except a
    /// file, which can be looked at without a trace, and a closed one.
    StdinUnread,
    /// A trace has shown that no process of the command used standard input, whatever it was. Holds for any input except a
    /// closed one, in whose place the command's first file is opened.
    StdinUntouched,
    /// There was no standard input, and the command got the null device.
    StdinAbsent,
    /// Standard input was closed.
    StdinClosed,
    /// Standard input was open, and nothing arrived while the command ran.
    StdinSilent(StdinKind),
    /// Standard input was empty.
    StdinEmpty(StdinKind),
    /// Standard input was a regular file.
    StdinFile {
        /// The digest of all that the command could see: content, offset, and access mode.
        input: Digest,
        /// How far the run moved the offset.
        moved: i64,
    },
    /// The command read all of standard input.
    Stdin {
        /// Its kind.
        kind: StdinKind,
        /// Its digest.
        digest: Digest,
        /// Its length in bytes.
        length: u64,
    },
}

impl Condition {
    /// Whether both hold for the same standard input, regardless of how far the runs moved its offset.
    pub fn is_same_input(self, other: Self) -> bool {
        match (self, other) {
            (Self::StdinFile { input, .. }, Self::StdinFile { input: other, .. }) => input == other,
            _ => self == other,
        }
    }

    /// Whether it holds for every input for which the other one holds.
    pub fn covers(self, other: Self) -> bool {
        self.is_same_input(other) || self == Self::StdinUntouched && other != Self::StdinClosed
    }

    /// Whether it holds regardless of the content of a pipe or socket.
    pub fn ignores_streams(self) -> bool {
        matches!(self, Self::StdinUnread | Self::StdinUntouched)
    }

    /// Whether it shows that the command reads a pipe or a socket.
    pub fn shows_a_reader(self) -> bool {
        matches!(self, Self::Stdin { kind: StdinKind::Pipe | StdinKind::Socket, .. })
    }
}

/// The kind of the command's standard input. Some commands look at that too, as `wc` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StdinKind {
    /// A pipe.
    Pipe,
    /// A nameless stream socket.
    Socket,
    /// A regular file, as earlier versions stored it. Never replayed.
    File,
}

/// A stored entry without its output.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id in the store.
    pub id: i64,
    /// The key, which is known before the run.
    pub key: Key,
    /// The condition on standard input, which is known after the run.
    pub condition: Condition,
    /// The inputs that a traced run depends on.
    pub inputs: Option<InputsId>,
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
    /// When the command began.
    pub fn started(&self) -> Timestamp {
        let elapsed = i64::try_from(self.elapsed.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(self.created.as_millis().saturating_sub(elapsed))
    }

    /// Whether this is the same entry, looked up at another moment. Ids are used again.
    pub fn is_same_as(&self, other: &Self) -> bool {
        (self.id, self.created) == (other.id, other.created)
    }
}

/// All that `list` and `show` print of an entry.
#[derive(Clone, Debug)]
pub struct Description {
    /// The entry.
    pub entry: Entry,
    /// `--scope` of the call that stored it.
    pub scope: String,
    /// The command line, with the globs of `--ignore-arg` in place of the words that they match.
    pub words: Vec<OsString>,
    /// The working directory; `None` if that does not count.
    pub directory: Option<PathBuf>,
    /// The lifetime by the options of the call that stored it.
    pub lifetime: Lifetime,
    /// Bytes of output, including output files.
    pub output: u64,
    /// How often it was replayed.
    pub hits: u64,
    /// When it was last stored or replayed.
    pub last_used: Timestamp,
}

/// Where a result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryOrigin {
    /// A run on this machine.
    Run,
    /// Another machine, by a remote.
    Remote,
}

/// A result that is about to be stored.
pub struct NewEntry<'a> {
    /// The key, which is known before the run.
    pub key: Key,
    /// The condition on standard input, which is known after the run.
    pub condition: Condition,
    /// The inputs that a traced run depends on.
    pub inputs: Option<SeenInputs>,
    /// The result.
    pub recording: Recording,
    /// Where it comes from.
    pub origin: EntryOrigin,
    /// The files that it wrote, if these are to be stored.
    pub outputs: Option<NewOutputs<'a>>,
    /// `--scope`.
    pub scope: &'a str,
    /// The command line, with the globs of `--ignore-arg` in place of the words that they match.
    pub words: Vec<OsString>,
    /// The globs of `--ignore-arg`.
    pub ignored: &'a BTreeSet<OsString>,
    /// The working directory; `None` if that does not count.
    pub directory: Option<PathBuf>,
    /// The lifetime by the options of this call.
    pub lifetime: Lifetime,
    /// The parts of its key.
    pub parts: Vec<KeyPart>,
}

/// Files that a run wrote, as they are about to be stored.
pub struct NewOutputs<'a> {
    /// The manifest: names, kinds, and the digest of each file. The store keeps it as bytes.
    pub manifest: Vec<u8>,
    /// The regular files. Several may have the same content.
    pub files: Vec<NewOutputFile>,
    /// Opens one of the files by its index; `None` if it was changed meanwhile.
    pub open: &'a dyn Fn(usize) -> io::Result<Option<File>>,
}

/// The content of a file that is about to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOutputFile {
    /// The digest of its bytes.
    pub digest: ContentDigest,
    /// The number of bytes.
    pub size: u64,
}

impl NewOutputs<'_> {
    /// The bytes of all files.
    pub fn size(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_input_wherever_a_run_left_its_offset() {
        let file = |byte, moved| Condition::StdinFile { input: Digest([byte; 32]), moved };
        assert!(file(1, 0).is_same_input(file(1, 9)));
        assert!(!file(1, 0).is_same_input(file(2, 0)));
        assert!(!file(1, 0).is_same_input(Condition::StdinAbsent));
        assert!(Condition::StdinUnread.is_same_input(Condition::StdinUnread));
        assert!(!Condition::StdinUnread.is_same_input(Condition::StdinClosed));
    }

    #[test]
    fn an_untouched_input_may_be_anything_but_closed() {
        let covers = |other| Condition::StdinUntouched.covers(other);
        assert!(covers(Condition::StdinUntouched) && covers(Condition::StdinAbsent));
        assert!(covers(Condition::StdinFile { input: Digest([1; 32]), moved: 0 }));
        assert!(!covers(Condition::StdinClosed));
        assert!(!Condition::StdinAbsent.covers(Condition::StdinUntouched));
    }

    #[test]
    fn an_entry_is_the_same_by_its_id_and_date() {
        let entry = |id, second| Entry {
            id,
            key: Key(Digest([1; 32])),
            condition: Condition::StdinAbsent,
            inputs: None,
            exit: Exit::Code(0),
            created: Timestamp::from_millis(second),
            elapsed: Duration::ZERO,
            renewal_failed: None,
        };
        let looked_up_later = Entry { renewal_failed: Some(Timestamp::now()), ..entry(1, 2) };
        assert!(entry(1, 2).is_same_as(&looked_up_later));
        assert!(!entry(1, 2).is_same_as(&entry(2, 2)));
        assert!(!entry(1, 2).is_same_as(&entry(1, 3)));
    }

    #[test]
    fn only_data_from_a_pipe_or_a_socket_shows_a_reader() {
        let read = |kind| Condition::Stdin { kind, digest: Digest([1; 32]), length: 1 };
        assert!(read(StdinKind::Pipe).shows_a_reader());
        assert!(read(StdinKind::Socket).shows_a_reader());
        assert!(!read(StdinKind::File).shows_a_reader());
        assert!(!Condition::StdinUnread.shows_a_reader());
        assert!(!Condition::StdinEmpty(StdinKind::Pipe).shows_a_reader());
    }
}
