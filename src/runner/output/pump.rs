//! From a pipe of the command to our own stream and into the recording.
//!
//! What arrives goes on at once, unless it is to be held back, and memory stays flat.

use super::newlines::{self, Newlines};
use super::shared::Shared;
use super::tape::Passage;
use crate::runner::async_fd::{watch, watch_pipe};
use crate::runner::error::{SpawnError, Unrecorded};
use crate::runner::left_behind::GRACE;
use crate::terminal::Stream;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::io;
use std::os::fd::OwnedFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

/// Bytes that are read at once, at first. Most output is short, and memory that is never used costs time.
const LITTLE: usize = 8 << 10;

/// As much as a pipe holds.
const BUFFER: usize = 64 << 10;

/// More than any pipe holds: whoever writes that much after the end of the command is not about to close it.
const FULL: usize = 1 << 20;

/// How a pump came to its end.
pub(in crate::runner) enum PumpEnd {
    /// Everybody closed the pipe.
    Whole,
    /// The command ended a moment ago and somebody still holds the pipe.
    LeftBehind(OwnedFd),
    /// Our own stream failed; the pipe is closed, so that the command notices.
    Lost(io::Error),
    /// Our own stream was not waited for.
    Abandoned,
}

/// What is left to do after a pump.
#[derive(Default)]
pub(in crate::runner) struct AfterPump {
    pub(in crate::runner) left_behind: Option<OwnedFd>,
    pub(in crate::runner) lost: Option<io::Error>,
}

impl PumpEnd {
    /// Why there is no whole recording.
    fn unrecorded(&self) -> Option<Unrecorded> {
        match self {
            Self::Whole => None,
            Self::LeftBehind(_) => Some(Unrecorded::LeftBehind),
            Self::Lost(_) | Self::Abandoned => Some(Unrecorded::OutputLost),
        }
    }

    /// Whether our own stream did not take all.
    pub(in crate::runner) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Abandoned)
    }

    pub(in crate::runner) fn split(self) -> AfterPump {
        match self {
            Self::LeftBehind(pipe) => AfterPump { left_behind: Some(pipe), lost: None },
            Self::Lost(error) => AfterPump { left_behind: None, lost: Some(error) },
            Self::Abandoned => AfterPump { left_behind: None, lost: Some(not_taken()) },
            Self::Whole => AfterPump::default(),
        }
    }
}

/// Why what was not waited for is lost.
fn not_taken() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the reader did not take it in time")
}

pub(in crate::runner) struct Pump<'s> {
    to: Stream,
    kind: StreamKind,
    from: AsyncFd<OwnedFd>,
    /// Tells when the reader of our own stream goes away, where the system can.
    reader: Option<AsyncFd<OwnedFd>>,
    shared: &'s Shared<'s>,
    /// When the command ended.
    ended: Receiver<Option<Instant>>,
    /// Bytes that were read since then.
    since_end: usize,
    /// Of a terminal that the command writes to.
    newlines: Option<Newlines>,
}

/// What our own stream is, as far as writing to it goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StreamKind {
    /// Never waits for a reader.
    File,
    Pipe,
    Other,
}

/// How long a pump waits for more.
enum Next {
    Bytes(usize),
    End(PumpEnd),
}

impl<'s> Pump<'s> {
    pub(in crate::runner) fn new(
        to: Stream,
        from: OwnedFd,
        shared: &'s Shared<'s>,
        ended: Receiver<Option<Instant>>,
    ) -> Result<Self, SpawnError> {
        let from = watch_pipe(from, Interest::READABLE).map_err(SpawnError::Other)?;
        let kind = kind(to);
        let reader = (kind == StreamKind::Pipe)
            .then(|| rustix::io::fcntl_dupfd_cloexec(to.fd(), 3).ok())
            .flatten()
            .and_then(|fd| watch(fd, Interest::ERROR).ok());
        if kind == StreamKind::Other {
            shared.writer(to).start().map_err(SpawnError::Other)?;
        }
        Ok(Self { to, kind, from, reader, shared, ended, since_end: 0, newlines: None })
    }

    /// The same, from a terminal that the command has in place of a pipe.
    pub(in crate::runner) fn of_terminal(self) -> Self {
        Self { newlines: Some(Newlines::default()), ..self }
    }

    /// Forwards until the pipe is closed, or left behind.
    pub(in crate::runner) async fn run(self) -> PumpEnd {
        let shared = self.shared;
        let end = self.forward_all().await;
        if let Some(reason) = end.unrecorded() {
            shared.give_up_storing(reason);
        }
        end
    }

    async fn forward_all(mut self) -> PumpEnd {
        let mut buffer = vec![0; LITTLE];
        loop {
            let count = match self.next(&mut buffer).await {
                Next::Bytes(count) => count,
                Next::End(end) => return self.forward_rest(end).await,
            };
            let plain = self.plain(&buffer[..count]);
            if !self.take_down(plain.as_deref().unwrap_or(&buffer[..count])).await {
                continue;
            }
            let forwarded = match plain.filter(|_| self.adds_to_newlines()) {
                Some(plain) => self.forward_plain(plain).await.map(|()| buffer),
                None => self.forward(buffer, count).await,
            };
            match forwarded {
                Ok(same) => buffer = same,
                Err(error) => return PumpEnd::Lost(error),
            }
            if count == LITTLE && buffer.len() == LITTLE {
                buffer = vec![0; BUFFER];
            }
        }
    }

    /// Records what the command wrote. Whether it is to be shown now.
    async fn take_down(&self, bytes: &[u8]) -> bool {
        match self.shared.take_down(self.to, bytes) {
            Passage::Held => return false,
            Passage::Forward => self.shared.until_released().await,
            Passage::Release(tape) => self.shared.release(tape).await,
        }
        self.give_way();
        true
    }

    /// What the command wrote to its terminal, where that is not the same as what came out of it.
    fn plain(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.newlines.as_mut().map(|newlines| newlines.take_back(bytes))
    }

    /// Whether what the command wrote is right for our own stream, not what its terminal made of it.
    fn adds_to_newlines(&self) -> bool {
        !self.to.is_terminal() || newlines::are_made_longer(self.to.fd())
    }

    async fn forward_plain(&self, plain: Vec<u8>) -> io::Result<()> {
        let count = plain.len();
        self.forward(plain, count).await.map(|_| ())
    }

    /// Forwards what no newline followed.
    async fn forward_rest(&mut self, end: PumpEnd) -> PumpEnd {
        let rest = self.newlines.as_mut().map_or(&b""[..], Newlines::rest);
        if rest.is_empty() || end.is_lost() || !self.take_down(rest).await {
            return end;
        }
        if !self.adds_to_newlines() {
            return end;
        }
        self.forward_plain(rest.to_vec()).await.err().map_or(end, PumpEnd::Lost)
    }

    async fn next(&mut self, buffer: &mut [u8]) -> Next {
        loop {
            // Asked for before reading: what was written before the end is read before it counts.
            let grace = self.ended.borrow_and_update().map(|ended| ended + GRACE);
            let is_over = grace.is_some_and(|grace| Instant::now() >= grace);
            if is_over && self.since_end > FULL {
                return Next::End(self.leave_behind());
            }
            match rustix::io::read(&self.from, &mut *buffer) {
                // A terminal that nobody holds any more gives an error in place of the end.
                Ok(0) | Err(Errno::IO) => return Next::End(PumpEnd::Whole),
                Ok(count) => {
                    self.since_end += if grace.is_some() { count } else { 0 };
                    return Next::Bytes(count);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if is_over => return Next::End(self.leave_behind()),
                Err(Errno::AGAIN) => {
                    if self.wait(grace).await {
                        return Next::End(PumpEnd::Lost(io::ErrorKind::BrokenPipe.into()));
                    }
                }
                Err(error) => return Next::End(PumpEnd::Lost(error.into())),
            }
        }
    }

    fn leave_behind(&self) -> PumpEnd {
        if self.newlines.is_some() {
            newlines::leave_alone(&self.from);
        }
        let pipe = rustix::io::fcntl_dupfd_cloexec(&self.from, 3);
        pipe.map_or_else(|error| PumpEnd::Lost(error.into()), PumpEnd::LeftBehind)
    }

    /// Waits for more to read, for the end of the command, or for that of its grace; whether our own reader went
    /// away.
    async fn wait(&mut self, grace: Option<Instant>) -> bool {
        let over = async {
            match grace {
                Some(grace) => sleep_until(grace).await,
                None => std::future::pending().await,
            }
        };
        let reader_gone = async {
            match &self.reader {
                Some(reader) => _ = reader.ready(Interest::ERROR).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ready = self.from.readable() => {
                if let Ok(mut ready) = ready {
                    ready.clear_ready();
                }
                false
            }
            _ = self.ended.changed(), if grace.is_none() => false,
            () = over => false,
            () = reader_gone => true,
        }
    }

    /// The spinner leaves before anything reaches its terminal, or a pipe that may lead there.
    fn give_way(&self) {
        if self.kind == StreamKind::File && self.to == Stream::Stdout {
            return;
        }
        if let Some(spinner) = &mut *self.shared.spinner.borrow_mut() {
            spinner.clear();
        }
    }

    /// Writes to our own stream, in another thread where it may have to wait for its reader.
    async fn forward(&self, buffer: Vec<u8>, count: usize) -> io::Result<Vec<u8>> {
        let to = self.to;
        let write = move || to.write_all(&buffer[..count]).map(|()| buffer);
        if self.never_waits(count) {
            return write();
        }
        self.shared.write(to, write).await
    }

    fn never_waits(&self, count: usize) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        /// What fits into a pipe that has any room.
        const PIPE_BUF: usize = 4096;
        match self.kind {
            StreamKind::File => true,
            StreamKind::Pipe if count <= PIPE_BUF => {
                let mut fds = [PollFd::from_borrowed_fd(self.to.fd(), PollFlags::OUT)];
                let now = Timespec { tv_sec: 0, tv_nsec: 0 };
                poll(&mut fds, Some(&now)).is_ok_and(|ready| ready == 1)
            }
            StreamKind::Pipe | StreamKind::Other => false,
        }
    }
}

fn kind(stream: Stream) -> StreamKind {
    let file_type =
        rustix::fs::fstat(stream.fd()).map(|stat| FileType::from_raw_mode(stat.st_mode));
    match file_type {
        Ok(FileType::RegularFile) => StreamKind::File,
        Ok(FileType::CharacterDevice) if !stream.is_terminal() => StreamKind::File,
        Ok(FileType::Fifo) => StreamKind::Pipe,
        _ => StreamKind::Other,
    }
}
