//! A fingerprint part by part, each under the name that people know it by: to say what differs.
//!
//! Values that may be secret are never among what is shown.

use super::encoding::bytes_of;
use super::fingerprint::{CodeFile, FileState, Fingerprint, HashedInput, InputText};
use crate::output_streams::OutputStreams;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPart {
    /// What it is: `argument 2`, `env HOME`, `file schema.sql`.
    pub name: OsString,
    /// Canonical bytes of what was seen. They may be secret.
    pub bytes: Vec<u8>,
    /// What was seen, where that may be shown.
    pub shown: Option<OsString>,
}

impl KeyPart {
    /// A part that is not shown.
    #[must_use]
    pub fn new(name: impl Into<OsString>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into(), shown: None }
    }

    /// One of several of a kind, each with a name of its own.
    fn of(kind: &str, name: impl AsRef<OsStr>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(with(kind, name), bytes)
    }

    fn shown(self, value: impl Into<OsString>) -> Self {
        Self { shown: Some(value.into()), ..self }
    }
}

/// The name of an argument, its number among those that count apart.
pub(super) const ARGUMENT: &str = "argument ";

pub(super) fn argument(number: usize) -> String {
    format!("{ARGUMENT}{number}")
}

/// A text with another one behind it.
fn with(text: &str, more: impl AsRef<OsStr>) -> OsString {
    let mut all = OsString::from(text);
    all.push(" ");
    all.push(more);
    all
}

impl Fingerprint {
    /// Its parts, in the order in which people ask for them.
    #[must_use]
    pub fn parts(&self) -> Vec<KeyPart> {
        let mut parts = vec![KeyPart::new("scope", self.scope.as_bytes()).shown(&self.scope)];
        for (number, word) in self.words.iter().enumerate() {
            let name = if number == 0 { "command".to_owned() } else { argument(number) };
            let part = KeyPart::new(name, bytes_of(word));
            parts.push(match word {
                InputText::Exact(word) => part.shown(word),
                InputText::Hashed(HashedInput { with, .. }) => part.shown(with),
            });
        }
        for glob in &self.ignored {
            parts.push(KeyPart::of("ignored argument", glob, []));
        }
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
        if let Some(directory) = &self.directory {
            let physical = directory.physical.as_os_str();
            let logical = directory.logical.as_deref().unwrap_or_default();
            let bytes = [physical.as_bytes(), b"\0", logical.as_bytes()].concat();
            parts.push(KeyPart::new("working directory", bytes).shown(physical));
        }
        for (number, text) in (1..).zip(&self.texts) {
            parts.push(KeyPart::new(format!("key text {number}"), text.as_bytes()));
        }
        for glob in &self.variable_globs {
            parts.push(KeyPart::of("env glob", glob, []));
        }
        for (name, value) in &self.variables {
            let bytes = value.as_ref().map(bytes_of).unwrap_or_default();
            let state = if value.is_some() { "set" } else { "unset" };
            parts.push(KeyPart::of("env", name, bytes).shown(state));
        }
        for (word, found) in &self.files {
            parts.push(KeyPart::of("file", word, bytes_of(found)).shown(describe_file(found)));
        }
        if self.pure_environment {
            parts.push(KeyPart::new("pure environment", []));
        }
        if let Some(command) = &self.stdin_with {
            parts.push(KeyPart::new("hash of standard input", command.as_bytes()).shown(command));
        }
        let signals =
            [("ignored signals", self.ignored_signals), ("blocked signals", self.blocked_signals)];
        for (name, set) in signals.into_iter().filter(|(_, set)| *set != 0) {
            parts.push(KeyPart::new(name, set.to_le_bytes()).shown(describe_signals(set)));
        }
        for fd in &self.inherited_files {
            parts.push(KeyPart::of("descriptor", fd.to_string(), []).shown("a file"));
        }
        let outputs = describe(self.outputs);
        parts.push(KeyPart::new("outputs", outputs.as_bytes()).shown(outputs));
        parts
    }
}

fn describe_file(found: &FileState) -> OsString {
    match found {
        FileState::Missing => "missing".into(),
        FileState::Content(_) => "a file".into(),
        FileState::Hashed(HashedInput { with: command, .. }) => with("hashed by", command),
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

fn describe(outputs: OutputStreams) -> String {
    match outputs {
        OutputStreams::Apart => "apart".to_owned(),
        OutputStreams::Joined => "joined".to_owned(),
        OutputStreams::Partly { stdout: false, stderr: false } => "both closed".to_owned(),
        OutputStreams::Partly { stdout: false, .. } => "standard output closed".to_owned(),
        OutputStreams::Partly { .. } => "standard error closed".to_owned(),
        OutputStreams::Terminal { columns } => format!("terminal of {columns} columns"),
    }
}

/// A part as it is stored: its name, and a digest that says nothing without the store's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// The part's name.
    pub name: OsString,
    /// What its value is recognized by.
    pub digest: [u8; 8],
}

/// A part that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The part's name.
    pub name: OsString,
    /// What became of it: `changed`, `is new`, `is gone`.
    pub what: &'static str,
}

/// What differs from parts that were stored.
#[must_use]
pub fn differences(now: &[StoredPart], then: &[StoredPart]) -> Vec<Difference> {
    let (known_now, known_then) = (by_name(now), by_name(then));
    let difference = |part: &StoredPart, what| Difference { name: part.name.clone(), what };
    let here = now.iter().filter_map(|part| match known_then.get(&*part.name) {
        Some(digest) if *digest == part.digest => None,
        Some(_) => Some(difference(part, "changed")),
        None => Some(difference(part, "is new")),
    });
    let gone = then.iter().filter(|part| !known_now.contains_key(&*part.name));
    here.chain(gone.map(|part| difference(part, "is gone"))).collect()
}

fn by_name(parts: &[StoredPart]) -> HashMap<&OsStr, [u8; 8]> {
    parts.iter().map(|part| (&*part.name, part.digest)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(parts: &[(&str, u8)]) -> Vec<StoredPart> {
        let part =
            |(name, digest): &(&str, u8)| StoredPart { name: (*name).into(), digest: [*digest; 8] };
        parts.iter().map(part).collect()
    }

    #[test]
    fn what_differs_is_named() {
        let then = parts(&[("scope", 1), ("argument 1", 2), ("env A", 3)]);
        assert_eq!(differences(&then, &then), []);
        let now = parts(&[("scope", 1), ("argument 1", 5), ("file x", 6)]);
        let expected = [("argument 1", "changed"), ("file x", "is new"), ("env A", "is gone")];
        let expected = expected.map(|(name, what)| Difference { name: name.into(), what });
        assert_eq!(differences(&now, &then), expected);
    }
}
