//! Reads a pack as a stream. Nothing in it may be longer than its head says, and the head no longer than is allowed.

use super::head::{LONGEST_HEAD, PackHead, PackLimits};
use super::writer::MAX_CHUNK;
use crate::remote::sealed::reader::Unverified;
use crate::remote::sealed::refusal::Refusal;
use crate::terminal::Stream;
use std::io::{self, BufReader, Read, Write};

/// The largest window of a frame, 8 MiB. Frames that need more memory are refused.
const WINDOW: u32 = 23;

/// Reads the output, then the files, of a result.
pub struct PackReader<R: Read> {
    content: zstd::Decoder<'static, BufReader<R>>,
    /// Bytes of output that are still to come.
    output: u64,
    /// The lengths of the files that are still to come.
    files: std::vec::IntoIter<u64>,
}

impl<R: Read> PackReader<R> {
    /// Reads the head of a pack.
    ///
    /// # Errors
    /// When it cannot be read, or tells of more than these limits.
    pub fn new(content: R, limits: PackLimits) -> Result<(PackHead, Self), Unverified> {
        let mut content = zstd::Decoder::new(content)?.single_frame();
        content.window_log_max(WINDOW)?;
        let mut length = [0; 4];
        fill(&mut content, &mut length)?;
        let length = u32::from_le_bytes(length);
        if length > LONGEST_HEAD {
            return Err(Refusal::TooLong.into());
        }
        let mut head = Vec::new();
        content.by_ref().take(length.into()).read_to_end(&mut head).map_err(malformed)?;
        if head.len() as u64 != u64::from(length) {
            return Err(Refusal::Malformed.into());
        }
        let head = PackHead::decode(&head, limits)?;
        let files = head.files.iter().flat_map(|files| &files.contents);
        let files: Vec<u64> = files.map(|file| file.size).collect();
        let reader = Self { content, output: head.output, files: files.into_iter() };
        Ok((head, reader))
    }

    /// Hands all output to `sink`, in order of arrival.
    ///
    /// # Errors
    /// Those of `sink`, or when the pack is not as its head says.
    pub fn output(
        &mut self,
        mut sink: impl FnMut(Stream, &[u8]) -> io::Result<()>,
    ) -> Result<(), Unverified> {
        let mut buffer = vec![0; MAX_CHUNK];
        loop {
            let mut prefix = [0; 4];
            fill(&mut self.content, &mut prefix)?;
            let number = u32::from_le_bytes(prefix);
            let stream = if number & 1 == 1 { Stream::Stderr } else { Stream::Stdout };
            let length = (number >> 1) as usize;
            if length == 0 {
                return if self.output == 0 { Ok(()) } else { Err(Refusal::Malformed.into()) };
            }
            let chunk = buffer.get_mut(..length).ok_or(Refusal::Malformed)?;
            self.output = self.output.checked_sub(length as u64).ok_or(Refusal::Malformed)?;
            fill(&mut self.content, chunk)?;
            sink(stream, chunk)?;
        }
    }

    /// Writes the next file to `out`.
    ///
    /// # Errors
    /// Those of `out`, or when the pack is not as its head says.
    pub fn file(&mut self, out: &mut impl Write) -> Result<(), Unverified> {
        let mut left = self.files.next().ok_or(Refusal::Malformed)?;
        let mut buffer = vec![0; MAX_CHUNK];
        while left > 0 {
            let count = usize::try_from(left).unwrap_or(MAX_CHUNK).min(MAX_CHUNK);
            fill(&mut self.content, &mut buffer[..count])?;
            out.write_all(&buffer[..count])?;
            left -= count as u64;
        }
        Ok(())
    }

    /// Checks that all was read, and nothing follows.
    ///
    /// # Errors
    /// When that is not so.
    pub fn end(mut self) -> Result<(), Unverified> {
        let is_over = |reader: &mut dyn Read| reader.read(&mut [0]).map(|count| count == 0);
        let is_read = self.files.len() == 0 && is_over(&mut self.content).map_err(malformed)?;
        if is_read && is_over(&mut self.content.finish()).map_err(malformed)? {
            return Ok(());
        }
        Err(Refusal::Malformed.into())
    }
}

/// Faults of the decompression are those of what was packed. A file that cannot be read is told by its own.
fn malformed(fault: io::Error) -> Unverified {
    match fault.raw_os_error() {
        Some(_) => Unverified::Unreadable(fault),
        None => Refusal::Malformed.into(),
    }
}

fn fill(content: &mut impl Read, bytes: &mut [u8]) -> Result<(), Unverified> {
    content.read_exact(bytes).map_err(malformed)
}
