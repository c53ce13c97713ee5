//! Renames that can be undone.

use rustix::fd::BorrowedFd;
use rustix::fs::{AtFlags, FileType, RenameFlags, renameat, renameat_with, statat};
use rustix::io::Errno;
use std::ffi::OsStr;

/// A name in a directory.
#[derive(Clone, Copy)]
pub(super) struct NameIn<'a> {
    pub(super) directory: BorrowedFd<'a>,
    pub(super) name: &'a OsStr,
}

/// How a rename is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UndoRename {
    /// What was there has the place of what was readied.
    Exchange,
    /// Nothing was there.
    MoveBack,
    /// Not at all: this file system cannot exchange files.
    Impossible,
}

/// Puts what is at `from` in place, either for the file or link that is there or where nothing is. What was there is at
/// `from` afterwards, if the system can do that.
pub(super) fn put(from: NameIn<'_>, to: NameIn<'_>, replaces: bool) -> Result<UndoRename, Errno> {
    let flags = if replaces { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
    match rename(from, to, flags) {
        Ok(()) if !replaces => Ok(UndoRename::MoveBack),
        Ok(()) if is_directory(from) => {
            rename(from, to, flags)?;
            Err(Errno::ISDIR)
        }
        Ok(()) => Ok(UndoRename::Exchange),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            renameat(from.directory, from.name, to.directory, to.name)?;
            Ok(if replaces { UndoRename::Impossible } else { UndoRename::MoveBack })
        }
        Err(error) => Err(error),
    }
}

/// Undoes [`put`] as far as possible.
pub(super) fn undo(from: NameIn<'_>, to: NameIn<'_>, how: UndoRename) -> Result<(), Errno> {
    match how {
        UndoRename::Exchange => rename(from, to, RenameFlags::EXCHANGE),
        UndoRename::MoveBack => renameat(to.directory, to.name, from.directory, from.name),
        UndoRename::Impossible => Ok(()),
    }
}

fn rename(from: NameIn<'_>, to: NameIn<'_>, flags: RenameFlags) -> Result<(), Errno> {
    renameat_with(from.directory, from.name, to.directory, to.name, flags)
}

/// Whether somebody has just put a directory in the place of a file: it must not be removed with what was replaced.
fn is_directory(NameIn { directory, name }: NameIn<'_>) -> bool {
    let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW);
    stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}
