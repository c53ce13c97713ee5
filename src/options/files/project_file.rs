//! A project's file that the user is about to trust, or trusts no longer.

use super::file::ConfigFile;
use super::places::{self, FILE, FoundFile};
use super::trust;
use crate::options::source::FileOwner;
use std::fs;
use std::path::{Path, PathBuf};

/// A project's file that can be understood, and the content that would be trusted. Nothing shows that: it may hold a secret by
/// mistake.
pub struct ProjectFile {
    /// The file.
    pub path: PathBuf,
    content: Vec<u8>,
    /// What it says.
    pub file: ConfigFile,
}

impl ProjectFile {
    /// Reads the file in this directory, or the one that counts in the working directory.
    ///
    /// # Errors
    /// When there is none, or it cannot be understood.
    pub fn find(directory: Option<&Path>) -> Result<Self, String> {
        let found = match directory {
            Some(directory) => places::find_in(&whole(directory)?)?,
            None => counted_here()?,
        };
        let file = ConfigFile::read(&found, FileOwner::Project)?;
        let FoundFile { path, bytes: content, .. } = found;
        Ok(Self { path, content, file })
    }

    /// The path of that file, which need not exist any more if a directory is given.
    ///
    /// # Errors
    /// When no directory is given and no file counts in the working directory.
    pub fn path(directory: Option<&Path>) -> Result<PathBuf, String> {
        match directory {
            Some(directory) => {
                let absolute = || std::path::absolute(directory).map_err(|error| error.to_string());
                Ok(whole(directory).or_else(|_| absolute())?.join(FILE))
            }
            None => Ok(counted_here()?.path),
        }
    }

    /// Records that it is trusted with the content that was read.
    ///
    /// # Errors
    /// Why that cannot be recorded.
    pub fn trust(&self) -> Result<(), String> {
        trust::record(&self.path, &self.content)
    }
}

/// The canonical path of a directory. The path of the file in it will do as well.
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

fn counted_here() -> Result<FoundFile, String> {
    let found = places::find(FileOwner::Project, &mut Vec::new())?;
    found.ok_or_else(|| format!("no usable {FILE} in the working directory or above"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_may_be_named_by_its_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let expected = fs::canonicalize(directory.path()).expect("its path");
        let file = directory.path().join(FILE);
        assert_eq!(whole(directory.path()), Ok(expected.clone()));
        assert_eq!(whole(&file), Ok(expected.clone()), "whether or not it is there");
        fs::create_dir(&file).expect("made");
        assert_eq!(whole(&file), Ok(expected.join(FILE)), "a directory of that name");
        assert!(whole(&directory.path().join("missing")).is_err());
    }

    #[test]
    fn the_name_of_the_file_alone_is_in_the_working_directory() {
        assert_eq!(whole(Path::new(FILE)), whole(Path::new(".")));
    }

    #[test]
    fn the_path_of_a_file_in_a_directory_that_is_gone_is_known() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |directory: &Path| ProjectFile::path(Some(directory));
        let expected = fs::canonicalize(directory.path()).expect("its path").join(FILE);
        assert_eq!(path(directory.path()), Ok(expected));
        assert_eq!(path(Path::new("/gone/x")), Ok(PathBuf::from("/gone/x").join(FILE)));
    }
}
