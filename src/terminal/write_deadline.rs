//! Writing with a limit on the time that the reader is waited for, while another process waits for us.

use super::stream::Stream;
use rustix::fs::FileType;
use std::io;
use std::time::Duration;

/// How long the reader of our output may be waited for in all.
#[derive(Debug)]
pub struct WriteDeadline(
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing is waited for"))]
    Duration,
);

impl WriteDeadline {
    /// A deadline that is over when the reader has been waited for this long.
    #[must_use]
    pub fn after(duration: Duration) -> Self {
        Self(duration)
    }

    /// Writes to a stream as [`Stream::write_all`] does, but only until the deadline. Returns how many bytes were written.
    ///
    /// # Errors
    /// As [`Stream::write_all`].
    pub fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<usize> {
        match FileType::from_raw_mode(rustix::fs::fstat(stream.fd())?.st_mode) {
            // It has no reader. (Of devices only some, such as /dev/null, take a write at once.)
            FileType::RegularFile => stream.write_all(bytes).map(|()| bytes.len()),
            #[cfg(target_os = "linux")]
            FileType::Fifo | FileType::CharacterDevice => self.write_at_once(stream, bytes),
            _ => Ok(0),
        }
    }

    /// Linux can be told to write only what there is room for. Elsewhere the reader is not waited for.
    #[cfg(target_os = "linux")]
    fn write_at_once(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<usize> {
        use rustix::io::{Errno, IoSlice, ReadWriteFlags, pwritev2};
        /// The current offset.
        const HERE: u64 = u64::MAX;
        let mut written = 0;
        while written < bytes.len() {
            let rest = [IoSlice::new(&bytes[written..])];
            match pwritev2(stream.fd(), &rest, HERE, ReadWriteFlags::NOWAIT) {
                Ok(more) => written += more,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if self.wait(stream)? => {}
                Err(error @ Errno::PIPE) => return Err(error.into()),
                Err(_) => break,
            }
        }
        Ok(written)
    }

    /// Waits until something can be written. Whether that is so.
    #[cfg(target_os = "linux")]
    fn wait(&mut self, stream: Stream) -> io::Result<bool> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let begun = std::time::Instant::now();
        let left = Timespec::try_from(self.0).map_err(io::Error::other)?;
        let ready = poll(&mut [PollFd::from_borrowed_fd(stream.fd(), PollFlags::OUT)], Some(&left));
        self.0 = self.0.saturating_sub(begun.elapsed());
        Ok(ready.is_ok_and(|ready| ready > 0) && !self.0.is_zero())
    }
}
