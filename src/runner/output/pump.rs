//! From a pipe of the command to our own stream and into the recording.
//!
//! Output goes on as soon as it arrives, unless it is to be held back. Memory stays flat.

use super::newlines::{self, Newlines};
use super::pump_end::PumpEnd;
use super::shared::SharedState;
use crate::poll::poll_one;
use crate::runner::async_fd::{watch, watch_pipe};
use crate::runner::error::SpawnError;
use crate::runner::left_behind::CLOSING_GRACE;
use crate::terminal::Stream;
use rustix::event::PollFlags;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

/// The size of the buffer at first. Most output is short, and memory that is never used costs time.
const SMALL_BUFFER: usize = 8 << 10;

/// The size of the buffer for longer output: what a pipe usually holds.
const LARGE_BUFFER: usize = 64 << 10;

/// More than any pipe holds. A process that writes more than this after the end of the command is not about to close
/// the pipe.
const MAX_AFTER_END: usize = 1 << 20;

/// Forwards and records what comes through one pipe.
pub(crate) struct Pump<'s> {
    to: Stream,
    kind: StreamKind,
    from: AsyncFd<OwnedFd>,
    /// Reports when the reader of our own stream goes away, where the system can.
    reader: Option<AsyncFd<OwnedFd>>,
    shared: &'s SharedState<'s>,
    /// When the command ended.
    ended: Receiver<Option<Instant>>,
    /// Bytes that were read since the command ended.
    since_end: usize,
    /// The newlines of a terminal that the command writes to.
    newlines: Option<Newlines>,
}

/// The kind of our own stream, which decides whether a write to it may wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StreamKind {
    /// A file or a device: it has no reader to wait for.
    File,
    Pipe,
    Other,
}

/// The result of waiting for more output.
enum Next {
    Bytes(usize),
    End(PumpEnd),
}

impl<'s> Pump<'s> {
    pub(crate) fn new(
        to: Stream,
        from: OwnedFd,
        shared: &'s SharedState<'s>,
        ended: Receiver<Option<Instant>>,
    ) -> Result<Self, SpawnError> {
        let from = watch_pipe(from, Interest::READABLE).map_err(SpawnError::Unavailable)?;
        let kind = kind(to);
        let reader = (kind == StreamKind::Pipe)
            .then(|| to.fd().try_clone_to_owned().ok())
            .flatten()
            .and_then(|fd| watch(fd, Interest::ERROR).ok());
        if kind == StreamKind::Other {
            shared.writer(to).start().map_err(SpawnError::Unavailable)?;
        }
        Ok(Self { to, kind, from, reader, shared, ended, since_end: 0, newlines: None })
    }

    /// A pump for a terminal that the command has in place of a pipe.
    pub(crate) fn of_terminal(self) -> Self {
        Self { newlines: Some(Newlines::default()), ..self }
    }

    /// Forwards until the pipe is closed, or the command has left it behind.
    pub(crate) async fn run(self) -> PumpEnd {
        let shared = self.shared;
        let end = self.forward_all().await;
        if let Some(reason) = end.unrecorded() {
            shared.give_up_storing(reason);
        }
        end
    }

    async fn forward_all(mut self) -> PumpEnd {
        let mut buffer = vec![0; SMALL_BUFFER];
        loop {
            let count = match self.next(&mut buffer).await {
                Next::Bytes(count) => count,
                Next::End(end) => return self.forward_rest(end).await,
            };
            let plain = self.plain(&buffer[..count]);
            if !self.record(plain.as_deref().unwrap_or(&buffer[..count])).await {
                continue;
            }
            let forwarded = match plain.filter(|_| self.wants_plain_newlines()) {
                Some(plain) => self.forward_plain(plain).await.map(|()| buffer),
                None => self.forward(buffer, count).await,
            };
            match forwarded {
                Ok(same) => buffer = same,
                Err(error) => return PumpEnd::Lost(error),
            }
            if count == SMALL_BUFFER && buffer.len() == SMALL_BUFFER {
                buffer = vec![0; LARGE_BUFFER];
            }
        }
    }

    /// Records bytes that the command wrote. Returns whether they are to be shown now.
    async fn record(&self, bytes: &[u8]) -> bool {
        if self.shared.record(self.to, bytes) {
            return false;
        }
        // Output can no longer be held back, or the other pump is just showing the output that was.
        self.shared.show_held().await;
        // This output goes to the terminal of the spinner, or to a pipe that may lead there.
        if self.kind != StreamKind::File || self.to != Stream::Stdout {
            self.shared.clear_spinner();
        }
        true
    }

    /// The bytes that the command wrote to its terminal, before the terminal translated newlines.
    fn plain(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.newlines.as_mut().map(|newlines| newlines.undo(bytes))
    }

    /// Whether our own stream is to get newlines as the command wrote them.
    fn wants_plain_newlines(&self) -> bool {
        !self.to.is_terminal() || newlines::are_translated(self.to.fd())
    }

    async fn forward_plain(&self, plain: Vec<u8>) -> io::Result<()> {
        let count = plain.len();
        self.forward(plain, count).await.map(|_| ())
    }

    /// Forwards a carriage return that no newline followed.
    async fn forward_rest(&mut self, end: PumpEnd) -> PumpEnd {
        let rest = self.newlines.as_mut().map_or(&b""[..], Newlines::flush);
        if rest.is_empty() || end.is_lost() || !self.record(rest).await {
            return end;
        }
        if !self.wants_plain_newlines() {
            return end;
        }
        self.forward_plain(rest.to_vec()).await.err().map_or(end, PumpEnd::Lost)
    }

    async fn next(&mut self, buffer: &mut [u8]) -> Next {
        loop {
            // This is checked before the read, because output from before the end has to be read first.
            let grace = self.ended.borrow_and_update().map(|ended| ended + CLOSING_GRACE);
            let is_over = grace.is_some_and(|grace| Instant::now() >= grace);
            if is_over && self.since_end > MAX_AFTER_END {
                return Next::End(self.leave_behind());
            }
            match rustix::io::read(&self.from, &mut *buffer) {
                // For a terminal that every process has closed, a read fails instead of returning the end.
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
            newlines::stop_translation(&self.from);
        }
        self.from.get_ref().try_clone().map_or_else(PumpEnd::Lost, PumpEnd::LeftBehind)
    }

    /// Waits for more to read, for the end of the command, or for the end of the grace period after it. Returns whether
    /// our own reader has gone away.
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

    /// Writes to our own stream. A write that may have to wait for a reader is made by another thread.
    async fn forward(&self, buffer: Vec<u8>, count: usize) -> io::Result<Vec<u8>> {
        let to = self.to;
        let write = move || to.write_all(&buffer[..count]).map(|()| buffer);
        if self.never_waits(count) {
            return write();
        }
        self.shared.write(to, write).await
    }

    fn never_waits(&self, count: usize) -> bool {
        /// A write of this size never waits if a pipe has room at all.
        const PIPE_BUF: usize = 4096;
        match self.kind {
            StreamKind::File => true,
            StreamKind::Pipe if count <= PIPE_BUF => {
                poll_one(self.to.fd(), PollFlags::OUT, Some(Duration::ZERO))
                    .is_ok_and(|seen| !seen.is_empty())
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
