//! Offering a socket, by looking at what waits in it. What the command writes to its own goes on to ours.

use super::channel::{Channel, Event, Offered};
use super::gap::Gap;
use crate::entry::StdinKind;
use crate::key::DigestBuilder;
use crate::runner::left_behind::hangs_up;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::socket_error;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

pub(super) struct SocketOffer {
    /// Our end of the command's socket.
    ours: OwnedFd,
    /// The command's end, to see how much it has not taken. `None` where nobody but those whom the command left
    /// behind may hold it: what is on offer then is a line, which they take whole or not at all as far as we see.
    theirs: Option<OwnedFd>,
    /// What is on offer, as it was: somebody else may read ours.
    offered: Vec<u8>,
    /// Whether the command sees the end.
    is_at_end: bool,
    /// What the command wrote that is not in ours yet.
    back: Back,
}

impl SocketOffer {
    /// What the command reads from, and the offer.
    pub(super) fn new() -> io::Result<(OwnedFd, Self)> {
        let (ours, theirs) = UnixStream::pair()?;
        let (ours, theirs) = (OwnedFd::from(ours), OwnedFd::from(theirs));
        let given = theirs.try_clone()?;
        let back = Back::default();
        Ok((
            given,
            Self { ours, theirs: Some(theirs), offered: Vec::new(), is_at_end: false, back },
        ))
    }

    /// Lets the command see the end.
    fn end(&mut self) {
        let _ = shutdown(&self.ours, Shutdown::Write);
        self.is_at_end = true;
    }
}

/// As much is on offer at once.
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
        let of_line = self.offered[..waiting].iter().position(|byte| *byte == b'\n');
        let wanted = match of_line {
            Some(of_line) if self.theirs.is_none() => of_line + 1,
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
        // It is less where somebody else was faster.
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

    fn wait(&mut self, ended: &OwnedFd, some: bool, timeout: Timespec) -> io::Result<Event> {
        // As long as something is on offer ours stays readable; only time can tell.
        let is_for_input = !some && !self.is_at_end;
        let timeout = some.then_some(timeout);
        let seen = self.see(ended, is_for_input, timeout.as_ref())?;
        if seen.ended {
            return Ok(Event::Over);
        }
        self.back.pass_on(&self.ours);
        Ok(Event::Look)
    }

    fn withdraw(&mut self) -> Option<usize> {
        let theirs = self.theirs.take()?;
        let (mut buffer, mut unread) = (vec![0; PIECE], 0);
        while let Ok((count @ 1.., _)) = recv(&theirs, buffer.as_mut_slice(), RecvFlags::DONTWAIT) {
            unread += count;
        }
        Some(unread)
    }

    fn is_held(&self, grace: Duration) -> bool {
        !hangs_up(&self.ours, grace)
    }

    fn descriptors(&self) -> Vec<RawFd> {
        vec![self.ours.as_raw_fd()]
    }

    fn finish(&mut self) -> bool {
        self.back.finish(&self.ours)
    }

    fn copy(mut self, Gap { unseen, mut twice }: Gap, ended: &OwnedFd) {
        let stdin = rustix::stdio::stdin();
        let _ = send_all(self.ours.as_fd(), &unseen);
        let mut buffer = vec![0; PIECE];
        while let Ok(seen) = self.see(ended, !self.is_at_end, None) {
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
                    let known = twice.min(count);
                    twice -= known;
                    let _ = send_all(self.ours.as_fd(), &buffer[known..count]);
                }
                Err(_) => {}
            }
        }
        self.back.finish(&self.ours);
    }
}

/// Whether nothing of what was sent waits at the other end.
#[allow(unsafe_code)]
fn is_all_taken(ours: &OwnedFd) -> bool {
    let mut waiting: libc::c_int = 0;
    // SAFETY: the call fills the number.
    unsafe { libc::ioctl(ours.as_raw_fd(), libc::TIOCOUTQ, &raw mut waiting) == 0 && waiting == 0 }
}

/// What there is to do.
struct Seen {
    ended: bool,
    input: bool,
}

impl SocketOffer {
    fn see(
        &self,
        ended: &OwnedFd,
        is_for_input: bool,
        timeout: Option<&Timespec>,
    ) -> io::Result<Seen> {
        let back = &self.back;
        let wanted = |flag, is_wanted| if is_wanted { flag } else { PollFlags::empty() };
        let mut stdin = wanted(PollFlags::IN, is_for_input) | wanted(PollFlags::OUT, back.waits());
        if back.is_closed {
            stdin.remove(PollFlags::OUT);
        }
        let mut fds = [
            PollFd::new(ended, PollFlags::empty()),
            PollFd::new(&self.ours, wanted(PollFlags::IN, !back.waits() && back.end.is_none())),
            PollFd::from_borrowed_fd(rustix::stdio::stdin(), stdin),
        ];
        // What has hung up would say so again and again.
        let fds = if stdin.is_empty() { &mut fds[..2] } else { &mut fds[..] };
        let is_let_go = |seen: PollFlags| self.theirs.is_none() && seen.contains(PollFlags::HUP);
        match poll(fds, timeout) {
            Ok(_) => Ok(Seen {
                ended: !fds[0].revents().is_empty() || is_let_go(fds[1].revents()),
                input: fds.get(2).is_some_and(|fd| !fd.revents().is_empty()),
            }),
            Err(Errno::INTR) => Ok(Seen { ended: false, input: false }),
            Err(error) => Err(error.into()),
        }
    }
}

/// What the command writes to its standard input.
#[derive(Default)]
struct Back {
    waiting: Vec<u8>,
    /// Whether there was ever anything.
    was_written: bool,
    /// Nobody takes it.
    is_closed: bool,
    /// Why there will be no more.
    end: Option<End>,
}

impl Back {
    /// Whether something could not be passed on yet.
    fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Passes on what the command wrote, as far as that goes without waiting.
    fn pass_on(&mut self, ours: &OwnedFd) {
        if self.waiting.is_empty() {
            let mut buffer = vec![0; PIECE];
            let count = match recv(ours, buffer.as_mut_slice(), RecvFlags::DONTWAIT) {
                Ok((count, _)) => count,
                Err(error) => {
                    if error == Errno::CONNRESET {
                        self.end = Some(End::Reset);
                    }
                    return;
                }
            };
            if count == 0 {
                self.end = Some(End::Closed);
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

    /// Whether the other end was closed with something in it.
    fn is_reset(&self, ours: &OwnedFd) -> bool {
        self.end == Some(End::Reset) || !matches!(socket_error(ours), Ok(Ok(())))
    }

    /// Lets the command see that nobody takes what it writes.
    fn close(&mut self, ours: &OwnedFd) {
        self.waiting.clear();
        self.is_closed = true;
        let _ = shutdown(ours, Shutdown::Read);
    }

    /// Passes on all that is left; whether the command wrote anything.
    fn finish(&mut self, ours: &OwnedFd) -> bool {
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
enum End {
    Closed,
    /// With something in it.
    Reset,
}

/// Sends all of it, and waits for whoever reads it.
fn send_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match send(to, bytes, SendFlags::NOSIGNAL) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let _ = poll(&mut [PollFd::from_borrowed_fd(to, PollFlags::OUT)], None);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
