//! What a command did: its output as chunks in order of arrival, and how it ended.
//!
//! The body is a row of frames: a little-endian `u32` that holds the length and, in its lowest bit,
//! the stream, then the bytes. The format is on disk, inside the store. Memory stays flat: what is recorded is
//! kept in memory up to [`IN_MEMORY`] bytes and in an unnamed file beyond; what is replayed is read where it is
//! stored, if it is long.

mod frames;
mod recorder;

use frames::Frames;
pub use frames::MAX_FRAME;
pub use recorder::{Abandoned, Recorder};

use crate::exit::Exit;
use crate::terminal::Stream;
use crate::time::Timestamp;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::time::Duration;
use xxhash_rust::xxh3::Xxh3;

/// Up to this many bytes of what is recorded stay in memory.
pub const IN_MEMORY: usize = 256 << 10;

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
    /// Where it is stored, and where somebody else may be waiting for us to be done with it.
    Stored {
        /// The frames.
        frames: Box<dyn Stored>,
        /// The streams that something of it is for.
        streams: Vec<Stream>,
    },
}

/// Frames where they are stored.
pub trait Stored: fmt::Debug {
    /// Hands the frames to `sink`, in pieces that need not end where a frame does. It tells how many bytes
    /// it took. One that takes less than it was given has to wait for its reader: before it is handed the
    /// rest, which it takes, what others are waiting for is let go.
    ///
    /// # Errors
    /// The sink's, or that of reading.
    fn for_each_piece(
        &mut self,
        sink: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<()>;

    /// The frames in an unnamed file.
    ///
    /// # Errors
    /// That of reading, or of writing the file.
    fn copied(&self) -> io::Result<File>;
}

/// An XXH3 checksum of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum(pub u128);

/// Computes a [`Checksum`] piece by piece.
#[derive(Clone, Default)]
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

/// What is learned of frames by looking them over.
#[derive(Debug, Default)]
pub struct Survey {
    checksummer: Checksummer,
    frames: Frames,
    stdout: bool,
    stderr: bool,
}

impl Survey {
    /// Takes the next bytes of the frames.
    ///
    /// # Errors
    /// None; it is what those who hand on expect.
    pub fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.checksummer.update(bytes);
        self.frames.take(bytes, &mut |stream, part| {
            match stream {
                Stream::Stdout => self.stdout = true,
                Stream::Stderr => self.stderr = true,
            }
            Ok(part.len())
        })
    }

    /// The checksum of all that was taken.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        self.checksummer.finish()
    }

    /// The streams that something of it is for.
    #[must_use]
    pub fn streams(&self) -> Vec<Stream> {
        let streams = [(Stream::Stdout, self.stdout), (Stream::Stderr, self.stderr)];
        streams.into_iter().filter_map(|(stream, is_used)| is_used.then_some(stream)).collect()
    }
}

impl fmt::Debug for Checksummer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Checksummer")
    }
}

impl Body {
    /// Hands every chunk to `sink`, in order of arrival, until it fails. A long chunk may come in parts.
    ///
    /// # Errors
    /// The sink's, or that of reading the file.
    pub fn for_each_chunk(
        &mut self,
        mut sink: impl FnMut(Stream, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        // How long the sink takes is not known. With no room for a copy others have to wait for it.
        let _ = self.let_go();
        self.for_each_part(|stream, bytes| sink(stream, bytes).map(|()| bytes.len()))
    }

    /// The same for a sink that tells how much of a part it took: see [`Stored::for_each_piece`].
    ///
    /// # Errors
    /// The sink's, or that of reading the file.
    pub fn for_each_part(
        &mut self,
        mut sink: impl FnMut(Stream, &[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        let mut frames = Frames::default();
        match &mut self.content {
            Content::Memory(bytes) => frames.take_all(bytes, &mut sink)?,
            Content::File(file) => {
                file.rewind()?;
                for_each_block(file, MAX_FRAME, |block| frames.take_all(block, &mut sink))?;
            }
            Content::Stored { frames: stored, .. } => {
                stored.for_each_piece(&mut |piece| frames.take(piece, &mut sink))?;
            }
        }
        frames.end()
    }

    /// Whether nothing of it is for another stream than the rest.
    #[must_use]
    pub fn is_of_one_stream(&self) -> bool {
        match &self.content {
            Content::Memory(bytes) => {
                let mut survey = Survey::default();
                survey.take(bytes).is_ok() && survey.streams().len() < 2
            }
            Content::Stored { streams, .. } => streams.len() < 2,
            Content::File(_) => false,
        }
    }

    /// Lets go of what others may be waiting for.
    ///
    /// # Errors
    /// When there is no room for a copy.
    pub fn let_go(&mut self) -> io::Result<()> {
        if let Content::Stored { frames: stored, .. } = &self.content {
            self.content = Content::File(stored.copied()?);
        }
        Ok(())
    }

    /// Hands the frames to `sink` in blocks of at most `size` bytes, or of any size if they are stored
    /// already.
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
                for_each_block(file, size, sink)
            }
            Content::Stored { frames: stored, .. } => {
                let mut fault = Ok(());
                stored.for_each_piece(&mut |piece| {
                    if fault.is_ok() {
                        fault = sink(piece);
                    }
                    Ok(piece.len())
                })?;
                fault
            }
        }
    }
}

fn for_each_block<E: From<io::Error>>(
    file: &mut impl Read,
    size: usize,
    mut sink: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut block = Vec::with_capacity(size);
    loop {
        block.clear();
        file.by_ref().take(size as u64).read_to_end(&mut block)?;
        if block.is_empty() {
            return Ok(());
        }
        sink(&block)?;
    }
}
