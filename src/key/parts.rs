//! A fingerprint part by part, each under the name that people know it by: to say what differs.

use super::encoding::{code_bytes, state_bytes, text_bytes};
use super::{CodeFile, FileState, Fingerprint, Hashed, Text};
use crate::outputs::Outputs;
use crate::terminal::escape_os;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is: `argument 2`, `env HOME`, `file schema.sql`.
    pub name: String,
    /// Canonical bytes of what was seen. They may be secret.
    pub bytes: Vec<u8>,
    /// What was seen, where that may be shown.
    pub shown: Option<String>,
}

impl Part {
    fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into(), shown: None }
    }

    fn shown(self, value: &OsStr) -> Self {
        Self { shown: Some(escape_os(value)), ..self }
    }
}

impl Fingerprint {
    /// Its parts, in the order in which people ask for them.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = vec![Part::new("scope", self.scope.as_bytes()).shown(self.scope.as_ref())];
        for (number, word) in self.words.iter().enumerate() {
            let name =
                if number == 0 { "command".to_owned() } else { format!("argument {number}") };
            let part = Part::new(name, text_bytes(word));
            parts.push(match word {
                Text::Exact(word) => part.shown(word),
                Text::Hashed(Hashed { with, .. }) => part.shown(with),
            });
        }
        for glob in &self.ignored {
            parts.push(Part::new(format!("ignored argument {}", escape_os(glob)), Vec::new()));
        }
        for file in &self.code {
            let CodeFile { path, is_script, .. } = file;
            let kind = if *is_script { "script" } else { "program" };
            let name = format!("{kind} {}", escape_os(path.as_os_str()));
            parts.push(Part::new(name, code_bytes(file)));
        }
        if let Some(directory) = &self.directory {
            let physical = directory.physical.as_os_str();
            let logical = directory.logical.as_deref().unwrap_or_default();
            let bytes = [physical.as_bytes(), b"\0", logical.as_bytes()].concat();
            parts.push(Part::new("working directory", bytes).shown(physical));
        }
        for (number, text) in self.texts.iter().enumerate() {
            parts.push(Part::new(format!("key text {}", number + 1), text.as_bytes()));
        }
        for glob in &self.variable_globs {
            parts.push(Part::new(format!("env glob {}", escape_os(glob)), Vec::new()));
        }
        for (name, value) in &self.variables {
            let bytes = value.as_ref().map(text_bytes).unwrap_or_default();
            let part = Part::new(format!("env {}", escape_os(name)), bytes);
            let state = if value.is_some() { "set" } else { "unset" };
            parts.push(part.shown(state.as_ref()));
        }
        for (word, found) in &self.files {
            let part = Part::new(format!("file {}", escape_os(word)), state_bytes(found));
            parts.push(part.shown(describe_file(found).as_ref()));
        }
        if self.pure_environment {
            parts.push(Part::new("pure environment", Vec::new()));
        }
        if let Some(command) = &self.stdin_with {
            parts.push(Part::new("hash of standard input", command.as_bytes()).shown(command));
        }
        parts.push(
            Part::new("outputs", describe(self.outputs)).shown(describe(self.outputs).as_ref()),
        );
        parts
    }
}

fn describe_file(found: &FileState) -> String {
    match found {
        FileState::Missing => "missing".to_owned(),
        FileState::Content(_) => "a file".to_owned(),
        FileState::Hashed(Hashed { with, .. }) => format!("hashed by {}", escape_os(with)),
        FileState::Tree(_) => "a directory".to_owned(),
        FileState::Matches { count: 1, .. } => "1 file".to_owned(),
        FileState::Matches { count, .. } => format!("{count} files"),
    }
}

fn describe(outputs: Outputs) -> String {
    match outputs {
        Outputs::Apart => "apart".to_owned(),
        Outputs::Joined => "joined".to_owned(),
        Outputs::Partly { stdout: false, stderr: false } => "both closed".to_owned(),
        Outputs::Partly { stdout: false, .. } => "standard output closed".to_owned(),
        Outputs::Partly { .. } => "standard error closed".to_owned(),
        Outputs::Terminal { columns } => format!("terminal of {columns} columns"),
    }
}

/// A part as it is stored: its name, and a digest that says nothing without the store's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// The part's name.
    pub name: String,
    /// What its value is recognized by.
    pub digest: [u8; 8],
}

/// What differs from parts that were stored, by name.
#[must_use]
pub fn differences(now: &[StoredPart], then: &[StoredPart]) -> Vec<String> {
    let find = |parts: &[StoredPart], name: &str| {
        parts.iter().find(|part| part.name == name).map(|part| part.digest)
    };
    let mut differences = Vec::new();
    for part in now {
        match find(then, &part.name) {
            Some(digest) if digest == part.digest => {}
            Some(_) => differences.push(format!("{} changed", part.name)),
            None => differences.push(format!("{} is new", part.name)),
        }
    }
    let gone = then.iter().filter(|part| find(now, &part.name).is_none());
    differences.extend(gone.map(|part| format!("{} is gone", part.name)));
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(parts: &[(&str, u8)]) -> Vec<StoredPart> {
        let part = |(name, digest): &(&str, u8)| StoredPart {
            name: (*name).to_owned(),
            digest: [*digest; 8],
        };
        parts.iter().map(part).collect()
    }

    #[test]
    fn what_differs_is_named() {
        let then = parts(&[("scope", 1), ("argument 1", 2), ("env A", 3)]);
        assert_eq!(differences(&then, &then), Vec::<String>::new());
        let now = parts(&[("scope", 1), ("argument 1", 5), ("file x", 6)]);
        assert_eq!(
            differences(&now, &then),
            ["argument 1 changed", "file x is new", "env A is gone"]
        );
    }
}
