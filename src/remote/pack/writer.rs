//! Writes a pack from streams.

use super::head::{LONGEST_HEAD, PackHead};
use crate::terminal::Stream;
use std::io::{self, Read, Write};

/// Bytes of output in the longest chunk.
pub(super) const MAX_CHUNK: usize = 64 << 10;

/// A compromise: half a gigabyte a second, and text becomes a fifth.
const LEVEL: i32 = 3;

/// Writes the output, then the files, of a result.
pub struct PackWriter<W: Write> {
    out: zstd::Encoder<'static, W>,
    /// Bytes of output that are still to come.
    output: u64,
    /// The lengths of the files that are still to come.
    files: std::vec::IntoIter<u64>,
}

impl<W: Write> PackWriter<W> {
    /// Begins a pack. As much has to follow as its head says.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(out: W, head: &PackHead) -> io::Result<Self> {
        let mut out = zstd::Encoder::new(out, LEVEL)?;
        let bytes = head.encode();
        let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= LONGEST_HEAD);
        out.write_all(&length.ok_or_else(|| wrong("the files are too many"))?.to_le_bytes())?;
        out.write_all(&bytes)?;
        let files = head.files.iter().flat_map(|files| &files.contents);
        let files: Vec<u64> = files.map(|file| file.size).collect();
        Ok(Self { out, output: head.output, files: files.into_iter() })
    }

    /// Adds output, in order of arrival.
    ///
    /// # Errors
    /// Those of `out`, or when there is more than the head says.
    pub fn output(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let left = self.output.checked_sub(bytes.len() as u64);
        self.output = left.ok_or_else(|| wrong("there is more output than was said"))?;
        for chunk in bytes.chunks(MAX_CHUNK) {
            self.out.write_all(&encode_prefix(stream, chunk.len()))?;
            self.out.write_all(chunk)?;
        }
        Ok(())
    }

    /// Ends the output.
    ///
    /// # Errors
    /// Those of `out`, or when there was less than the head says.
    pub fn end_output(&mut self) -> io::Result<()> {
        if self.output > 0 {
            return Err(wrong("there is less output than was said"));
        }
        self.out.write_all(&encode_prefix(Stream::Stdout, 0))
    }

    /// Adds the next file.
    ///
    /// # Errors
    /// Those of `out` and of the file, or when it is not as long as the head says.
    pub fn file(&mut self, content: impl Read) -> io::Result<()> {
        let length =
            self.files.next().ok_or_else(|| wrong("there are more files than were said"))?;
        let copied = io::copy(&mut content.take(length.saturating_add(1)), &mut self.out)?;
        if copied == length {
            Ok(())
        } else {
            Err(wrong("a file has another length than was said"))
        }
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// Those of `out`, or when files are missing.
    pub fn finish(self) -> io::Result<W> {
        if self.files.len() > 0 {
            return Err(wrong("there are fewer files than were said"));
        }
        self.out.finish()
    }
}

fn encode_prefix(stream: Stream, length: usize) -> [u8; 4] {
    let bit = u32::from(stream == Stream::Stderr);
    (u32::try_from(length).unwrap_or_default() << 1 | bit).to_le_bytes()
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}
