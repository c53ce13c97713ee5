//! What a key is made of: everything that counts, as it was seen. Plain data.

use super::digest::Digest;
use crate::hex::Hex;
use crate::output_streams::OutputStreams;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// The digest of a [`Fingerprint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub Digest);

impl fmt::Display for Key {
    /// A part of it that is enough to tell keys apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Hex(&self.0.as_bytes()[..8]))
    }
}

/// Everything that counts, as it was seen. Absence is a value: what is unset, missing or left out
/// differs from what is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// `--scope`; entries of different scopes never meet.
    pub scope: String,
    /// `--key`, in order.
    pub texts: Vec<OsString>,
    /// The words of the command line that count, the first as the user spelled it.
    pub words: Vec<InputText>,
    /// What `--ignore-arg` left out: not the words, but what was looked for.
    pub ignored: BTreeSet<OsString>,
    /// The files whose content runs: the program, its interpreters, the script operand.
    pub code: Vec<CodeFile>,
    /// What the arguments name beside code, by the path that each gives; under an empty path all of it, where it is much.
    pub arguments: BTreeMap<OsString, FileArgument>,
    /// Where the command runs, unless that is left out.
    pub directory: Option<WorkingDirectory>,
    /// What the command writes to.
    pub outputs: OutputStreams,
    /// The globs that select variables: what was looked for counts also when nothing matched.
    pub variable_globs: BTreeSet<OsString>,
    /// Each selected variable, with its value if it is set.
    pub variables: BTreeMap<OsString, Option<InputText>>,
    /// `--file`, as it was spelled, with what that names.
    pub files: NamedFiles,
    /// `--pure-env`.
    pub pure_environment: bool,
    /// The command that standard input is hashed with.
    pub stdin_with: Option<OsString>,
    /// The signals that the caller ignores: bit n - 1 for signal n.
    pub ignored_signals: u64,
    /// The signals that the caller blocks, likewise.
    pub blocked_signals: u64,
    /// The descriptors from 3 on that lead to regular files.
    pub inherited_files: Vec<i32>,
}

/// A file whose content runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFile {
    /// Where it was found.
    pub path: PathBuf,
    /// The same without links: where code stands decides what it finds beside it.
    pub real: PathBuf,
    /// What executing it does beside running its content.
    pub mode: ExecMode,
    /// What it holds.
    pub state: FileState,
    /// Whether something else interprets it.
    pub is_script: bool,
}

/// What an argument names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileArgument {
    /// What is there.
    pub state: FileState,
    /// The path of a file without links.
    pub real: Option<PathBuf>,
    /// What executing it does.
    pub mode: ExecMode,
}

impl FileArgument {
    /// One of which only this counts.
    pub(crate) fn new(state: FileState) -> Self {
        Self { state, real: None, mode: ExecMode::default() }
    }
}

/// A file as the command would find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// There is no such file.
    Missing,
    /// A file with this content.
    Content(Digest),
    /// A file that counts as what a command printed for it.
    Hashed(HashedInput),
    /// A directory, with a digest over all that is below it.
    Tree(Digest),
    /// A large file with the stamp of this digest.
    Stamped(Digest),
    /// A directory, whatever is in it.
    Directory,
    /// What a glob matches: so many, with a digest over their paths and what each is.
    Matches {
        /// How many.
        count: usize,
        /// Of all.
        digest: Digest,
    },
}

/// The working directory, in both of its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingDirectory {
    /// Without symbolic links.
    pub physical: PathBuf,
    /// As `$PWD` names it, which is what `pwd` prints; `None` when that names another directory.
    pub logical: Option<OsString>,
}

/// What each `--file` names.
pub type NamedFiles = BTreeMap<OsString, FileState>;

/// What decides whether and as whom a file is executed, beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecMode {
    /// The permission bits that matter to `exec`: set-user-ID, set-group-ID, and the right to execute.
    pub bits: u32,
    /// Whom the process becomes: the owner under set-user-ID.
    pub owner: Option<u32>,
    /// The same for the group.
    pub group: Option<u32>,
    /// The file capabilities, as the kernel keeps them.
    pub capabilities: Vec<u8>,
}

/// A word of the command line, or the value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputText {
    /// Just this.
    Exact(OsString),
    /// What a command printed for it.
    Hashed(HashedInput),
}

/// What counts in place of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedInput {
    /// The command that made it: another one would make something else.
    pub with: OsString,
    /// Of what it printed.
    pub digest: Digest,
}

impl From<OsString> for InputText {
    fn from(word: OsString) -> Self {
        Self::Exact(word)
    }
}
