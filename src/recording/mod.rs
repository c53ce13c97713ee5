//! What a command did: its output as chunks in order of arrival, and how it ended.
//!
//! The body is a row of frames: a little-endian `u32` that holds the length and, in its lowest bit,
//! the stream, then the bytes. The format is on disk, inside the store. Memory stays flat: a body
//! is kept in memory up to [`IN_MEMORY`] bytes and in an unnamed file beyond.

mod recorder;

pub use recorder::{Abandoned, Recorder};

use crate::exit::Exit;
use crate::terminal::Stream;
use crate::time::Timestamp;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::time::Duration;
use xxhash_rust::xxh3::Xxh3;

/// Bodies up to this many bytes stay in memory.
pub const IN_MEMORY: usize = 256 << 10;

/// No frame is longer than this.
pub const MAX_FRAME: usize = 64 << 10;

/// A finished run.
#[derive(Debug)]
pub struct Recording {
    /// The output.
    pub body: Body,
    /// How the command ended.
    pub exit: Exit,
    /// When it ended; its age counts from here.
    pub ended: Timestamp,
    /// How long it ran.
    pub elapsed: Duration,
}

/// Recorded output.
#[derive(Debug)]
pub struct Body {
    /// Where the frames are.
    pub content: Content,
    /// Length of all frames, in bytes.
    pub length: u64,
    /// Bytes of output in them.
    pub output: u64,
    /// Guards against damage, not against forgery: whoever can write the store owns it.
    pub checksum: Checksum,
}

/// Where frames are kept.
#[derive(Debug)]
pub enum Content {
    /// In memory.
    Memory(Vec<u8>),
    /// In an unnamed file.
    File(File),
}

/// An XXH3 checksum of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum(pub u128);

/// Computes a [`Checksum`] piece by piece.
#[derive(Default)]
pub struct Checksummer(Xxh3);

impl Checksummer {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all that was taken.
    #[must_use]
    pub fn finish(&self) -> Checksum {
        Checksum(self.0.digest128())
    }
}

impl std::fmt::Debug for Checksummer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Checksummer")
    }
}

impl Body {
    /// Hands every chunk to `sink`, in order of arrival, until it fails.
    ///
    /// # Errors
    /// The sink's, or that of reading the file.
    pub fn for_each_chunk(
        &mut self,
        mut sink: impl FnMut(Stream, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        match &mut self.content {
            Content::Memory(bytes) => read_frames(bytes.as_slice(), &mut sink),
            Content::File(file) => {
                file.rewind()?;
                read_frames(io::BufReader::with_capacity(MAX_FRAME, file), &mut sink)
            }
        }
    }

    /// Hands the frames to `sink` in blocks of at most `size` bytes.
    ///
    /// # Errors
    /// The sink's, or that of reading the file.
    pub fn for_each_block<E: From<io::Error>>(
        &mut self,
        size: usize,
        mut sink: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        match &mut self.content {
            Content::Memory(bytes) => bytes.chunks(size).try_for_each(sink),
            Content::File(file) => {
                file.rewind()?;
                let mut block = Vec::with_capacity(size);
                loop {
                    block.clear();
                    file.take(size as u64).read_to_end(&mut block)?;
                    if block.is_empty() {
                        return Ok(());
                    }
                    sink(&block)?;
                }
            }
        }
    }
}

fn read_frames(
    mut frames: impl Read,
    sink: &mut impl FnMut(Stream, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut chunk = Vec::new();
    let mut header = [0; 4];
    loop {
        if frames.read(&mut header[..1])? == 0 {
            return Ok(());
        }
        frames.read_exact(&mut header[1..])?;
        let (stream, length) = decode_header(header);
        chunk.clear();
        frames.by_ref().take(length as u64).read_to_end(&mut chunk)?;
        if chunk.len() < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        sink(stream, &chunk)?;
    }
}

fn encode_header(stream: Stream, length: usize) -> [u8; 4] {
    debug_assert!(length <= MAX_FRAME);
    let bit = u32::from(stream == Stream::Stderr);
    (u32::try_from(length).unwrap_or_default() << 1 | bit).to_le_bytes()
}

fn decode_header(header: [u8; 4]) -> (Stream, usize) {
    let number = u32::from_le_bytes(header);
    let stream = if number & 1 == 1 { Stream::Stderr } else { Stream::Stdout };
    (stream, (number >> 1) as usize)
}
