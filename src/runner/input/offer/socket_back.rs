//! The way back: bytes that the command writes to the socket that is its standard input are passed on to ours.

use crate::poll::poll_one;
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::sockopt::socket_error;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Bytes that are passed on at once.
const PIECE: usize = 64 << 10;

/// The bytes that the command writes to its standard input.
#[derive(Default)]
pub(super) struct WrittenBack {
    waiting: Vec<u8>,
    /// Whether there were ever any.
    was_written: bool,
    /// Whether our socket accepts no more bytes.
    is_closed: bool,
    /// How the command closed its end, if it did.
    pub(super) closing: Option<Closing>,
}

impl WrittenBack {
    /// Whether something could not be passed on yet.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether it will be passed on as soon as our socket has room.
    pub(super) fn waits_for_room(&self) -> bool {
        self.waits() && !self.is_closed
    }

    /// Passes on as many bytes as possible without waiting.
    pub(super) fn pass_on(&mut self, ours: &OwnedFd) {
        if self.waiting.is_empty() {
            let mut buffer = vec![0; PIECE];
            let count = match recv(ours, buffer.as_mut_slice(), RecvFlags::DONTWAIT) {
                Ok((count, _)) => count,
                Err(error) => {
                    if error == Errno::CONNRESET {
                        self.closing = Some(Closing::Reset);
                    }
                    return;
                }
            };
            if count == 0 {
                self.closing = Some(Closing::Closed);
            }
            buffer.truncate(count);
            self.was_written |= count > 0;
            self.waiting = buffer;
        }
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        match send(rustix::stdio::stdin(), &self.waiting, flags) {
            Ok(count) => drop(self.waiting.drain(..count)),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.close(ours),
        }
    }

    /// Whether the other end was closed with unread bytes in it.
    pub(super) fn is_reset(&self, ours: &OwnedFd) -> bool {
        self.closing == Some(Closing::Reset) || !matches!(socket_error(ours), Ok(Ok(())))
    }

    /// Shows the command that nobody reads the bytes that it writes.
    fn close(&mut self, ours: &OwnedFd) {
        self.waiting.clear();
        self.is_closed = true;
        let _ = shutdown(ours, Shutdown::Read);
    }

    /// Passes on all bytes that are left. Returns whether the command ever wrote any.
    pub(super) fn finish(&mut self, ours: &OwnedFd) -> bool {
        loop {
            let waiting = std::mem::take(&mut self.waiting);
            if send_all(rustix::stdio::stdin(), &waiting).is_err() {
                self.close(ours);
            }
            self.pass_on(ours);
            if !self.waits() {
                let is_empty = rustix::io::ioctl_fionread(ours).map_or(true, |bytes| bytes == 0);
                if is_empty {
                    return self.was_written;
                }
            }
        }
    }
}

/// How the other end was closed.
#[derive(PartialEq, Eq)]
pub(super) enum Closing {
    Closed,
    /// With unread bytes in it.
    Reset,
}

/// Sends all bytes, and waits for the reader if there is no room.
pub(super) fn send_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match send(to, bytes, SendFlags::NOSIGNAL) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => _ = poll_one(to, PollFlags::OUT, None)?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
