//! A directory with all that is below it.

use super::FileState;
use super::digest::Unreadable;
use super::encoding::{encode_state, encode_words};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Something in a directory.
pub(super) struct Member {
    /// From the root of the tree.
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
}

/// What it is.
pub(super) enum Kind {
    File {
        executable: bool,
    },
    Directory,
    /// A symbolic link, which is not followed.
    Link(PathBuf),
}

/// All that is in a directory, in the order of the paths.
pub(super) fn walk(root: &Path) -> Result<Vec<Member>, Unreadable> {
    let mut members = Vec::new();
    let mut directories = vec![PathBuf::new()];
    while let Some(directory) = directories.pop() {
        let here = root.join(&directory);
        let unreadable = |error| Unreadable::new(&here, error);
        for entry in fs::read_dir(&here).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let member = Member::new(directory.join(entry.file_name()), &entry)?;
            if matches!(member.kind, Kind::Directory) {
                directories.push(member.path.clone());
            }
            members.push(member);
        }
    }
    members.sort_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
    Ok(members)
}

impl Member {
    fn new(path: PathBuf, entry: &fs::DirEntry) -> Result<Self, Unreadable> {
        let full = entry.path();
        let metadata = entry.metadata().map_err(|error| Unreadable::new(&full, error))?;
        let kind = if metadata.is_dir() {
            Kind::Directory
        } else if metadata.is_symlink() {
            let target = fs::read_link(&full).map_err(|error| Unreadable::new(&full, error))?;
            Kind::Link(target)
        } else if metadata.is_file() {
            Kind::File { executable: metadata.permissions().mode() & 0o111 != 0 }
        } else {
            return Err(Unreadable::new(&full, "it is not a regular file"));
        };
        Ok(Self { path, kind })
    }

    /// Appends canonical bytes, with what a file holds if that is known.
    pub(super) fn encode(&self, content: Option<&FileState>, out: &mut Vec<u8>) {
        let (tag, target) = match &self.kind {
            Kind::Directory => (0, OsStr::new("")),
            Kind::File { executable: false } => (1, OsStr::new("")),
            Kind::File { executable: true } => (2, OsStr::new("")),
            Kind::Link(target) => (3, target.as_os_str()),
        };
        out.push(tag);
        out.extend(encode_words([self.path.as_os_str(), target]));
        if let Some(content) = content {
            encode_state(content, out);
        }
    }
}
