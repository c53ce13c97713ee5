//! The hash commands of a call.

use super::option::HashWith;
use crate::key::digest::{Digest, OnProgress};
use crate::key::error::Unreadable;
use crate::key::fingerprint::{FileState, HashedInput, InputText};
use crate::memory_file;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The hash commands of a call, and which of them have been applied to an input.
pub(crate) struct HashCommands<'s> {
    all: &'s [HashWith],
    met: RefCell<Vec<bool>>,
    on_progress: OnProgress<'s>,
}

impl<'s> HashCommands<'s> {
    /// Commands that have not been applied to any input. `on_progress` is called now and then while one runs.
    pub(crate) fn new(all: &'s [HashWith], on_progress: OnProgress<'s>) -> Self {
        Self { all, met: RefCell::new(vec![false; all.len()]), on_progress }
    }

    /// The first command for an input. All other commands for that input count as applied too.
    fn find(&self, is_for_it: impl Fn(&HashWith) -> bool) -> Option<&'s HashWith> {
        let mut first = None;
        for (hash, met) in self.all.iter().zip(&mut *self.met.borrow_mut()) {
            if is_for_it(hash) {
                *met = true;
                first = first.or(Some(hash));
            }
        }
        first
    }

    /// The argument of this number as it counts.
    pub(crate) fn argument(&self, number: usize, word: &OsStr) -> Result<InputText, Unreadable> {
        let hash = self.find(|hash| hash.is_for_argument(number, word));
        self.text(hash, word, || format!("argument {number}"))
    }

    /// The value of a variable as it counts.
    pub(crate) fn variable(&self, name: &OsStr, value: &OsStr) -> Result<InputText, Unreadable> {
        let hash = self.find(|hash| hash.variable() == Some(name));
        self.text(hash, value, || format!("variable {}", name.to_string_lossy()))
    }

    /// A text as it counts: hashed, if there is a command for it.
    fn text(
        &self,
        hash: Option<&HashWith>,
        text: &OsStr,
        name: impl FnOnce() -> String,
    ) -> Result<InputText, Unreadable> {
        let Some(hash) = hash else { return Ok(InputText::Exact(text.to_owned())) };
        let name = name();
        let input = Path::new(&name);
        let content = || {
            let mut file = memory_file::create()?;
            file.write_all(text.as_bytes())?;
            Ok(file)
        };
        let content = content().map_err(|error: io::Error| Unreadable::new(input, error))?;
        self.hashed(hash, input, &content).map(InputText::Hashed)
    }

    /// The state of a file with this content.
    pub(crate) fn file(&self, path: &Path, digest: Digest) -> Result<FileState, Unreadable> {
        let Some(hash) = self.find(|hash| hash.is_for_file(path)) else {
            return Ok(FileState::Content(digest));
        };
        let file = File::open(path).map_err(|error| Unreadable::new(path, error))?;
        self.hashed(hash, path, &file).map(FileState::Hashed)
    }

    fn hashed(
        &self,
        hash: &HashWith,
        input: &Path,
        content: &File,
    ) -> Result<HashedInput, Unreadable> {
        let digest = hash.digest(input, content, self.on_progress)?;
        Ok(HashedInput { with: hash.command.clone(), digest })
    }

    /// Notes an input for the commands of a file that does not exist.
    pub(crate) fn note_missing_file(&self, path: &Path) {
        self.find(|hash| hash.is_for_file(path));
    }

    /// Whether a command is for the argument of this number.
    pub(crate) fn replace_argument(&self, number: usize, word: &OsStr) -> bool {
        self.all.iter().any(|hash| hash.is_for_argument(number, word))
    }

    /// Whether a command is for this file.
    pub(crate) fn replace_file(&self, path: &Path) -> bool {
        self.all.iter().any(|hash| hash.is_for_file(path))
    }

    /// Whether any command is for files.
    pub(crate) fn are_for_files(&self) -> bool {
        self.all.iter().any(HashWith::is_for_files)
    }

    /// The commands that have not been applied to any input. Those for standard input are left out, since they are
    /// applied elsewhere.
    pub(crate) fn into_unused(self) -> impl Iterator<Item = &'s HashWith> {
        let met = self.met.into_inner();
        let unused = self.all.iter().zip(met).filter(|(hash, met)| !met && !hash.is_for_stdin());
        unused.map(|(hash, _)| hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_fails_is_named() {
        let hash = HashWith::parse(OsStr::new("arg:1=exit 3"), Ok).expect("understood");
        let error =
            HashCommands::new(&[hash], &|| {}).argument(1, OsStr::new("x")).expect_err("failed");
        let message = error.to_string();
        assert!(message.contains("argument 1") && message.contains("`exit 3`"), "{message}");
    }
}
