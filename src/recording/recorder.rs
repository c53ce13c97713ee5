//! Taking down output while a command runs.

use super::{Body, Checksummer, Content, IN_MEMORY, MAX_FRAME, encode_header};
use crate::size::Size;
use crate::terminal::Stream;
use std::fs::File;
use std::io::{self, Write};
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
    length: u64,
    output: u64,
    abandoned: Option<Abandoned>,
}

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
            length: 0,
            output: 0,
            abandoned: None,
        }
    }

    /// Takes down what arrived on a stream. Never fails: the recording is abandoned instead.
    pub fn record(&mut self, stream: Stream, bytes: &[u8]) {
        if self.abandoned.is_some() {
            return;
        }
        self.output += bytes.len() as u64;
        if self.output > self.limit.0 {
            self.abandon(Abandoned::TooLong(self.limit));
        } else if let Err(error) = self.append(stream, bytes) {
            self.abandon(error.into());
        }
    }

    fn abandon(&mut self, reason: Abandoned) {
        self.abandoned = Some(reason);
        self.frames = Vec::new();
        self.file = None;
    }

    fn append(&mut self, stream: Stream, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let start = match self.open_frame {
                Some((start, same)) if same == stream && self.frame_length(start) < MAX_FRAME => {
                    start
                }
                _ => self.begin_frame(stream)?,
            };
            let room = MAX_FRAME - self.frame_length(start);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.frames.extend_from_slice(now);
            let header = encode_header(stream, self.frame_length(start));
            self.frames[start..start + header.len()].copy_from_slice(&header);
            bytes = later;
        }
        Ok(())
    }

    fn frame_length(&self, start: usize) -> usize {
        self.frames.len() - start - encode_header(Stream::Stdout, 0).len()
    }

    fn begin_frame(&mut self, stream: Stream) -> io::Result<usize> {
        if self.frames.len() + MAX_FRAME > IN_MEMORY {
            self.spill()?;
        }
        let start = self.frames.len();
        self.frames.extend_from_slice(&encode_header(stream, 0));
        self.open_frame = Some((start, stream));
        Ok(start)
    }

    /// Moves the finished frames to the file.
    fn spill(&mut self) -> io::Result<()> {
        self.count_frames();
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(&self.directory)?),
        };
        file.write_all(&self.frames)?;
        self.frames.clear();
        self.open_frame = None;
        Ok(())
    }

    fn count_frames(&mut self) {
        self.checksum.update(&self.frames);
        self.length += self.frames.len() as u64;
    }

    /// The finished body.
    ///
    /// # Errors
    /// Why the recording was abandoned.
    pub fn finish(mut self) -> Result<Body, Abandoned> {
        if let Some(reason) = self.abandoned {
            return Err(reason);
        }
        if self.file.is_some() {
            self.spill()?;
        } else {
            self.count_frames();
        }
        Ok(Body {
            content: self.file.map_or(Content::Memory(self.frames), Content::File),
            length: self.length,
            output: self.output,
            checksum: self.checksum.finish(),
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
            writes in proptest::collection::vec((stream(), 1usize..200_000, any::<u8>()), 0..12)
        ) {
            let mut recorder = recorder(NO_LIMIT);
            let mut expected = Vec::new();
            for (stream, length, byte) in writes {
                let bytes = vec![byte; length];
                recorder.record(stream, &bytes);
                join(&mut expected, stream, &bytes);
            }
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
        (0..1000).for_each(|_| recorder.record(Stream::Stdout, b"x"));
        assert_eq!(recorder.finish().expect("recorded").length, 1004);
    }

    #[test]
    fn too_much_output_abandons_the_recording() {
        let mut within = recorder(Size(4));
        within.record(Stream::Stdout, b"1234");
        assert_eq!(within.finish().expect("recorded").output, 4);
        let mut beyond = recorder(Size(4));
        beyond.record(Stream::Stdout, b"1234");
        beyond.record(Stream::Stderr, b"5");
        assert!(matches!(beyond.finish(), Err(Abandoned::TooLong(Size(4)))));
    }

    #[test]
    fn a_recording_that_cannot_be_written_is_abandoned() {
        let mut recorder = Recorder::new("/nonexistent".into(), NO_LIMIT);
        recorder.record(Stream::Stdout, &vec![0; 2 * IN_MEMORY]);
        assert!(matches!(recorder.finish(), Err(Abandoned::Unwritable(_))));
    }
}
