//! Offering a pipe, with `tee`.

use super::channel::{Channel, OfferEvent, Offered};
use super::gap::Gap;
use crate::entry::StdinKind;
use crate::key::DigestBuilder;
use crate::runner::left_behind::hangs_up;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, pipe_with, splice, tee};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// More bytes than any pipe holds: `tee` duplicates what is there.
const ANY_PIPE: usize = 1 << 20;

pub(super) struct PipeOffer {
    /// Our end of the command's standard input. Closing it shows the command the end.
    pipe: Option<OwnedFd>,
    /// A copy of what is on offer: another process may read our input.
    copy: (OwnedFd, OwnedFd),
    copied: usize,
    /// What is taken from our input passes through here.
    taken: (OwnedFd, OwnedFd),
}

impl PipeOffer {
    /// What the command reads from, and the offer.
    pub(super) fn new() -> io::Result<(OwnedFd, Self)> {
        let (theirs, pipe) = io::pipe()?;
        let private = || pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK);
        let (copy, taken) = (private()?, private()?);
        Ok((theirs.into(), Self { pipe: Some(pipe.into()), copy, copied: 0, taken }))
    }

    /// Takes some bytes from our input, up to `count` in all.
    fn take(&self, count: usize, taken: &mut Vec<u8>) -> io::Result<()> {
        let stdin = rustix::stdio::stdin();
        let wanted = (count - taken.len()).min(16 << 10);
        let moved = splice(stdin, None, &self.taken.1, None, wanted, SpliceFlags::NONBLOCK)?;
        if moved == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let before = taken.len();
        taken.resize(before + moved, 0);
        read_exactly(&self.taken.0, &mut taken[before..])
    }
}

impl Channel for PipeOffer {
    const KIND: StdinKind = StdinKind::Pipe;

    fn offer(&mut self) -> io::Result<Offered> {
        let Some(pipe) = &self.pipe else { return Ok(Offered::End) };
        // The copy comes first, and what is on offer from the copy: so both are the same whatever happens.
        if self.copied == 0 {
            self.copied =
                match tee(rustix::stdio::stdin(), &self.copy.1, ANY_PIPE, SpliceFlags::NONBLOCK) {
                    Ok(0) => {
                        self.pipe = None;
                        return Ok(Offered::End);
                    }
                    Ok(count) => count,
                    Err(Errno::AGAIN | Errno::INTR) => return Ok(Offered::Nothing),
                    Err(error) => return Err(error.into()),
                };
        }
        // The pipe of the command may hold less than the copy.
        match tee(&self.copy.0, pipe, self.copied, SpliceFlags::NONBLOCK)? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            count => Ok(Offered::Some(count)),
        }
    }

    fn unread(&self) -> io::Result<usize> {
        let Some(pipe) = &self.pipe else { return Ok(0) };
        Ok(usize::try_from(rustix::io::ioctl_fionread(pipe)?).unwrap_or(usize::MAX))
    }

    fn consume(
        &mut self,
        count: usize,
        rest: usize,
        content: &mut DigestBuilder,
    ) -> Result<(), Gap> {
        let mut offered = vec![0; count];
        let mut taken = Vec::with_capacity(count);
        // It is less where another process was faster.
        while taken.len() < count && self.take(count, &mut taken).is_ok() {}
        let copied = read_exactly(&self.copy.0, &mut offered);
        self.copied -= count;
        content.update(&offered);
        if offered == taken && copied.is_ok() {
            return Ok(());
        }
        offered.resize(count + rest, 0);
        let _ = read_exactly(&self.copy.0, &mut offered[count..]);
        Err(Gap::between(&offered, count, &taken))
    }

    fn wait(
        &mut self,
        ended: &OwnedFd,
        is_offering: bool,
        timeout: Timespec,
    ) -> io::Result<OfferEvent> {
        let Some(pipe) = &self.pipe else { return Ok(OfferEvent::Over) };
        // While bytes are on offer our input stays readable, so only a timeout helps.
        wait_for(ended, pipe, is_offering.then_some(&timeout))
    }

    fn has_reader(&self, grace: Duration) -> bool {
        let Some(pipe) = &self.pipe else { return false };
        !hangs_up(pipe, grace)
    }

    fn descriptors(&self) -> Vec<RawFd> {
        let (copy, taken) = (&self.copy, &self.taken);
        let private = [&copy.0, &copy.1, &taken.0, &taken.1];
        self.pipe.iter().chain(private).map(AsRawFd::as_raw_fd).collect()
    }

    fn finish(&mut self) -> bool {
        false
    }

    fn copy(self, Gap { not_given, mut still_there }: Gap, ended: &OwnedFd) {
        let Some(pipe) = self.pipe else { return };
        if write_all(&pipe, &not_given).is_err() {
            return;
        }
        let mut buffer = vec![0; 64 << 10];
        // If the wait fails, the read waits.
        while !matches!(wait_for(ended, &pipe, None), Ok(OfferEvent::Over)) {
            match rustix::io::read(rustix::stdio::stdin(), &mut buffer) {
                Ok(0) => return,
                Ok(count) => {
                    let known = still_there.min(count);
                    still_there -= known;
                    if write_all(&pipe, &buffer[known..count]).is_err() {
                        return;
                    }
                }
                Err(Errno::INTR | Errno::AGAIN) => {}
                // The command must not take this for the end of its input.
                Err(_) => {
                    let mut fds = [ended, &pipe].map(|fd| PollFd::new(fd, PollFlags::empty()));
                    while poll(&mut fds, None) == Err(Errno::INTR) {}
                    return;
                }
            }
        }
    }
}

/// Waits until the command ends or closes its input, and no longer than `timeout`, or without one until our input has
/// something.
fn wait_for(ended: &OwnedFd, pipe: &OwnedFd, timeout: Option<&Timespec>) -> io::Result<OfferEvent> {
    let mut fds = [
        PollFd::new(ended, PollFlags::empty()),
        PollFd::new(pipe, PollFlags::empty()),
        PollFd::from_borrowed_fd(rustix::stdio::stdin(), PollFlags::IN),
    ];
    let fds = if timeout.is_some() { &mut fds[..2] } else { &mut fds[..] };
    match poll(fds, timeout) {
        Ok(_) if fds[..2].iter().any(|fd| !fd.revents().is_empty()) => Ok(OfferEvent::Over),
        Ok(_) | Err(Errno::INTR) => Ok(OfferEvent::Look),
        Err(error) => Err(error.into()),
    }
}

fn write_all(pipe: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(pipe, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn read_exactly(pipe: &OwnedFd, mut buffer: &mut [u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        let count = rustix::io::read(pipe, &mut *buffer)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer = &mut buffer[count..];
    }
    Ok(())
}
