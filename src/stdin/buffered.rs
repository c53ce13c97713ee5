//! Standard input that was read before the command starts, and is kept for it.

use super::file::{FromOffset, OpenFile};
use super::peek;
use super::reading::read_some;
use crate::entry::{Condition, StdinKind};
use crate::key::{Digest, DigestBuilder};
use crate::terminal::is_null_device;
use rustix::fs::{FileType, fstat};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;
use tempfile::tempfile_in;

/// Standard input that was read.
#[derive(Debug)]
pub struct Buffered {
    /// A file without a name. Its first `length` bytes are the input that was read.
    pub(super) file: File,
    length: u64,
    /// The bytes that were read last and could not be written to the file.
    unsaved: Vec<u8>,
    /// Computes the digest of all that was read.
    content: DigestBuilder,
    /// The condition for this content, if it was read to its end.
    pub condition: Option<Condition>,
    /// Whether a hash command failed, so that no condition can be given for the content.
    hash_failed: bool,
}

impl Buffered {
    /// Reads standard input to its end, or as far as it can be kept.
    ///
    /// # Errors
    /// When standard input cannot be read at all, or cannot be kept anywhere. Nothing has been taken then.
    pub fn read(directory: &Path) -> io::Result<Self> {
        Self::read_beyond(u64::MAX, directory, None)
    }

    /// The input that a read would give, if it can be seen without taking anything.
    ///
    /// # Errors
    /// When it cannot be read, or not be kept anywhere.
    pub fn peek(directory: &Path) -> io::Result<Option<Self>> {
        let fd = rustix::stdio::stdin();
        let keep = |content: &mut dyn Read| {
            let mut buffered = Self::copy(content, tempfile_in(directory)?)?;
            if buffered.length == 0 {
                buffered.condition = Some(Condition::StdinEmpty(StdinKind::Pipe));
            }
            Ok(Some(buffered))
        };
        let stat = fstat(fd)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                let file = File::from(fd.try_clone_to_owned()?);
                keep(&mut FromOffset { file: &file, offset: OpenFile::now()?.start })
            }
            FileType::Fifo => peek::whole()?.map_or(Ok(None), |content| keep(&mut &*content)),
            _ if is_null_device(&stat) => keep(&mut io::empty()),
            _ => Ok(None),
        }
    }

    /// Like [`read`](Self::read), but stops when there is more than `limit`, or when nothing has come for as long as
    /// `silence`.
    pub(super) fn read_beyond(
        limit: u64,
        directory: &Path,
        silence: Option<Duration>,
    ) -> io::Result<Self> {
        let mut buffered = Self {
            file: tempfile_in(directory)?,
            length: 0,
            unsaved: Vec::new(),
            content: DigestBuilder::default(),
            condition: None,
            hash_failed: false,
        };
        let mut buffer = vec![0; 64 << 10];
        while buffered.length <= limit {
            match read_some(&mut buffer, silence) {
                Ok(Some(0)) => {
                    buffered.condition = Some(match buffered.length {
                        0 => Condition::StdinEmpty(StdinKind::Pipe),
                        _ => buffered.whole_condition(),
                    });
                    break;
                }
                Ok(Some(count)) => {
                    let read = &buffer[..count];
                    buffered.content.update(read);
                    if buffered.file.write_all_at(read, buffered.length).is_err() {
                        buffered.unsaved = read.to_vec();
                        break;
                    }
                    buffered.length += count as u64;
                }
                Err(error) if buffered.length == 0 => return Err(error),
                Ok(None) | Err(_) => break,
            }
        }
        Ok(buffered)
    }

    /// Copies this content to its end into `file`.
    pub(super) fn copy(mut content: impl Read, mut file: File) -> io::Result<Self> {
        let length = io::copy(&mut content, &mut file)?;
        let digest = Digest::of_reader(FromOffset { file: &file, offset: 0 }.take(length))?;
        let condition = Some(Condition::Stdin { kind: StdinKind::Pipe, digest, length });
        let content = DigestBuilder::default();
        Ok(Self { file, length, unsaved: Vec::new(), content, condition, hash_failed: false })
    }

    /// Replaces the digest in the condition by the one that `hash` makes of the content. If `hash` fails, there is no
    /// condition.
    ///
    /// # Errors
    /// When `hash` fails.
    pub fn count_as<E>(&mut self, hash: impl FnOnce(&File) -> Result<Digest, E>) -> Result<(), E> {
        if let Some(Condition::Stdin { .. }) = self.condition {
            self.condition = None;
            self.hash_failed = true;
            // Contents of different lengths may have the same digest, so the length must not tell them apart.
            self.condition = Some(Condition::Stdin {
                kind: StdinKind::Pipe,
                digest: hash(&self.file)?,
                length: 0,
            });
        }
        Ok(())
    }

    fn whole_condition(&self) -> Condition {
        let digest = self.content.clone().finish();
        Condition::Stdin { kind: StdinKind::Pipe, digest, length: self.length }
    }

    /// The whole input, as a file that is read from its beginning.
    ///
    /// # Errors
    /// When it was not read to its end.
    pub fn as_file(&self) -> io::Result<OwnedFd> {
        if self.condition.is_none() && !self.hash_failed {
            return Err(io::Error::other("standard input was not read to its end"));
        }
        rustix::fs::seek(&self.file, rustix::fs::SeekFrom::Start(0))?;
        Ok(self.file.try_clone()?.into())
    }

    /// The descriptor of the file that holds the input.
    pub fn descriptor(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// Writes the input that was read, from this offset on.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn copy_rest(&self, offset: u64, to: &mut impl Write) -> io::Result<()> {
        let rest = self.length.saturating_sub(offset);
        io::copy(&mut FromOffset { file: &self.file, offset }.take(rest), to).map(|_| ())
    }

    /// Writes the input that was read, and then the rest of standard input. Returns the condition for the whole, if
    /// that is known.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn copy_to(&mut self, to: &mut impl Write) -> io::Result<Option<Condition>> {
        io::copy(&mut FromOffset { file: &self.file, offset: 0 }.take(self.length), to)?;
        if self.condition.is_some() {
            return Ok(self.condition);
        }
        to.write_all(&self.unsaved)?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            match read_some(&mut buffer, None)?.unwrap_or(0) {
                0 if self.hash_failed => return Ok(None),
                0 => return Ok(self.unsaved.is_empty().then(|| self.whole_condition())),
                count => {
                    self.content.update(&buffer[..count]);
                    self.length += count as u64;
                    to.write_all(&buffer[..count])?;
                }
            }
        }
    }
}
