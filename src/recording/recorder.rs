//! Taking down output while a command runs.
//!
//! It never stalls the command: what cannot be taken down, or is too long, is given up, and the output goes on.

use super::frames::{Frames, MAX_FRAME, encode_header};
use super::{Body, Checksummer, Content, IN_MEMORY, for_each_block};
use crate::size::Size;
use crate::terminal::Stream;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// Takes output down in order of arrival, in constant memory.
#[derive(Debug)]
pub struct Recorder {
    directory: PathBuf,
    limit: Size,
    frames: Vec<u8>,
    /// Where the frame that may still grow begins in `frames`, and its stream.
    open_frame: Option<(usize, Stream)>,
    file: Option<File>,
    checksum: Checksummer,
    /// Bytes of frames that are in the file.
    spilled: u64,
    output: u64,
}

const HEADER: usize = size_of::<u32>();

/// Why a recording came to nothing; the output itself went on.
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
    /// A recorder that keeps at most `limit` bytes of output, the long ones in `directory`.
    #[must_use]
    pub fn new(directory: PathBuf, limit: Size) -> Self {
        Self {
            directory,
            limit,
            frames: Vec::new(),
            open_frame: None,
            file: None,
            checksum: Checksummer::default(),
            spilled: 0,
            output: 0,
        }
    }

    /// Takes down what arrived on a stream, at most [`MAX_FRAME`] bytes of it at once.
    ///
    /// # Errors
    /// Why the recording comes to nothing: none of these bytes was taken down, all that came before
    /// still is there.
    pub fn record(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Abandoned> {
        debug_assert!(bytes.len() <= MAX_FRAME);
        let output = self.output + bytes.len() as u64;
        if output > self.limit.0 {
            return Err(Abandoned::TooLong(self.limit));
        }
        if self.frames.len() + 2 * HEADER + bytes.len() > IN_MEMORY {
            self.spill()?;
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
        start
    }

    /// Moves the frames to the file; those that cannot be written stay.
    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(&self.directory)?),
        };
        file.write_all_at(&self.frames, self.spilled)?;
        self.checksum.update(&self.frames);
        self.spilled += self.frames.len() as u64;
        self.frames.clear();
        self.open_frame = None;
        Ok(())
    }

    /// Hands all that was taken down to `sink`, until it fails.
    ///
    /// # Errors
    /// The sink's, or that of reading the file.
    pub fn play(
        &mut self,
        mut sink: impl FnMut(Stream, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut sink = |stream, part: &[u8]| sink(stream, part).map(|()| part.len());
        let mut frames = Frames::default();
        if let Some(file) = &mut self.file {
            file.rewind()?;
            let mut spilled = file.take(self.spilled);
            for_each_block(&mut spilled, MAX_FRAME, |block| frames.take_all(block, &mut sink))?;
        }
        frames.take_all(&self.frames, &mut sink)?;
        frames.end()
    }

    /// The finished body.
    ///
    /// # Errors
    /// When the last of it cannot be written.
    pub fn finish(mut self) -> Result<Body, Abandoned> {
        if self.file.is_some() {
            self.spill()?;
        } else {
            self.checksum.update(&self.frames);
        }
        Ok(Body {
            length: self.spilled + self.frames.len() as u64,
            output: self.output,
            checksum: self.checksum.finish(),
            content: self.file.map_or(Content::Memory(self.frames), Content::File),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NO_LIMIT: Size = Size(u64::MAX);

    fn recorder(limit: Size) -> Recorder {
        Recorder::new(std::env::temp_dir(), limit)
    }

    /// The chunks as they come out, neighbours of one stream joined.
    fn chunks(mut body: Body) -> Vec<(Stream, Vec<u8>)> {
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
        fn what_goes_in_comes_out(
            writes in proptest::collection::vec((stream(), 1..=MAX_FRAME, any::<u8>()), 0..24)
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
            let mut body = recorder.finish().expect("recorded");
            let total: usize = expected.iter().map(|(_, bytes)| bytes.len()).sum();
            prop_assert_eq!(body.output, total as u64);
            let in_file = matches!(body.content, Content::File(_));
            prop_assert!(in_file || body.length <= IN_MEMORY as u64);
            prop_assert!(!in_file || body.length > (IN_MEMORY - MAX_FRAME) as u64);
            let mut checksum = Checksummer::default();
            let mut length = 0;
            body.for_each_block(1000, |block| {
                checksum.update(block);
                length += block.len() as u64;
                io::Result::Ok(())
            }).expect("readable");
            prop_assert_eq!((checksum.finish(), length), (body.checksum, body.length));
            prop_assert_eq!(chunks(body), expected);
        }
    }

    #[test]
    fn neighbours_on_one_stream_share_a_frame() {
        let mut recorder = recorder(NO_LIMIT);
        (0..1000).for_each(|_| recorder.record(Stream::Stdout, b"x").expect("recorded"));
        assert_eq!(recorder.finish().expect("recorded").length, 1004);
    }

    /// What a recorder still has after it refused more.
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
    fn too_much_output_is_refused_and_what_came_before_is_kept() {
        let mut recorder = recorder(Size(4));
        recorder.record(Stream::Stdout, b"1234").expect("recorded");
        let refused = recorder.record(Stream::Stderr, b"5");
        assert!(matches!(refused, Err(Abandoned::TooLong(Size(4)))));
        assert_eq!(kept(recorder), 4);
    }

    #[test]
    fn what_cannot_be_written_is_refused_and_what_came_before_is_kept() {
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
