//! A fingerprint part by part, each under a name that users know. For `explain` and `-v`.
//!
//! Values that may be secret are never shown.

use super::encoding::bytes_of;
use super::fingerprint::{
    CodeFile, FileState, Fingerprint, HashedInput, InputText, TraceSpec, TraceTimes,
};
use crate::output_streams::OutputStreams;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// One part of a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPart {
    /// Its name, such as `argument 2`, `env HOME` or `file schema.sql`.
    pub name: OsString,
    /// Canonical bytes of its value, which may be secret.
    pub bytes: Vec<u8>,
    /// Its value, where that may be shown.
    pub shown: Option<OsString>,
}

impl KeyPart {
    /// A part whose value is not shown.
    pub fn new(name: impl Into<OsString>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into(), shown: None }
    }

    /// One of several parts of a kind.
    fn of(kind: &str, name: impl AsRef<OsStr>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(join(kind, name), bytes)
    }

    fn shown(self, value: impl Into<OsString>) -> Self {
        Self { shown: Some(value.into()), ..self }
    }
}

/// The beginning of the name of an argument. Its number among the arguments that count follows.
pub(super) const ARGUMENT: &str = "argument ";

/// The name of the argument with this number.
pub(super) fn argument(number: usize) -> String {
    format!("{ARGUMENT}{number}")
}

impl Fingerprint {
    /// Its parts, the most interesting ones first.
    pub fn parts(&self) -> Vec<KeyPart> {
        let mut parts = vec![KeyPart::new("scope", self.scope.as_bytes()).shown(&self.scope)];
        self.add_words(&mut parts);
        self.add_files_of_words(&mut parts);
        if let Some(directory) = &self.directory {
            let physical = directory.physical.as_os_str();
            let logical = directory.logical.as_deref().unwrap_or_default();
            let bytes = [physical.as_bytes(), b"\0", logical.as_bytes()].concat();
            parts.push(KeyPart::new("working directory", bytes).shown(physical));
        }
        self.add_options(&mut parts);
        self.add_surroundings(&mut parts);
        parts
    }

    fn add_words(&self, parts: &mut Vec<KeyPart>) {
        for (number, word) in self.words.iter().enumerate() {
            let name = if number == 0 { "command".to_owned() } else { argument(number) };
            let part = KeyPart::new(name, bytes_of(word));
            parts.push(match word {
                InputText::Exact(word) => part.shown(word),
                InputText::Hashed(HashedInput { with, .. }) => part.shown(with),
            });
        }
        parts.extend(self.ignored.iter().map(|glob| KeyPart::of("ignored argument", glob, [])));
    }

    fn add_files_of_words(&self, parts: &mut Vec<KeyPart>) {
        for file in &self.code {
            let CodeFile { path, is_script, .. } = file;
            let kind = if *is_script { "script" } else { "program" };
            parts.push(KeyPart::of(kind, path, bytes_of(file)));
        }
        for (path, argument) in &self.arguments {
            let bytes = bytes_of(argument);
            let part = match &argument.state {
                FileState::Matches { .. } => KeyPart::new("files among the arguments", bytes),
                _ => KeyPart::of("file", path, bytes),
            };
            parts.push(part.shown(describe_file(&argument.state)));
        }
    }

    /// Adds the inputs that options name, other than `--scope` and `--ignore-arg`.
    fn add_options(&self, parts: &mut Vec<KeyPart>) {
        for (number, text) in (1..).zip(&self.texts) {
            parts.push(KeyPart::new(format!("key text {number}"), text.as_bytes()));
        }
        parts.extend(self.variable_globs.iter().map(|glob| KeyPart::of("env glob", glob, [])));
        for (name, value) in &self.variables {
            let bytes = value.as_ref().map(bytes_of).unwrap_or_default();
            let state = if value.is_some() { "set" } else { "unset" };
            parts.push(KeyPart::of("env", name, bytes).shown(state));
        }
        for (word, state) in &self.files {
            parts.push(KeyPart::of("file", word, bytes_of(state)).shown(describe_file(state)));
        }
        if self.pure_environment {
            parts.push(KeyPart::new("pure environment", []));
        }
        if let Some(TraceSpec { ignored, times }) = &self.trace {
            let times = match times {
                TraceTimes::Exact => "times count",
                TraceTimes::Ignore => "times do not count",
            };
            parts.push(KeyPart::new("trace", times.as_bytes()).shown(times));
            parts.extend(ignored.iter().map(|glob| KeyPart::of("ignored by the trace", glob, [])));
        }
        parts.extend(self.output_files.iter().map(|path| KeyPart::of("output", path, [])));
        if self.finds_outputs {
            parts.push(KeyPart::new("output files", []).shown("all that it writes"));
        }
        if let Some(command) = &self.stdin_with {
            parts.push(KeyPart::new("hash of standard input", command.as_bytes()).shown(command));
        }
    }

    /// Adds the signals and descriptors that the command inherits, and its outputs.
    fn add_surroundings(&self, parts: &mut Vec<KeyPart>) {
        let signals =
            [("ignored signals", self.ignored_signals), ("blocked signals", self.blocked_signals)];
        for (name, set) in signals.into_iter().filter(|(_, set)| *set != 0) {
            parts.push(KeyPart::new(name, set.to_le_bytes()).shown(describe_signals(set)));
        }
        for fd in &self.inherited_files {
            parts.push(KeyPart::of("descriptor", fd.to_string(), []).shown("a file"));
        }
        let outputs = describe_outputs(self.outputs);
        parts.push(KeyPart::new("outputs", outputs.as_bytes()).shown(outputs));
    }
}

/// Two texts with a space between them.
fn join(first: &str, second: impl AsRef<OsStr>) -> OsString {
    let mut joined = OsString::from(first);
    joined.push(" ");
    joined.push(second);
    joined
}

fn describe_file(state: &FileState) -> OsString {
    match state {
        FileState::Missing => "missing".into(),
        FileState::Content(_) => "a file".into(),
        FileState::Hashed(HashedInput { with, .. }) => join("hashed by", with),
        FileState::Tree(_) => "a directory".into(),
        FileState::Stamped(_) => "a large file, by its dates".into(),
        FileState::Directory => "a directory, by its name alone".into(),
        FileState::Matches { count: 1, .. } => "1 file".into(),
        FileState::Matches { count, .. } => format!("{count} files").into(),
    }
}

/// The numbers of the signals in a set.
fn describe_signals(set: u64) -> String {
    let numbers = (0..u64::BITS).filter(|bit| set >> bit & 1 == 1).map(|bit| (bit + 1).to_string());
    numbers.collect::<Vec<_>>().join(", ")
}

fn describe_outputs(outputs: OutputStreams) -> String {
    match outputs {
        OutputStreams::Apart => "apart".to_owned(),
        OutputStreams::Joined => "joined".to_owned(),
        OutputStreams::Partly { stdout: false, stderr: false } => "both closed".to_owned(),
        OutputStreams::Partly { stdout: false, .. } => "standard output closed".to_owned(),
        OutputStreams::Partly { .. } => "standard error closed".to_owned(),
        OutputStreams::Terminal { columns } => format!("terminal of {columns} columns"),
    }
}
