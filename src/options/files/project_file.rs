//! A file of a project that its user is about to trust.

use super::file::ConfigFile;
use super::places::{self, FILE, FoundFile};
use super::refused::RefusedKeys;
use super::trust;
use crate::options::layer::Layer;
use crate::options::source::FileOwner;
use std::fs;
use std::path::{Path, PathBuf};

/// A file that can be understood, with the content that is trusted if it is.
#[derive(Debug)]
pub struct ProjectFile {
    /// Which file it is.
    pub path: PathBuf,
    content: Vec<u8>,
    file: ConfigFile,
}

impl ProjectFile {
    /// The file of this directory, or the one that counts for the working directory.
    ///
    /// # Errors
    /// When there is none, or it cannot be understood.
    pub fn find(directory: Option<&Path>) -> Result<Self, String> {
        let found = match directory {
            Some(directory) => places::find_in(&whole(directory)?)?,
            None => places::find(FileOwner::Project, &mut Vec::new())?.ok_or_else(nothing_here)?,
        };
        let FoundFile { owner, path, bytes } = found;
        let file = ConfigFile::read(&bytes, owner, &path)?;
        Ok(Self { path, content: bytes, file })
    }

    /// The path of that file, which need not exist any more.
    ///
    /// # Errors
    /// When no directory is given and no file counts here.
    pub fn path(directory: Option<&Path>) -> Result<PathBuf, String> {
        match directory {
            Some(directory) => {
                let absolute = || std::path::absolute(directory).map_err(|error| error.to_string());
                Ok(whole(directory).or_else(|_| absolute())?.join(FILE))
            }
            None => Ok(places::find(FileOwner::Project, &mut Vec::new())?
                .ok_or_else(nothing_here)?
                .path),
        }
    }

    /// What the top level sets, then what each rule sets beside it.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.file.layers()
    }

    /// What it may not set.
    #[must_use]
    pub fn refused(&self) -> Option<RefusedKeys> {
        let (path, keys) = (self.path.clone(), self.file.refused.clone());
        (!keys.is_empty()).then_some(RefusedKeys { owner: FileOwner::Project, path, keys })
    }

    /// Trusts it, with the content that was read.
    ///
    /// # Errors
    /// Why that cannot be recorded.
    pub fn trust(&self) -> Result<(), String> {
        trust::record(&self.path, &self.content)
    }
}

/// The directory as the system names it. The file itself may be named as well.
fn whole(directory: &Path) -> Result<PathBuf, String> {
    let directory = match directory.file_name() {
        Some(name) if name == FILE && !directory.is_dir() => match directory.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        },
        _ => directory,
    };
    fs::canonicalize(directory).map_err(|error| places::unreadable(directory, &error))
}

fn nothing_here() -> String {
    format!("there is no {FILE} in the working directory or above that could count")
}
