//! Writing without waiting for a reader, as long as somebody else would have to wait meanwhile.

use super::stream::Stream;
use rustix::fs::FileType;
use std::io;
use std::time::Duration;

/// How long the reader of our output may be waited for, all in all.
#[derive(Debug)]
pub struct WriteDeadline(
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing is waited for"))]
    Duration,
);

impl WriteDeadline {
    /// A deadline that allows so much waiting.
    #[must_use]
    pub fn after(duration: Duration) -> Self {
        Self(duration)
    }

    /// Writes to a stream as [`Stream::write_all`] does, and tells how much before the reader would have to
    /// be waited for too long. Once that was not all no more is allowed.
    ///
    /// # Errors
    /// As [`Stream::write_all`].
    pub fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<usize> {
        match FileType::from_raw_mode(rustix::fs::fstat(stream.fd())?.st_mode) {
            // Nobody reads them. (Of devices only those like /dev/null write in an instant.)
            FileType::RegularFile => stream.write_all(bytes).map(|()| bytes.len()),
            #[cfg(target_os = "linux")]
            FileType::Fifo | FileType::CharacterDevice => self.write_at_once(stream, bytes),
            _ => Ok(0),
        }
    }

    /// Waits for the reader only where the system can be told to write what there is room for.
    #[cfg(target_os = "linux")]
    fn write_at_once(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<usize> {
        use rustix::io::{Errno, IoSlice, ReadWriteFlags, pwritev2};
        /// Where the stream is.
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

    /// Waits until something can be written, and tells whether that is so.
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
