//! Offering a socket, with `MSG_PEEK`. What the command writes to its socket goes on to ours.

use super::channel::{Channel, OfferEvent, Offered};
use super::gap::Gap;
use super::socket_back::{WrittenBack, send_all};
use crate::entry::StdinKind;
use crate::key::DigestBuilder;
use crate::runner::left_behind::hangs_up;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

pub(super) struct SocketOffer {
    /// Our end of the command's socket.
    ours: OwnedFd,
    /// The command's end, which shows how much was not taken. `None` after the end of the command: a process that was left
    /// behind is offered single lines, of which we see only whether they were taken.
    theirs: Option<OwnedFd>,
    /// A copy of what is on offer: another process may read our input.
    offered: Vec<u8>,
    /// Whether the command has been shown the end.
    is_at_end: bool,
    /// What the command writes to its input.
    back: WrittenBack,
}

impl SocketOffer {
    /// What the command reads from, and the offer.
    pub(super) fn new() -> io::Result<(OwnedFd, Self)> {
        let (ours, theirs) = UnixStream::pair()?;
        let (ours, theirs) = (OwnedFd::from(ours), OwnedFd::from(theirs));
        let given = theirs.try_clone()?;
        let back = WrittenBack::default();
        Ok((
            given,
            Self { ours, theirs: Some(theirs), offered: Vec::new(), is_at_end: false, back },
        ))
    }

    /// Shows the command the end.
    fn end(&mut self) {
        let _ = shutdown(&self.ours, Shutdown::Write);
        self.is_at_end = true;
    }
}

/// Bytes that are on offer at once.
const PIECE: usize = 64 << 10;

impl Channel for SocketOffer {
    const KIND: StdinKind = StdinKind::Socket;

    fn offer(&mut self) -> io::Result<Offered> {
        self.offered.resize(PIECE, 0);
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        let (waiting, _) = match recv(rustix::stdio::stdin(), self.offered.as_mut_slice(), flags) {
            Ok(count) => count,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(Offered::Nothing),
            Err(error) => return Err(error.into()),
        };
        if waiting == 0 {
            self.end();
            return Ok(Offered::End);
        }
        let newline = self.offered[..waiting].iter().position(|byte| *byte == b'\n');
        let wanted = match newline {
            Some(newline) if self.theirs.is_none() => newline + 1,
            _ => waiting,
        };
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let count = send(&self.ours, &self.offered[..wanted], flags)?;
        self.offered.truncate(count);
        Ok(Offered::Some(count))
    }

    fn unread(&self) -> io::Result<usize> {
        let Some(theirs) = &self.theirs else {
            let is_taken = if hangs_up(&self.ours, Duration::ZERO) {
                !self.back.is_reset(&self.ours)
            } else {
                is_all_taken(&self.ours)
            };
            return Ok(if is_taken { 0 } else { self.offered.len() });
        };
        Ok(usize::try_from(rustix::io::ioctl_fionread(theirs)?).unwrap_or(usize::MAX))
    }

    fn consume(&mut self, count: usize, _: usize, content: &mut DigestBuilder) -> Result<(), Gap> {
        let mut taken = vec![0; count];
        let mut done = 0;
        // It is less where another process was faster.
        while done < count
            && let Ok((more @ 1.., _)) =
                recv(rustix::stdio::stdin(), &mut taken[done..], RecvFlags::DONTWAIT)
        {
            done += more;
        }
        content.update(&self.offered[..count]);
        if self.offered[..count] != taken[..done] {
            return Err(Gap::between(&self.offered, count, &taken[..done]));
        }
        self.offered.drain(..count);
        Ok(())
    }

    fn wait(
        &mut self,
        ended: &OwnedFd,
        is_offering: bool,
        timeout: Timespec,
    ) -> io::Result<OfferEvent> {
        // While bytes are on offer our input stays readable, so only a timeout helps.
        let is_for_input = !is_offering && !self.is_at_end;
        let timeout = is_offering.then_some(timeout);
        let seen = self.wait_for(ended, is_for_input, timeout.as_ref())?;
        if seen.ended {
            return Ok(OfferEvent::Over);
        }
        self.back.pass_on(&self.ours);
        Ok(OfferEvent::Look)
    }

    fn withdraw(&mut self) -> Option<usize> {
        let theirs = self.theirs.take()?;
        let (mut buffer, mut unread) = (vec![0; PIECE], 0);
        while let Ok((count @ 1.., _)) = recv(&theirs, buffer.as_mut_slice(), RecvFlags::DONTWAIT) {
            unread += count;
        }
        Some(unread)
    }

    fn has_reader(&self, grace: Duration) -> bool {
        !hangs_up(&self.ours, grace)
    }

    fn descriptors(&self) -> Vec<RawFd> {
        vec![self.ours.as_raw_fd()]
    }

    fn finish(&mut self) -> bool {
        self.back.finish(&self.ours)
    }

    fn copy(mut self, Gap { not_given, mut still_there }: Gap, ended: &OwnedFd) {
        let stdin = rustix::stdio::stdin();
        let _ = send_all(self.ours.as_fd(), &not_given);
        let mut buffer = vec![0; PIECE];
        while let Ok(seen) = self.wait_for(ended, !self.is_at_end, None) {
            if seen.ended {
                break;
            }
            self.back.pass_on(&self.ours);
            if !seen.input {
                continue;
            }
            match recv(stdin, buffer.as_mut_slice(), RecvFlags::DONTWAIT) {
                Ok((0, _)) => self.end(),
                Ok((count, _)) => {
                    let known = still_there.min(count);
                    still_there -= known;
                    let _ = send_all(self.ours.as_fd(), &buffer[known..count]);
                }
                Err(_) => {}
            }
        }
        self.back.finish(&self.ours);
    }
}

/// Whether all that was sent has been read.
#[allow(unsafe_code)]
fn is_all_taken(ours: &OwnedFd) -> bool {
    let mut waiting: libc::c_int = 0;
    // SAFETY: the call fills the number.
    unsafe { libc::ioctl(ours.as_raw_fd(), libc::TIOCOUTQ, &raw mut waiting) == 0 && waiting == 0 }
}

/// What a wait has found.
struct SocketEvents {
    ended: bool,
    input: bool,
}

impl SocketOffer {
    fn wait_for(
        &self,
        ended: &OwnedFd,
        is_for_input: bool,
        timeout: Option<&Timespec>,
    ) -> io::Result<SocketEvents> {
        let back = &self.back;
        let wanted = |flag, is_wanted| if is_wanted { flag } else { PollFlags::empty() };
        let mut stdin = wanted(PollFlags::IN, is_for_input) | wanted(PollFlags::OUT, back.waits());
        if back.is_closed {
            stdin.remove(PollFlags::OUT);
        }
        let mut fds = [
            PollFd::new(ended, PollFlags::empty()),
            PollFd::new(&self.ours, wanted(PollFlags::IN, !back.waits() && back.closing.is_none())),
            PollFd::from_borrowed_fd(rustix::stdio::stdin(), stdin),
        ];
        // A descriptor that has hung up would end each wait at once.
        let fds = if stdin.is_empty() { &mut fds[..2] } else { &mut fds[..] };
        let is_closed = |seen: PollFlags| self.theirs.is_none() && seen.contains(PollFlags::HUP);
        match poll(fds, timeout) {
            Ok(_) => Ok(SocketEvents {
                ended: !fds[0].revents().is_empty() || is_closed(fds[1].revents()),
                input: fds.get(2).is_some_and(|fd| !fd.revents().is_empty()),
            }),
            Err(Errno::INTR) => Ok(SocketEvents { ended: false, input: false }),
            Err(error) => Err(error.into()),
        }
    }
}
