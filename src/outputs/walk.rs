//! All that a pattern matches below a directory. No link is followed.

use super::descent::open_directory;
use super::fault::NotCollected;
use crate::opening;
use crate::output_pattern::OutputPattern;
use crate::path_pattern::{PathPattern, PatternPositions};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{AtFlags, FileType, Stat, statat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How the names of the directories begin in which a restore readies files. They are never outputs.
pub(super) const STAGING: &str = ".cachex-restore-";

/// Something that a pattern matches.
pub(super) struct FoundOutput<'a> {
    /// Its path from the top.
    pub(super) path: PathBuf,
    /// The directory that holds it.
    pub(super) directory: BorrowedFd<'a>,
    pub(super) stat: Stat,
}

impl FoundOutput<'_> {
    pub(super) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }
}

type OnFound<'v> = &'v mut dyn FnMut(FoundOutput<'_>) -> Result<(), NotCollected>;

/// Visits all that the pattern matches below `top`, a directory before what is in it.
pub(super) fn walk(
    top: BorrowedFd<'_>,
    pattern: &OutputPattern,
    on_found: OnFound<'_>,
) -> Result<(), NotCollected> {
    let pattern = &pattern.pattern;
    step(top, Path::new(""), pattern, Some(&pattern.start()), on_found)
}

/// Visits what lies in one directory; `positions` are `None` below a match.
fn step(
    directory: BorrowedFd<'_>,
    path: &Path,
    pattern: &PathPattern,
    positions: Option<&PatternPositions>,
    on_found: OnFound<'_>,
) -> Result<(), NotCollected> {
    let wanted = positions.and_then(|positions| pattern.next_names(positions));
    let is_certain = wanted.is_some();
    let names = match wanted {
        Some(names) => names.into_iter().map(OsStr::to_owned).collect(),
        None => names_in(directory, path)?,
    };
    for name in names {
        let next = positions.map(|positions| pattern.step(positions, name.as_bytes(), true));
        if next.as_ref().is_some_and(PatternPositions::is_empty) {
            continue;
        }
        let path = path.join(&name);
        let stat = match statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => continue,
            Err(error) => return Err(unreadable(&path, error)),
        };
        let kind = FileType::from_raw_mode(stat.st_mode);
        let below = next.filter(|next| !pattern.is_match(next));
        if below.is_none() {
            on_found(FoundOutput { path: path.clone(), directory, stat })?;
        } else if is_certain && kind == FileType::Symlink {
            return Err(NotCollected::unfit(&path, "is a link, which is not followed"));
        }
        if kind == FileType::Directory {
            let opened = open_directory(directory, &name);
            let opened = opened.map_err(|error| unreadable(&path, error))?;
            step(opened.as_fd(), &path, pattern, below.as_ref(), on_found)?;
        }
    }
    Ok(())
}

/// The names in a directory, sorted.
fn names_in(directory: BorrowedFd<'_>, path: &Path) -> Result<Vec<OsString>, NotCollected> {
    let mut names = opening::names_in(directory).map_err(|error| unreadable(path, error))?;
    names.retain(|name| !name.as_bytes().starts_with(STAGING.as_bytes()));
    names.sort_unstable();
    Ok(names)
}

/// An error of the system about a path.
pub(super) fn unreadable(path: &Path, error: impl Into<std::io::Error>) -> NotCollected {
    NotCollected::unfit(path, format_args!("cannot be read: {}", error.into()))
}
