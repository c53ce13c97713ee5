//! Offering a socket. `MSG_PEEK` shows the bytes that wait in a socket. Bytes that the command writes to its socket are
//! passed on to ours.

use super::channel::Channel;
use super::socket_back::WrittenBack;
use crate::entry::StdinKind;
use crate::runner::left_behind::hangs_up;
use rustix::event::PollFlags;
use rustix::io::{Errno, ioctl_fionread};
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};
use rustix::stdio::stdin;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

pub(super) struct SocketOffer {
    /// Our end of the command's socket.
    ours: OwnedFd,
    /// The command's end, which shows how much was not taken. `None` after the end of the command: a process that was
    /// left behind is offered single lines, and we only see whether each was taken.
    theirs: Option<OwnedFd>,
    /// The bytes that the command writes to its input.
    back: WrittenBack,
}

impl SocketOffer {
    /// The socket that the command reads from, and the offer.
    pub(super) fn new() -> io::Result<(OwnedFd, Self)> {
        let (ours, theirs) = UnixStream::pair()?;
        let given = theirs.try_clone()?.into();
        let back = WrittenBack::default();
        Ok((given, Self { ours: ours.into(), theirs: Some(theirs.into()), back }))
    }
}

impl Channel for SocketOffer {
    const KIND: StdinKind = StdinKind::Socket;

    fn ours(&self) -> Option<&OwnedFd> {
        Some(&self.ours)
    }

    fn peek(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        recv(stdin(), buffer, RecvFlags::PEEK | RecvFlags::DONTWAIT).map(|(count, _)| count)
    }

    fn take(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        recv(stdin(), buffer, RecvFlags::DONTWAIT).map(|(count, _)| count)
    }

    fn give(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let newline = bytes.iter().position(|byte| *byte == b'\n');
        let wanted = match newline {
            Some(newline) if self.theirs.is_none() => &bytes[..=newline],
            _ => bytes,
        };
        send(&self.ours, wanted, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
    }

    fn show_end(&mut self) {
        let _ = shutdown(&self.ours, Shutdown::Write);
    }

    fn unread(&self, offered: usize) -> Result<usize, Errno> {
        if let Some(theirs) = &self.theirs {
            return Ok(usize::try_from(ioctl_fionread(theirs)?).unwrap_or(usize::MAX));
        }
        let is_taken = if hangs_up(&self.ours, Duration::ZERO) {
            !self.back.is_reset(&self.ours)
        } else {
            is_all_taken(&self.ours)
        };
        Ok(if is_taken { 0 } else { offered })
    }

    fn interests(&self, wants_input: bool) -> (PollFlags, PollFlags) {
        let wanted = |flag, is_wanted| if is_wanted { flag } else { PollFlags::empty() };
        let back = &self.back;
        let of_stdin =
            wanted(PollFlags::IN, wants_input) | wanted(PollFlags::OUT, back.waits_for_room());
        (wanted(PollFlags::IN, !back.waits() && back.closing.is_none()), of_stdin)
    }

    fn is_closed(&self, seen: PollFlags) -> bool {
        self.theirs.is_none() && seen.contains(PollFlags::HUP)
    }

    fn withdraw(&mut self) -> Option<usize> {
        let theirs = self.theirs.take()?;
        let (mut buffer, mut unread) = (vec![0; 64 << 10], 0);
        while let Ok((count @ 1.., _)) = recv(&theirs, buffer.as_mut_slice(), RecvFlags::DONTWAIT) {
            unread += count;
        }
        Some(unread)
    }

    fn pass_back(&mut self) {
        self.back.pass_on(&self.ours);
    }

    fn finish(&mut self) -> bool {
        self.back.finish(&self.ours)
    }

    fn descriptors(&self) -> Vec<RawFd> {
        vec![self.ours.as_raw_fd()]
    }
}

/// Whether all that was sent has been read.
#[allow(unsafe_code)]
fn is_all_taken(ours: &OwnedFd) -> bool {
    let mut waiting: libc::c_int = 0;
    // SAFETY: the call fills the number.
    unsafe { libc::ioctl(ours.as_raw_fd(), libc::TIOCOUTQ, &raw mut waiting) == 0 && waiting == 0 }
}
