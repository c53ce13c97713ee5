//! Our own standard input: what it is, what it holds, and reading no more of it than the command
//! would.
//!
//! It knows nothing of running commands. What is not taken stays for whoever reads after us.

mod pipe;
mod stand_in;

pub use pipe::Look;
pub use stand_in::StandIn;

use crate::entry::{Condition, Entry, Kind};
use crate::key::{Digest, DigestBuilder, FileStamp};
use rustix::fs::{FileType, SeekFrom, fstat, seek};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where standard input stands.
#[derive(Debug)]
pub enum Stdin {
    /// There is none: closed, the null device, a terminal, or left alone on request.
    Absent,
    /// It was read.
    Held(Held),
    /// A pipe that can be offered.
    Pipe(PipeState),
    /// A regular file.
    File(FileRange),
    /// Something else: the command gets it as it is, and nobody sees what it takes.
    Other,
}

/// What a pipe holds, without taking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipeState {
    /// Nothing, and there will be nothing.
    Ended,
    /// Something, or nothing yet.
    Open,
    /// Just this, whole.
    Known {
        /// Its digest.
        digest: Digest,
        /// Its length in bytes.
        length: u64,
    },
}

/// A regular file from where it is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRange {
    /// The offset in bytes.
    pub start: u64,
    /// The file as it is, its size above all.
    pub stamp: FileStamp,
}

impl Stdin {
    /// Looks at standard input without taking anything.
    #[must_use]
    pub fn survey() -> Self {
        let fd = rustix::stdio::stdin();
        let Ok(stat) = fstat(fd) else { return Self::Absent };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => FileRange::now().map_or(Self::Other, Self::File),
            FileType::Fifo => pipe::survey(),
            FileType::CharacterDevice if rustix::termios::isatty(fd) || is_null(&stat) => {
                Self::Absent
            }
            _ => Self::Other,
        }
    }

    /// Sees what a pipe holds, whole, where one of these entries was stored for a content: waits for
    /// its end, unless there is more already than any of them was stored for. What is longer than the
    /// pipe is read into `directory`; without one it is not looked at.
    ///
    /// # Errors
    /// When the pipe has to be read for that and cannot be.
    pub fn look_ahead(self, fresh: &[Entry], directory: Option<&Path>) -> io::Result<Self> {
        let any = |wanted: Condition| fresh.iter().any(|entry| entry.condition == wanted);
        let longest = fresh.iter().filter_map(|entry| match entry.condition {
            Condition::Stdin { kind: Kind::Pipe, length, .. } => Some(length),
            _ => None,
        });
        match (&self, longest.max()) {
            (Self::Pipe(PipeState::Open), Some(longest)) if !any(Condition::StdinUnread) => {
                pipe::look_ahead(longest, directory)
            }
            _ => Ok(self),
        }
    }

    /// What was read of it, if it was.
    #[must_use]
    pub fn into_held(self) -> Option<Held> {
        match self {
            Self::Held(held) => Some(held),
            _ => None,
        }
    }

    /// Whether knowing what it holds may take longer than a look-up.
    #[must_use]
    pub fn may_take_long(&self) -> bool {
        matches!(self, Self::Pipe(PipeState::Open) | Self::File(_))
    }

    /// Whether what it holds may still come from the very run that one would wait for, as in
    /// `cachex cat | cachex cat`.
    #[must_use]
    pub fn may_depend_on_others(&self) -> bool {
        matches!(self, Self::Pipe(PipeState::Open) | Self::Other)
    }

    /// Whether it may turn out to be what one of these entries was stored for, when it is read.
    #[must_use]
    pub fn may_be_of(&self, entries: &[Entry]) -> bool {
        let waiting = rustix::io::ioctl_fionread(rustix::stdio::stdin()).unwrap_or(0);
        matches!(self, Self::Pipe(PipeState::Open))
            && entries.iter().any(|entry| match entry.condition {
                // What a command made of the content has no length.
                Condition::Stdin { length, .. } => length == 0 || length >= waiting,
                _ => false,
            })
    }

    /// Which of the stored conditions hold for it.
    pub fn holds(&self, variants: &[Entry]) -> impl Fn(Condition) -> bool + use<> {
        let now = match self {
            Self::Absent => Some(Condition::StdinAbsent),
            Self::Pipe(PipeState::Ended) => Some(Condition::StdinEmpty(Kind::Pipe)),
            Self::Pipe(PipeState::Open) | Self::Other => None,
            Self::Pipe(PipeState::Known { digest, length }) => {
                Some(Condition::Stdin { kind: Kind::Pipe, digest: *digest, length: *length })
            }
            Self::Held(held) => held.condition,
            Self::File(range) if range.is_empty() => Some(Condition::StdinEmpty(Kind::File)),
            Self::File(range) => variants
                .iter()
                .any(|entry| matches!(entry.condition, Condition::Stdin { kind: Kind::File, .. }))
                .then(|| range.content().ok())
                .flatten(),
        };
        move |stored| stored == Condition::StdinUnread || Some(stored) == now
    }

    /// Takes what the command took when this condition was recorded.
    pub fn take(&self, condition: Condition) {
        match (self, condition) {
            (Self::File(range), Condition::Stdin { .. }) => {
                let _ = seek(rustix::stdio::stdin(), SeekFrom::Start(range.stamp.size));
            }
            (Self::Pipe(PipeState::Known { length, .. }), Condition::Stdin { .. }) => {
                let _ = io::copy(&mut io::stdin().lock().take(*length), &mut io::sink());
            }
            _ => {}
        }
    }
}

fn is_null(stat: &rustix::fs::Stat) -> bool {
    rustix::fs::stat("/dev/null").is_ok_and(|null| null.st_rdev == stat.st_rdev)
}

/// Standard input that was read.
#[derive(Debug)]
pub struct Held {
    /// What was read, in a file without a name, up to `length`.
    file: File,
    length: u64,
    /// What was read and could not be kept there.
    unkept: Vec<u8>,
    /// Of all that was read.
    content: DigestBuilder,
    /// What the content is, if it was read to its end.
    pub condition: Option<Condition>,
    /// Whether what the content is will not be known from its bytes.
    is_untold: bool,
}

impl Held {
    /// Reads standard input to its end, or as far as it can be kept.
    ///
    /// # Errors
    /// When nothing was read yet: it cannot be read at all, or not be kept anywhere.
    pub fn read(directory: &Path) -> io::Result<Self> {
        Self::read_beyond(u64::MAX, directory)
    }

    /// What reading would give, where that can be seen without taking anything.
    ///
    /// # Errors
    /// When it cannot be read, or not be kept anywhere.
    pub fn peek(directory: &Path) -> io::Result<Option<Self>> {
        let fd = rustix::stdio::stdin();
        let keep = |content: &mut dyn Read| {
            let mut held = Self::copy(content, unnamed(directory)?)?;
            if held.length == 0 {
                held.condition = Some(Condition::StdinEmpty(Kind::Pipe));
            }
            Ok(Some(held))
        };
        let stat = fstat(fd)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                let file = File::from(rustix::io::fcntl_dupfd_cloexec(fd, 3)?);
                keep(&mut FromOffset { file: &file, offset: FileRange::now()?.start })
            }
            FileType::Fifo => pipe::whole()?.map_or(Ok(None), |content| keep(&mut &*content)),
            _ if is_null(&stat) => keep(&mut io::empty()),
            _ => Ok(None),
        }
    }

    /// The same, but stops when there is more than `limit`.
    fn read_beyond(limit: u64, directory: &Path) -> io::Result<Self> {
        let mut held = Self {
            file: unnamed(directory)?,
            length: 0,
            unkept: Vec::new(),
            content: DigestBuilder::default(),
            condition: None,
            is_untold: false,
        };
        let mut buffer = vec![0; 64 << 10];
        loop {
            match io::stdin().lock().read(&mut buffer) {
                Ok(0) if held.length == 0 => {
                    held.condition = Some(Condition::StdinEmpty(Kind::Pipe));
                }
                Ok(0) => held.condition = Some(held.whole()),
                Ok(count) => {
                    held.content.update(&buffer[..count]);
                    if held.file.write_all_at(&buffer[..count], held.length).is_ok() {
                        held.length += count as u64;
                        if held.length <= limit {
                            continue;
                        }
                        return Ok(held);
                    }
                    held.unkept = buffer[..count].to_vec();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if held.length == 0 => return Err(error),
                Err(_) => {}
            }
            return Ok(held);
        }
    }

    /// All of this content, kept in `file`.
    fn copy(mut content: impl Read, mut file: File) -> io::Result<Self> {
        let length = io::copy(&mut content, &mut file)?;
        let digest = Digest::of_reader(FromOffset { file: &file, offset: 0 }.take(length))?;
        let condition = Some(Condition::Stdin { kind: Kind::Pipe, digest, length });
        let content = DigestBuilder::default();
        Ok(Self { file, length, unkept: Vec::new(), content, condition, is_untold: false })
    }

    /// Lets what was read count as what `hash` makes of it; as nothing that is known if that fails.
    ///
    /// # Errors
    /// That of `hash`.
    pub fn count_as<E>(&mut self, hash: impl FnOnce(&File) -> Result<Digest, E>) -> Result<(), E> {
        if let Some(Condition::Stdin { .. }) = self.condition {
            self.condition = None;
            self.is_untold = true;
            // Contents of any length may count as the same.
            self.condition =
                Some(Condition::Stdin { kind: Kind::Pipe, digest: hash(&self.file)?, length: 0 });
        }
        Ok(())
    }

    fn whole(&self) -> Condition {
        let digest = self.content.clone().finish();
        Condition::Stdin { kind: Kind::Pipe, digest, length: self.length }
    }

    /// Writes what was read, and then all that was not; what it was altogether, if that is known.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn copy_to(&mut self, to: &mut impl Write) -> io::Result<Option<Condition>> {
        io::copy(&mut FromOffset { file: &self.file, offset: 0 }.take(self.length), to)?;
        if self.condition.is_some() {
            return Ok(self.condition);
        }
        to.write_all(&self.unkept)?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            match io::stdin().lock().read(&mut buffer) {
                Ok(0) if self.is_untold => return Ok(None),
                Ok(0) => return Ok(self.unkept.is_empty().then(|| self.whole())),
                Ok(count) => {
                    self.content.update(&buffer[..count]);
                    self.length += count as u64;
                    to.write_all(&buffer[..count])?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl FileRange {
    /// As it is now.
    ///
    /// # Errors
    /// As the system.
    pub fn now() -> io::Result<Self> {
        let stdin = rustix::stdio::stdin();
        let stamp = FileStamp::of_open(stdin)?;
        Ok(Self { start: seek(stdin, SeekFrom::Current(0))?, stamp })
    }

    /// Whether there is nothing left to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start >= self.stamp.size
    }

    /// What is left to read, without moving on.
    ///
    /// # Errors
    /// As the system.
    pub fn content(&self) -> io::Result<Condition> {
        let file = File::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?);
        let length = self.stamp.size.saturating_sub(self.start);
        let reader = FromOffset { file: &file, offset: self.start }.take(length);
        Ok(Condition::Stdin { kind: Kind::File, digest: Digest::of_reader(reader)?, length })
    }
}

/// A file for what is read, without a name; elsewhere if it cannot be in this directory.
fn unnamed(directory: &Path) -> io::Result<File> {
    tempfile::tempfile_in(directory).or_else(|_| tempfile::tempfile())
}

/// Reads a file at an offset of its own.
struct FromOffset<'f> {
    file: &'f File,
    offset: u64,
}

impl Read for FromOffset<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}
