//! One path that an argument may name.

use super::look::{PathKind, look};
use crate::key::digest::Digest;
use crate::key::encoding::bytes_of;
use crate::key::error::Unreadable;
use crate::key::files::reading::{FileReader, HUGE, OpenedFile, SMALL};
use crate::key::files::recheck::{holds, is_unchanged};
use crate::key::files::regular_file::open_stamp;
use crate::key::files::stamp::FileStamp;
use crate::key::fingerprint::FileState;
use std::path::PathBuf;

/// A path that an argument may name.
#[derive(Debug)]
pub(super) struct NamedPath {
    pub(super) path: PathBuf,
    pub(super) kind: PathKind,
    /// The digest of its content, if it is a file that was read.
    pub(super) digest: Option<Digest>,
    /// Whether its stamp was old enough to be trusted when the file was read.
    is_settled: bool,
}

/// The state that an argument has in the key beside its name.
pub(super) enum OpenedArgument {
    /// The state is known.
    Known(FileState),
    /// The state is the content of this file, which may still have to be read.
    File(OpenedFile),
}

impl NamedPath {
    pub(super) fn new(path: PathBuf, kind: PathKind) -> Self {
        Self { path, kind, digest: None, is_settled: false }
    }

    /// Whether more than its name counts.
    pub(super) fn counts(&self) -> bool {
        matches!(self.kind, PathKind::File { .. } | PathKind::Directory)
    }

    /// The stamp of a file that may be read.
    pub(super) fn stamp(&self) -> Option<FileStamp> {
        match self.kind {
            PathKind::File { stamp, .. } => Some(stamp),
            _ => None,
        }
    }

    /// Whether it is a file to be read, if all files together have `total` bytes.
    pub(super) fn is_to_be_read(&self, total: u64) -> bool {
        self.stamp().is_some_and(|stamp| !is_too_large(&stamp, total))
    }

    /// Its state, or `None` if only its name counts. `open` opens the file if it [is to be read](Self::is_to_be_read).
    ///
    /// # Errors
    /// When the file is too large to be read, and its stamp cannot stand for its content.
    pub(super) fn open(
        &mut self,
        reader: &FileReader<'_>,
        total: u64,
        open: impl FnOnce() -> Result<Option<OpenedFile>, Unreadable>,
    ) -> Result<Option<OpenedArgument>, Unreadable> {
        let stamp = match &mut self.kind {
            PathKind::Directory => return Ok(Some(OpenedArgument::Known(FileState::Directory))),
            PathKind::File { stamp, .. } => stamp,
            PathKind::Nothing | PathKind::Special(_) | PathKind::Closed { .. } => return Ok(None),
        };
        if is_too_large(stamp, total) {
            *stamp = open_stamp(&self.path)?;
            if !reader.trusts(&self.path, stamp) {
                let problem = "files among the arguments count by their dates above 64 MiB, alone \
                               or together, and the dates of this one are not reliable: it has \
                               just changed, or its file system keeps no exact dates";
                return Err(Unreadable::new(&self.path, problem));
            }
            return Ok(Some(OpenedArgument::Known(stamped(stamp))));
        }
        let stamp = *stamp;
        match open() {
            Ok(Some(file)) => Ok(Some(OpenedArgument::File(file))),
            Ok(None) => {
                self.kind = PathKind::Nothing;
                Ok(None)
            }
            Err(fault) => {
                self.kind = PathKind::Closed { stamp, why: fault.reason };
                Ok(Some(OpenedArgument::Known(stamped(&stamp))))
            }
        }
    }

    /// Notes the content of a file.
    pub(super) fn note_content(
        &mut self,
        reader: &FileReader<'_>,
        stamp: FileStamp,
        digest: Digest,
    ) {
        if let PathKind::File { stamp: seen, .. } = &mut self.kind {
            *seen = stamp;
        }
        self.digest = Some(digest);
        self.is_settled = reader.is_settled(&stamp);
    }

    /// Whether it is still as it was seen. Writing the same content to a file again is no change.
    pub(super) fn still_holds(&self) -> bool {
        let Ok(now) = look(&self.path) else { return false };
        match (&self.kind, now) {
            (PathKind::File { stamp, .. }, PathKind::File { stamp: now, .. }) => {
                match self.digest {
                    Some(digest) if *stamp == now => {
                        is_unchanged(&self.path, stamp, self.is_settled, digest)
                    }
                    Some(digest) => holds(&self.path, digest),
                    None => *stamp == now,
                }
            }
            (PathKind::Closed { stamp, .. }, PathKind::File { stamp: now, .. }) => *stamp == now,
            (seen, now) => *seen == now,
        }
    }
}

/// Whether a file is too large to be read before a command that may not need it: alone, or together with the others.
fn is_too_large(stamp: &FileStamp, total: u64) -> bool {
    stamp.size > HUGE || (total > HUGE && stamp.size > SMALL)
}

fn stamped(stamp: &FileStamp) -> FileState {
    FileState::Stamped(Digest::of(&bytes_of(stamp)))
}
