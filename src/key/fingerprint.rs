//! The inputs that a key is made of. Plain data: nothing here knows how they are observed or encoded.
//!
//! Absence is a value: unset, missing and left out differ from empty.

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
    /// The first bytes, which are enough to tell keys apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Hex(&self.0.as_bytes()[..8]))
    }
}

/// Everything that counts, as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// `--scope`. Entries of different scopes never mix.
    pub scope: String,
    /// `--key`, in order.
    pub texts: Vec<OsString>,
    /// The words of the command line that count, the first as the user spelled it.
    pub words: Vec<InputText>,
    /// The globs of `--ignore-arg`, whether or not they match.
    pub ignored: BTreeSet<OsString>,
    /// The files whose content runs: the program, its interpreters, the script operand.
    pub code: Vec<CodeFile>,
    /// The files and directories that arguments name, by path, except code. If there are many, they count as one under
    /// an empty path.
    pub arguments: BTreeMap<OsString, FileArgument>,
    /// Where the command runs, unless `--ignore-cwd`.
    pub directory: Option<WorkingDirectory>,
    /// The streams that the command writes to.
    pub outputs: OutputStreams,
    /// The globs that select variables, whether or not they match.
    pub variable_globs: BTreeSet<OsString>,
    /// Each selected variable, with its value; `None` is unset.
    pub variables: BTreeMap<OsString, Option<InputText>>,
    /// Each word of `--file` as it was spelled, with its state.
    pub files: NamedFiles,
    /// `--pure-env`.
    pub pure_environment: bool,
    /// How the command is traced, if it is.
    pub trace: Option<TraceSpec>,
    /// The patterns of `--output`.
    pub output_files: BTreeSet<OsString>,
    /// `--outputs`.
    pub finds_outputs: bool,
    /// The command that standard input is hashed with.
    pub stdin_with: Option<OsString>,
    /// The signals that the caller ignores, bit n - 1 for signal n.
    pub ignored_signals: u64,
    /// The signals that the caller blocks, bit n - 1 for signal n.
    pub blocked_signals: u64,
    /// The descriptors from 3 on that lead to regular files.
    pub inherited_files: Vec<i32>,
}

impl Fingerprint {
    /// The same call, with its output in two streams and in one.
    pub fn wherever_it_writes(&self) -> [Self; 2] {
        [OutputStreams::Apart, OutputStreams::Joined]
            .map(|outputs| Self { outputs, ..self.clone() })
    }
}

/// Which parts of a traced run count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSpec {
    /// The globs of `--trace-ignore`.
    pub ignored: BTreeSet<OsString>,
    /// `--trace-times`.
    pub times: TraceTimes,
}

/// Whether the modification times that a traced command asked for count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceTimes {
    /// They count.
    Exact,
    /// They do not count.
    Ignore,
}

/// A file whose content runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFile {
    /// Where it was found.
    pub path: PathBuf,
    /// The path without links: code finds other files beside it.
    pub real: PathBuf,
    /// The parts of its mode that matter when it is executed.
    pub mode: ExecMode,
    /// Its content.
    pub state: FileState,
    /// Whether another program interprets it.
    pub is_script: bool,
}

/// A file or directory that an argument names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileArgument {
    /// The state of the path.
    pub state: FileState,
    /// The path without links, of a file that was read.
    pub real: Option<PathBuf>,
    /// The mode, of a file that was read.
    pub mode: ExecMode,
}

impl FileArgument {
    /// An argument that was not opened.
    pub(crate) fn new(state: FileState) -> Self {
        Self { state, real: None, mode: ExecMode::default() }
    }
}

/// The state of a path, as it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// There is nothing at the path.
    Missing,
    /// A file with this content.
    Content(Digest),
    /// A file, by the output of a hash command.
    Hashed(HashedInput),
    /// A directory, with a digest of all that is below it.
    Tree(Digest),
    /// A file that was not read, with a digest of its stamp.
    Stamped(Digest),
    /// A directory, by its name alone.
    Directory,
    /// All that a glob matches, or many files among the arguments.
    Matches {
        /// The number of paths.
        count: usize,
        /// A digest of the paths and their states.
        digest: Digest,
    },
}

/// The working directory, by both of its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingDirectory {
    /// Without symbolic links.
    pub physical: PathBuf,
    /// The value of `$PWD`, which `pwd` prints. `None` when it is the same path, or names another directory.
    pub logical: Option<OsString>,
}

/// Each word of `--file`, with its state.
pub type NamedFiles = BTreeMap<OsString, FileState>;

/// The parts of a file's mode that matter when it is executed: whether it may be, and with which rights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecMode {
    /// The permission bits that matter to `exec`: set-user-ID, set-group-ID, and the right to execute.
    pub bits: u32,
    /// The user that the process becomes, under set-user-ID.
    pub owner: Option<u32>,
    /// The group that the process becomes, under set-group-ID.
    pub group: Option<u32>,
    /// The file capabilities, as the kernel keeps them.
    pub capabilities: Vec<u8>,
}

/// A word of the command line or the value of a variable, as it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputText {
    /// The text itself.
    Exact(OsString),
    /// The output of a hash command for it.
    Hashed(HashedInput),
}

/// The output of a hash command, which counts in place of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedInput {
    /// The hash command.
    pub with: OsString,
    /// The digest of its output.
    pub digest: Digest,
}
