//! Recorded output, in memory or in a file.

use super::blocks::BlockFile;
use super::checksum::Checksum;
use super::frames::{FrameReader, StreamSet};
use crate::terminal::Stream;
use std::io;

/// Recorded output.
#[derive(Debug)]
pub struct Body {
    /// The frames.
    pub content: Content,
    /// Length of all frames, in bytes.
    pub length: u64,
    /// Bytes of output in the frames. For a stored entry this includes its output files.
    pub output: u64,
    /// The checksum that shows whether the frames are damaged.
    pub checksum: Checksum,
}

/// Where frames are kept.
#[derive(Debug)]
pub enum Content {
    /// In memory.
    Memory(Vec<u8>),
    /// In a file.
    File(BlockFile),
}

impl Content {
    fn checksum(&self) -> Checksum {
        match self {
            Self::Memory(frames) => Checksum::of(frames),
            Self::File(file) => file.checksum(),
        }
    }
}

impl Body {
    /// Frames of this length, with their checksum as it is now.
    pub fn new(content: Content, length: u64, output: u64) -> Self {
        Self { checksum: content.checksum(), content, length, output }
    }

    /// Hands every chunk to `sink`, in order of arrival, until it fails. A long chunk comes in parts.
    ///
    /// # Errors
    /// When the sink fails, or with [`UnreadableRecording`](super::UnreadableRecording) when the file fails or is
    /// damaged.
    pub fn for_each_chunk(
        &self,
        mut sink: impl FnMut(Stream, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut frames = FrameReader::default();
        match &self.content {
            Content::Memory(bytes) => frames.read(bytes, &mut sink)?,
            Content::File(file) => {
                file.for_each_block(|block| frames.read(block, &mut sink))?;
            }
        }
        frames.end()
    }

    /// Which streams were written to.
    pub fn streams(&self) -> StreamSet {
        match &self.content {
            Content::Memory(bytes) => {
                let mut streams = StreamSet::default();
                let _ = FrameReader::default().read(bytes, &mut |stream, _| {
                    streams.insert(stream);
                    Ok(())
                });
                streams
            }
            Content::File(file) => file.streams,
        }
    }
}
