//! A regular file as standard input, and which of its properties count.
//!
//! A command can look at a file without leaving a trace: at its size, through a mapping, with a read at some offset. So
//! the whole content counts, and the offset that the command starts at, even if the command does not read.

use crate::entry::Condition;
use crate::key::{Digest, DigestBuilder, FileStamp, HUGE, Stamp};
use crate::time::Timestamp;
use rustix::fs::{OFlags, SeekFrom, fcntl_getfl, seek};
use std::cell::OnceCell;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

/// A regular file that is standard input.
#[derive(Debug)]
pub struct OpenFile {
    /// The offset in bytes.
    pub start: u64,
    /// Its identity, size and times.
    pub stamp: FileStamp,
    access: OFlags,
    /// When it was looked at.
    seen: Timestamp,
    /// The digest of everything that counts, computed when it is first needed; `None` inside if the content cannot be
    /// known.
    input: OnceCell<Option<Digest>>,
}

impl OpenFile {
    /// Standard input as it is now.
    ///
    /// # Errors
    /// When a system call fails.
    pub fn now() -> io::Result<Self> {
        let stdin = rustix::stdio::stdin();
        Ok(Self {
            start: seek(stdin, SeekFrom::Current(0))?,
            stamp: FileStamp::of_open(stdin)?,
            access: fcntl_getfl(stdin)? & OFlags::RWMODE,
            seen: Timestamp::now(),
            input: OnceCell::new(),
        })
    }

    /// Whether a change of the content since then would show in the stamp.
    pub fn is_settled(&self) -> bool {
        self.stamp.vouches_for_open(rustix::stdio::stdin(), self.seen)
    }

    /// Whether nothing but the offset has changed.
    pub fn is_unchanged(&self) -> bool {
        let has_stamp = || FileStamp::of_open(rustix::stdio::stdin()).ok() == Some(self.stamp);
        // The content is read between two looks at the stamp.
        has_stamp()
            && (self.is_settled() || self.input() == self.look().ok().flatten() && has_stamp())
    }

    /// The condition for a run that moves the offset this far; `None` if the content cannot be known.
    pub fn condition(&self, moved: i64) -> Option<Condition> {
        Some(Condition::StdinFile { input: self.input()?, moved })
    }

    fn input(&self) -> Option<Digest> {
        *self.input.get_or_init(|| self.look().ok().flatten())
    }

    /// Whether it is too long to compute its digest.
    pub(super) fn is_large(&self) -> bool {
        self.stamp.size > HUGE
    }

    /// Whether it is open for writing too.
    pub(super) fn is_writable(&self) -> bool {
        self.access != OFlags::RDONLY
    }

    fn look(&self) -> io::Result<Option<Digest>> {
        let content = if self.is_large() {
            let stamp = Stamp::from(&self.stamp);
            self.is_settled().then(|| (b"stamp", Digest::of(stamp.as_bytes())))
        } else if self.stamp.size == 0 && !FileStamp::is_kept_for(rustix::stdio::stdin()) {
            // Files that the kernel generates have a size of 0, and a read may remove their content.
            None
        } else {
            self.content()?.map(|content| (b"bytes", content))
        };
        Ok(content.map(|(how, content)| {
            let mut input = DigestBuilder::default();
            input.update(how);
            input.update(content.as_bytes());
            input.update(&self.start.to_le_bytes());
            input.update(&self.stamp.size.to_le_bytes());
            input.update(&[u8::from(self.is_writable())]);
            input.finish()
        }))
    }

    /// The digest of its content; `None` if the content is not as long as the size of the file.
    fn content(&self) -> io::Result<Option<Digest>> {
        let file = File::from(rustix::stdio::stdin().try_clone_to_owned()?);
        let mut reader = FromOffset { file: &file, offset: 0 };
        let digest = Digest::of_reader((&mut reader).take(HUGE + 1))?;
        Ok((reader.offset == self.stamp.size).then_some(digest))
    }
}

/// Reads a file from an offset, and leaves the file's own offset alone.
pub(super) struct FromOffset<'f> {
    pub(super) file: &'f File,
    pub(super) offset: u64,
}

impl Read for FromOffset<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}
