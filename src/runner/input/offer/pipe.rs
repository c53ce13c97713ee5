//! Offering a pipe. `tee` copies the bytes that wait in a pipe into another one without taking them.

use super::channel::Channel;
use crate::entry::StdinKind;
use rustix::event::PollFlags;
use rustix::io::{Errno, ioctl_fionbio, ioctl_fionread};
use rustix::pipe::{SpliceFlags, splice, tee};
use rustix::stdio::stdin;
use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

pub(super) struct PipeOffer {
    /// Our end of the command's standard input. Closing it shows the command the end.
    ours: Option<OwnedFd>,
    /// Bytes that are copied or taken from our input pass through this pipe, since a read of our input might wait.
    passage: (PipeReader, PipeWriter),
}

impl PipeOffer {
    /// The pipe that the command reads from, and the offer.
    pub(super) fn new() -> io::Result<(OwnedFd, Self)> {
        let (theirs, ours) = io::pipe()?;
        ioctl_fionbio(&ours, true)?;
        Ok((theirs.into(), Self { ours: Some(ours.into()), passage: io::pipe()? }))
    }

    /// Reads the bytes that have just been put into the passage.
    fn read(&self, count: usize, buffer: &mut [u8]) -> Result<usize, Errno> {
        let read = (&self.passage.0).read_exact(&mut buffer[..count]);
        read.map(|()| count).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }
}

impl Channel for PipeOffer {
    const KIND: StdinKind = StdinKind::Pipe;

    fn ours(&self) -> Option<&OwnedFd> {
        self.ours.as_ref()
    }

    fn peek(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        self.read(tee(stdin(), &self.passage.1, buffer.len(), SpliceFlags::NONBLOCK)?, buffer)
    }

    fn take(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let (from, to) = (stdin(), &self.passage.1);
        self.read(splice(from, None, to, None, buffer.len(), SpliceFlags::NONBLOCK)?, buffer)
    }

    fn give(&self, bytes: &[u8]) -> Result<usize, Errno> {
        rustix::io::write(self.ours.as_ref().ok_or(Errno::PIPE)?, bytes)
    }

    fn show_end(&mut self) {
        self.ours = None;
    }

    fn unread(&self, _: usize) -> Result<usize, Errno> {
        let unread = self.ours.as_ref().map_or(Ok(0), ioctl_fionread)?;
        Ok(usize::try_from(unread).unwrap_or(usize::MAX))
    }

    fn interests(&self, wants_input: bool) -> (PollFlags, PollFlags) {
        (PollFlags::empty(), if wants_input { PollFlags::IN } else { PollFlags::empty() })
    }

    fn is_closed(&self, seen: PollFlags) -> bool {
        !seen.is_empty()
    }

    fn descriptors(&self) -> Vec<RawFd> {
        let passage = [self.passage.0.as_raw_fd(), self.passage.1.as_raw_fd()];
        self.ours.iter().map(AsRawFd::as_raw_fd).chain(passage).collect()
    }
}
