//! The outputs of a run that has succeeded.

use super::before::OutputsBefore;
use super::descent::{Descent, described, open_file, open_top};
use super::fault::NotCollected;
use super::manifest::{OutputEntry, OutputKind, OutputManifest};
use super::walk::{FoundOutput, unreadable, walk};
use crate::content::digest_of;
use crate::key::FileStamp;
use crate::output_pattern::OutputPattern;
use crate::recording::ContentDigest;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, readlinkat, statat};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// What a run wrote.
#[derive(Debug)]
pub struct CollectedOutputs {
    /// What lies where.
    pub manifest: OutputManifest,
    /// One file for each content.
    pub files: Vec<CollectedFile>,
    /// How many outputs were there before, and untouched by the run. They are part of the manifest.
    pub untouched: usize,
}

/// A file with the content that the manifest tells of.
#[derive(Debug)]
pub struct CollectedFile {
    /// The digest of its content.
    pub digest: ContentDigest,
    /// Its size in bytes.
    pub size: u64,
    path: PathBuf,
    stamp: FileStamp,
}

impl CollectedFile {
    /// Opens the file below the same working directory. Whoever copies it has to look at the digest once more: a change
    /// within a tick of the clock leaves the stamp as it was.
    ///
    /// # Errors
    /// When it cannot be opened, or is no longer the file that was read.
    pub fn open(&self, directory: &Path) -> io::Result<File> {
        let mut descent = Descent::from(open_top(directory)?);
        let parent = self.path.parent().unwrap_or(Path::new(""));
        let parent = descent.enter(parent).map_err(|end| end.error)?;
        let file = open_file(parent, self.path.file_name().unwrap_or_default())?;
        if FileStamp::of_open(&file)? != self.stamp {
            return Err(io::Error::other("it changed while it was stored"));
        }
        Ok(file)
    }
}

/// Collects all that the patterns match below the working directory, and what lies at these paths, without what is below
/// them. A path where nothing is any more is left out.
///
/// # Errors
/// Why that cannot be stored.
pub fn collect(
    directory: &Path,
    patterns: &[OutputPattern],
    before: &OutputsBefore,
    paths: &[PathBuf],
) -> Result<CollectedOutputs, NotCollected> {
    let top = open_top(directory).map_err(|error| unreadable(Path::new(""), error))?;
    let mut collection = Collection::default();
    for pattern in patterns {
        let mut wrote = false;
        let mut add = |found: FoundOutput<'_>| {
            let is_new = !before.holds(&found.path, &found.stat);
            wrote |= is_new;
            collection.add(&found, is_new)
        };
        walk(top.as_fd(), pattern, &mut add)?;
        if !wrote {
            return Err(NotCollected::WroteNothing(pattern.text().to_owned()));
        }
    }
    collection.add_all(top, paths)?;
    collection.finish()
}

#[derive(Default)]
struct Collection {
    entries: BTreeMap<PathBuf, OutputKind>,
    files: BTreeMap<[u8; 32], CollectedFile>,
    untouched: usize,
}

impl Collection {
    fn add_all(&mut self, top: OwnedFd, paths: &[PathBuf]) -> Result<(), NotCollected> {
        let mut descent = Descent::from(top);
        for path in paths {
            let directory = match descent.enter(path.parent().unwrap_or(Path::new(""))) {
                Ok(directory) => directory,
                Err(end) if end.is_absence() => continue,
                Err(end) => return Err(NotCollected::unfit(&end.place(path), end)),
            };
            let name = path.file_name().unwrap_or_default();
            match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => self.add(&FoundOutput { path: path.clone(), directory, stat }, true)?,
                Err(Errno::NOENT) => {}
                Err(error) => return Err(unreadable(path, error)),
            }
        }
        Ok(())
    }

    fn add(&mut self, found: &FoundOutput<'_>, is_new: bool) -> Result<(), NotCollected> {
        if self.entries.contains_key(&found.path) {
            return Ok(());
        }
        let kind = match FileType::from_raw_mode(found.stat.st_mode) {
            FileType::RegularFile => self.file(found)?,
            FileType::Directory => OutputKind::Directory { permissions: permissions(found) },
            FileType::Symlink => {
                let target = readlinkat(found.directory, found.name(), Vec::new());
                let target = target.map_err(|error| unreadable(&found.path, error))?;
                OutputKind::Link { target: OsString::from_vec(target.into_bytes()) }
            }
            kind => return Err(NotCollected::unfit(&found.path, described(kind))),
        };
        self.untouched += usize::from(!is_new);
        self.entries.insert(found.path.clone(), kind);
        Ok(())
    }

    fn file(&mut self, found: &FoundOutput<'_>) -> Result<OutputKind, NotCollected> {
        if Mode::from_raw_mode(found.stat.st_mode).intersects(Mode::SUID | Mode::SGID) {
            return Err(NotCollected::unfit(&found.path, "is set-user-id or set-group-id"));
        }
        let stamp = FileStamp::of(&found.stat);
        let read = || {
            let file = open_file(found.directory, found.name())?;
            let digest = digest_of(&file, stamp.size);
            let is_unchanged = FileStamp::of_open(&file)? == stamp;
            if is_unchanged { digest.map(Some) } else { Ok(None) }
        };
        let digest = read().map_err(|error: io::Error| unreadable(&found.path, error))?;
        let changed = || NotCollected::unfit(&found.path, "changed while it was read");
        let digest = digest.ok_or_else(changed)?;
        let size = stamp.size;
        let file = || CollectedFile { digest, size, path: found.path.clone(), stamp };
        self.files.entry(digest.0).or_insert_with(file);
        Ok(OutputKind::File { digest, size, permissions: permissions(found) })
    }

    fn finish(self) -> Result<CollectedOutputs, NotCollected> {
        let entries = self.entries.into_iter().map(|(path, kind)| OutputEntry { path, kind });
        let manifest = OutputManifest::new(entries.collect());
        let manifest = manifest
            .ok_or_else(|| NotCollected::unfit(Path::new(""), "changed while it was read"))?;
        let files = self.files.into_values().collect();
        Ok(CollectedOutputs { manifest, files, untouched: self.untouched })
    }
}

#[allow(clippy::cast_possible_truncation, reason = "these bits fit")]
fn permissions(found: &FoundOutput<'_>) -> u16 {
    (found.stat.st_mode & 0o777) as u16
}
