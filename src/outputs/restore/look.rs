//! Which outputs are in the working directory already. Changes nothing.

use crate::content::digest_of;
use crate::outputs::descent::{Descent, described, open_file, open_top};
use crate::outputs::fault::NotRestored;
use crate::outputs::manifest::{OutputEntry, OutputKind};
use crate::parallel::{self, FILES_PER_THREAD};
use rustix::fd::BorrowedFd;
use rustix::fs::{AtFlags, FileType, Mode, Stat, readlinkat, statat};
use rustix::io::Errno;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What is at the path of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Present {
    /// The output itself.
    Equal,
    /// Something of the same kind.
    Other,
    /// Nothing. This many names of the path lead to directories.
    Nothing(usize),
}

/// Looks at the paths of all these outputs.
pub(super) fn look(directory: &Path, entries: &[OutputEntry]) -> Result<Vec<Present>, NotRestored> {
    let look_at = |entries: &[OutputEntry]| {
        let top = open_top(directory).map_err(|error| unreadable(Path::new(""), error))?;
        let mut descent = Descent::from(top);
        let mut missing: Option<(PathBuf, usize)> = None;
        let mut present = |entry: &OutputEntry| {
            // What is below it follows at once.
            if let Some((missing, depth)) = &missing
                && entry.path.starts_with(missing)
            {
                return Ok(Present::Nothing(*depth));
            }
            let present = present(&mut descent, entry)?;
            if let Present::Nothing(depth) = present {
                missing = Some((entry.path.components().take(depth + 1).collect(), depth));
            }
            Ok(present)
        };
        entries.iter().map(&mut present).collect::<Result<Vec<_>, _>>()
    };
    let parts: Vec<_> = entries.chunks(FILES_PER_THREAD).collect();
    let present = parallel::map(&parts, 1, |part| look_at(part));
    Ok(present.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
}

fn present(descent: &mut Descent, entry: &OutputEntry) -> Result<Present, NotRestored> {
    let OutputEntry { path, kind } = entry;
    let parent = path.parent().unwrap_or(Path::new(""));
    let parent = match descent.enter(parent) {
        Ok(parent) => parent,
        Err(end) if end.is_absence() => return Ok(Present::Nothing(end.depth)),
        Err(end) => return Err(NotRestored::obstacle(&end.place(path), end)),
    };
    let name = path.file_name().unwrap_or_default();
    let stat = match statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(Errno::NOENT) => return Ok(Present::Nothing(path.components().count() - 1)),
        Err(error) => return Err(unreadable(path, error)),
    };
    let is_equal = match (kind, FileType::from_raw_mode(stat.st_mode)) {
        (OutputKind::Directory { .. }, FileType::Directory) => Ok(true),
        (OutputKind::Link { target }, FileType::Symlink) => {
            let there = readlinkat(parent, name, Vec::new());
            there.map(|there| there.to_bytes() == target.as_bytes()).map_err(Into::into)
        }
        (OutputKind::File { .. }, FileType::RegularFile) => is_equal_file(parent, entry, &stat),
        (_, kind) => return Err(NotRestored::obstacle(path, described(kind))),
    };
    let is_equal = is_equal.map_err(|error| unreadable(path, error))?;
    Ok(if is_equal { Present::Equal } else { Present::Other })
}

fn is_equal_file(parent: BorrowedFd<'_>, entry: &OutputEntry, stat: &Stat) -> io::Result<bool> {
    let OutputKind::File { digest, size, .. } = entry.kind else { return Ok(false) };
    let execute = Mode::XUSR | Mode::XGRP | Mode::XOTH;
    let is_executable = Mode::from_raw_mode(stat.st_mode).intersects(execute);
    if u64::try_from(stat.st_size) != Ok(size) || is_executable != entry.kind.is_executable() {
        return Ok(false);
    }
    let file = open_file(parent, entry.path.file_name().unwrap_or_default())?;
    match digest_of(&file, size) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        there => Ok(there? == digest),
    }
}

fn unreadable(path: &Path, error: impl Into<io::Error>) -> NotRestored {
    NotRestored::obstacle(path, format_args!("cannot be read: {}", error.into()))
}
