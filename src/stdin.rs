//! Our own standard input: what it is, what it holds, and reading no more of it than the command
//! would.

use crate::entry::{Condition, Entry};
use crate::key::{Digest, DigestBuilder, FileStamp};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
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
    /// A pipe.
    Pipe(PipeState),
    /// A regular file.
    File(FileRange),
}

/// What a pipe holds, without taking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipeState {
    /// Nothing, and there will be nothing.
    Ended,
    /// Nothing yet.
    Silent,
    /// Something.
    Waiting,
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
    /// Looks at standard input without taking anything. Where that is not possible, it counts as
    /// absent; the text says what is lost by that, if something is.
    #[must_use]
    pub fn survey() -> (Self, Option<&'static str>) {
        let fd = rustix::stdio::stdin();
        let Ok(stat) = fstat(fd) else {
            return (Self::Absent, None);
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => (FileRange::now().map_or(Self::Absent, Self::File), None),
            FileType::Fifo if cfg!(target_os = "linux") => (Self::Pipe(PipeState::now()), None),
            FileType::CharacterDevice if rustix::termios::isatty(fd) || !is_waiting() => {
                (Self::Absent, None)
            }
            _ if is_waiting() && !is_null_device(&stat) => (Self::Absent, Some(UNREADABLE)),
            _ => (Self::Absent, None),
        }
    }

    /// For a command that is known to read its input, by what is stored of it: reads a pipe to its
    /// end, so that the content can be looked up.
    ///
    /// # Errors
    /// As [`Held::read`].
    pub fn read_if_known(self, variants: &[Entry], directory: &Path) -> io::Result<Self> {
        let any = |wanted: fn(&Condition) -> bool| variants.iter().any(|e| wanted(&e.condition));
        let settled = match self {
            Self::Pipe(PipeState::Silent) => any(|c| *c == Condition::StdinSilent),
            Self::Pipe(PipeState::Waiting) => false,
            _ => true,
        };
        let reads = any(|c| matches!(c, Condition::StdinEmpty | Condition::Stdin(_)));
        let ignores = any(|c| *c == Condition::StdinUnread);
        if settled || ignores || !reads {
            Ok(self)
        } else {
            Held::read(directory).map(Self::Held)
        }
    }

    /// Which of the stored conditions hold for it.
    pub fn holds(&self, variants: &[Entry]) -> impl Fn(Condition) -> bool + use<> {
        let now = match self {
            Self::Absent | Self::Pipe(PipeState::Ended) => Some(Condition::StdinEmpty),
            Self::Pipe(PipeState::Silent) => Some(Condition::StdinSilent),
            Self::Pipe(PipeState::Waiting) => None,
            Self::Held(held) => held.condition,
            Self::File(range) if range.is_empty() => Some(Condition::StdinEmpty),
            Self::File(range) => variants
                .iter()
                .any(|entry| matches!(entry.condition, Condition::Stdin(_)))
                .then(|| range.digest().map(Condition::Stdin).ok())
                .flatten(),
        };
        move |stored| stored == Condition::StdinUnread || Some(stored) == now
    }

    /// Takes what the command took when this condition was recorded.
    pub fn take(&self, condition: Condition) {
        if let (Self::File(range), Condition::Stdin(_)) = (self, condition) {
            let _ = seek(rustix::stdio::stdin(), SeekFrom::Start(range.stamp.size));
        }
    }
}

/// Standard input that was read.
#[derive(Debug)]
pub struct Held {
    /// What was read, in a file without a name, up to `length`.
    file: File,
    length: u64,
    /// What was read and could not be kept there.
    unkept: Vec<u8>,
    /// What the content is, if it was read to its end.
    pub condition: Option<Condition>,
}

impl Held {
    /// Reads standard input to its end, or as far as it can be kept.
    ///
    /// # Errors
    /// When nothing was read yet: it cannot be read at all, or not be kept anywhere.
    pub fn read(directory: &Path) -> io::Result<Self> {
        let file = tempfile::tempfile_in(directory).or_else(|_| tempfile::tempfile())?;
        let mut held = Self {
            file,
            length: 0,
            unkept: Vec::new(),
            condition: None,
        };
        let mut content = DigestBuilder::default();
        let mut buffer = vec![0; 64 << 10];
        loop {
            match io::stdin().lock().read(&mut buffer) {
                Ok(0) if held.length == 0 => held.condition = Some(Condition::StdinEmpty),
                Ok(0) => held.condition = Some(Condition::Stdin(content.finish())),
                Ok(count) => {
                    content.update(&buffer[..count]);
                    if held
                        .file
                        .write_all_at(&buffer[..count], held.length)
                        .is_ok()
                    {
                        held.length += count as u64;
                        continue;
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

    /// Writes what was read, and all that was not.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn copy_to(&self, to: &mut impl Write) -> io::Result<()> {
        io::copy(
            &mut FromOffset {
                file: &self.file,
                offset: 0,
            }
            .take(self.length),
            to,
        )?;
        if self.condition.is_none() {
            to.write_all(&self.unkept)?;
            io::copy(&mut io::stdin().lock(), to)?;
        }
        Ok(())
    }
}

const UNREADABLE: &str = "standard input is neither a pipe nor a file, so the command gets an empty \
                          one; use --stdin to give it all, or -n if that is meant";

/// Whether there is something to read, or the end.
fn is_waiting() -> bool {
    poll_now(PollFlags::IN).contains(PollFlags::IN)
}

fn is_null_device(stat: &rustix::fs::Stat) -> bool {
    rustix::fs::stat("/dev/null").is_ok_and(|null| null.st_rdev == stat.st_rdev)
}

fn poll_now(wanted: PollFlags) -> PollFlags {
    let stdin = rustix::stdio::stdin();
    let mut fds = [PollFd::from_borrowed_fd(stdin, wanted)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut fds, Some(&now)).map_or(PollFlags::empty(), |_| fds[0].revents())
}

impl PipeState {
    /// As it is now.
    #[must_use]
    pub fn now() -> Self {
        let seen = poll_now(PollFlags::IN);
        if seen.contains(PollFlags::IN) {
            Self::Waiting
        } else if seen.intersects(PollFlags::HUP | PollFlags::ERR) {
            Self::Ended
        } else {
            Self::Silent
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
        Ok(Self {
            start: seek(stdin, SeekFrom::Current(0))?,
            stamp,
        })
    }

    /// Whether there is nothing left to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start >= self.stamp.size
    }

    /// The digest of what is left to read, without moving on.
    ///
    /// # Errors
    /// As the system.
    pub fn digest(&self) -> io::Result<Digest> {
        let file = File::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?);
        let reader = FromOffset {
            file: &file,
            offset: self.start,
        }
        .take(self.stamp.size.saturating_sub(self.start));
        Digest::of_reader(reader)
    }
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
