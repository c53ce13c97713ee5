//! Records output while a command runs.
//!
//! Recording never stalls the command: if output cannot be recorded, or is too long, the recording is given up, and the
//! output still goes to its stream. The same output always gives the same frames, however it arrived, so that equal
//! files have one digest.

use super::blocks::{BLOCK, BlockFile, BlockSums, ContentDigest, read_block};
use super::body::{Body, Content};
use super::frames::{FrameReader, HEADER, MAX_FRAME, StreamSet, encode_header};
use crate::size::Size;
use crate::terminal::Stream;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Frames up to this many bytes stay in memory. Longer ones go to a file.
pub const IN_MEMORY: usize = 1 << 20;

/// Once there is a file, at most this many bytes of frames wait to be written.
const WAITING: usize = 512 << 10;

/// Writes are multiples of this, so that no page is touched twice.
const PAGE: usize = 4 << 10;

/// Records output in order of arrival, in constant memory.
pub struct Recorder {
    directory: PathBuf,
    limit: Size,
    /// The frames that are not in the file.
    frames: Vec<u8>,
    /// The last frame, which may still grow: where it begins in `frames`, and its stream.
    open_frame: Option<(usize, Stream)>,
    streams: StreamSet,
    output: u64,
    spilled: Option<Spilled>,
}

/// Why a recording was given up. The output itself went on.
#[derive(Debug, thiserror::Error)]
pub enum Abandoned {
    /// More output than `--max-output` allows.
    #[error("the output is longer than {0}")]
    TooLong(Size),
    /// The recording could not be written.
    #[error("cannot record the output: {0}")]
    Unwritable(#[from] io::Error),
}

impl Recorder {
    /// A recorder that keeps at most `limit` bytes of output. Long output is kept in a file in `directory`.
    pub fn new(directory: PathBuf, limit: Size) -> Self {
        Self {
            directory,
            limit,
            frames: Vec::new(),
            open_frame: None,
            streams: StreamSet::default(),
            output: 0,
            spilled: None,
        }
    }

    /// Records bytes that arrived on a stream, at most as many as fit into a frame.
    ///
    /// # Errors
    /// When the recording is given up, with the reason. None of these bytes was recorded, and all that came before
    /// still is.
    pub fn record(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Abandoned> {
        debug_assert!(bytes.len() <= MAX_FRAME);
        let output = self.output + bytes.len() as u64;
        if output > self.limit.0 {
            return Err(Abandoned::TooLong(self.limit));
        }
        let most = if self.spilled.is_some() { WAITING } else { IN_MEMORY };
        if self.frames.len() + 2 * HEADER + bytes.len() > most {
            // The last frame may still grow.
            let closed = self.open_frame.map_or(self.frames.len(), |(start, _)| start);
            self.spill(closed - closed % PAGE)?;
        }
        self.output = output;
        self.append(stream, bytes);
        Ok(())
    }

    fn append(&mut self, stream: Stream, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let start = match self.open_frame {
                Some((start, same)) if same == stream && self.frame_length(start) < MAX_FRAME => {
                    start
                }
                _ => self.begin_frame(stream),
            };
            let room = MAX_FRAME - self.frame_length(start);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.frames.extend_from_slice(now);
            let header = encode_header(stream, self.frame_length(start));
            self.frames[start..start + HEADER].copy_from_slice(&header);
            bytes = later;
        }
    }

    fn frame_length(&self, start: usize) -> usize {
        self.frames.len() - start - HEADER
    }

    fn begin_frame(&mut self, stream: Stream) -> usize {
        let start = self.frames.len();
        self.frames.extend_from_slice(&encode_header(stream, 0));
        self.open_frame = Some((start, stream));
        self.streams.insert(stream);
        start
    }

    /// Writes the first `count` bytes of the frames to the file. They stay in memory if that fails.
    fn spill(&mut self, count: usize) -> io::Result<()> {
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert(Spilled::new(&self.directory)?),
        };
        spilled.write(&self.frames[..count])?;
        self.frames.drain(..count);
        self.open_frame =
            self.open_frame.and_then(|(start, it)| Some((start.checked_sub(count)?, it)));
        Ok(())
    }

    /// Hands all recorded output to `sink`, until it fails.
    ///
    /// # Errors
    /// When the sink fails, or the file cannot be read.
    pub fn play(
        &mut self,
        mut sink: impl FnMut(Stream, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut frames = FrameReader::default();
        if let Some(spilled) = &self.spilled {
            spilled.for_each_block(|block| frames.read(block, &mut sink))?;
        }
        frames.read(&self.frames, &mut sink)?;
        frames.end()
    }

    /// The finished body. It is in a file if it is longer than [`IN_MEMORY`].
    ///
    /// # Errors
    /// When the last of it cannot be written.
    pub fn finish(mut self) -> Result<Body, Abandoned> {
        if self.spilled.is_some() {
            self.spill(self.frames.len())?;
        }
        let (content, length) = match self.spilled {
            None => {
                let length = self.frames.len() as u64;
                (Content::Memory(self.frames), length)
            }
            Some(spilled) => {
                let length = spilled.length;
                (Content::File(spilled.finish(self.streams)), length)
            }
        };
        Ok(Body::new(content, length, self.output))
    }
}

/// The beginning of the frames, in a file without a name.
struct Spilled {
    file: File,
    length: u64,
    sums: BlockSums,
    digest: blake3::Hasher,
}

impl Spilled {
    fn new(directory: &Path) -> io::Result<Self> {
        let file = tempfile::tempfile_in(directory)?;
        Ok(Self { file, length: 0, sums: BlockSums::default(), digest: blake3::Hasher::new() })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, self.length)?;
        self.sums.update(bytes);
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn for_each_block(&self, mut sink: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut buffer = vec![0; BLOCK];
        let mut blocks = 0..self.length.div_ceil(BLOCK as u64);
        blocks
            .try_for_each(|number| sink(read_block(&self.file, self.length, number, &mut buffer)?))
    }

    fn finish(self, streams: StreamSet) -> BlockFile {
        let digest = ContentDigest(*self.digest.finalize().as_bytes());
        let Self { file, length, sums, .. } = self;
        BlockFile { file, length, streams, digest, sums: sums.finish() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checksum::Checksum;
    use super::*;
    use proptest::prelude::*;

    const NO_LIMIT: Size = Size(u64::MAX);

    fn recorder(limit: Size) -> Recorder {
        Recorder::new(std::env::temp_dir(), limit)
    }

    /// The chunks as they come out, neighbours of one stream joined.
    fn chunks(body: &Body) -> Vec<(Stream, Vec<u8>)> {
        let mut chunks = Vec::new();
        body.for_each_chunk(|stream, bytes| {
            join(&mut chunks, stream, bytes);
            Ok(())
        })
        .expect("readable");
        chunks
    }

    fn join(chunks: &mut Vec<(Stream, Vec<u8>)>, stream: Stream, bytes: &[u8]) {
        match chunks.last_mut() {
            Some((last, joined)) if *last == stream => joined.extend_from_slice(bytes),
            _ => chunks.push((stream, bytes.to_vec())),
        }
    }

    fn stream() -> impl Strategy<Value = Stream> {
        prop_oneof![Just(Stream::Stdout), Just(Stream::Stderr)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn recorded_output_comes_back(
            writes in proptest::collection::vec((stream(), 1..=MAX_FRAME, any::<u8>()), 0..90)
        ) {
            let mut recorder = recorder(NO_LIMIT);
            let mut expected = Vec::new();
            for (stream, length, byte) in writes {
                let bytes = vec![byte; length];
                recorder.record(stream, &bytes).expect("recorded");
                join(&mut expected, stream, &bytes);
            }
            let mut played = Vec::new();
            recorder.play(|stream, bytes| { join(&mut played, stream, bytes); Ok(()) }).expect("played");
            prop_assert_eq!(&played, &expected);
            let body = recorder.finish().expect("recorded");
            let total: usize = expected.iter().map(|(_, bytes)| bytes.len()).sum();
            prop_assert_eq!(body.output, total as u64);
            let streams: Vec<_> = body.streams().iter().collect();
            let expected_streams = [Stream::Stdout, Stream::Stderr].into_iter()
                .filter(|stream| expected.iter().any(|(it, _)| it == stream));
            prop_assert_eq!(streams, expected_streams.collect::<Vec<_>>());
            match &body.content {
                Content::Memory(bytes) => {
                    prop_assert!(bytes.len() <= IN_MEMORY);
                    prop_assert_eq!((Checksum::of(bytes), bytes.len() as u64), (body.checksum, body.length));
                }
                Content::File(written) => {
                    prop_assert!(body.length > (IN_MEMORY - MAX_FRAME) as u64);
                    let file = written.file.try_clone().expect("cloned");
                    prop_assert_eq!(file.metadata().expect("known").len(), body.length);
                    let mut bytes = vec![0; usize::try_from(body.length).expect("short")];
                    file.read_exact_at(&mut bytes, 0).expect("read");
                    prop_assert_eq!(written.digest, ContentDigest(*blake3::hash(&bytes).as_bytes()));
                    let read = BlockFile::read(file, body.length, written.streams, written.digest);
                    prop_assert_eq!(read.expect("read").checksum(), body.checksum);
                }
            }
            prop_assert_eq!(chunks(&body), expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn equal_output_gives_equal_frames(
            runs in proptest::collection::vec((stream(), 1..9 * MAX_FRAME), 0..12),
            pieces in [1000..=MAX_FRAME, 1000..=MAX_FRAME],
        ) {
            let [one, other] = pieces.map(|piece| {
                let mut recorder = recorder(NO_LIMIT);
                for (stream, length) in &runs {
                    for chunk in vec![7; *length].chunks(piece) {
                        recorder.record(*stream, chunk).expect("recorded");
                    }
                }
                let body = recorder.finish().expect("recorded");
                let digest = match &body.content {
                    Content::File(file) => Some(file.digest),
                    Content::Memory(_) => None,
                };
                (digest, body.length, body.checksum)
            });
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn neighbours_on_one_stream_share_a_frame() {
        let mut recorder = recorder(NO_LIMIT);
        (0..1000).for_each(|_| recorder.record(Stream::Stdout, b"x").expect("recorded"));
        assert_eq!(recorder.finish().expect("recorded").length, 1004);
    }

    /// The output that a recorder still has after it refused more.
    fn kept(mut recorder: Recorder) -> usize {
        let mut kept = 0;
        recorder
            .play(|_, bytes| {
                kept += bytes.len();
                Ok(())
            })
            .expect("played");
        kept
    }

    #[test]
    fn output_above_the_limit_is_refused_and_earlier_output_is_kept() {
        let mut recorder = recorder(Size(4));
        recorder.record(Stream::Stdout, b"1234").expect("recorded");
        let refused = recorder.record(Stream::Stderr, b"5");
        assert!(matches!(refused, Err(Abandoned::TooLong(Size(4)))));
        assert_eq!(kept(recorder), 4);
    }

    #[test]
    fn output_that_cannot_be_written_is_refused_and_earlier_output_is_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut recorder = Recorder::new(directory.path().join("missing"), NO_LIMIT);
        let mut taken = 0;
        let mut refused = None;
        while refused.is_none() && taken <= 2 * IN_MEMORY {
            match recorder.record(Stream::Stdout, &[0; 10_000]) {
                Ok(()) => taken += 10_000,
                Err(reason) => refused = Some(reason),
            }
        }
        assert!(matches!(refused, Some(Abandoned::Unwritable(_))));
        assert!(taken > IN_MEMORY - MAX_FRAME);
        assert_eq!(kept(recorder), taken);
    }
}
