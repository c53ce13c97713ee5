//! Frames: chunks of output, each with the stream it was written to.
//!
//! A frame is a little-endian `u32` that holds the length and, in its lowest bit, the stream, followed by the bytes.
//! The format is on disk. The reader here takes frames in pieces of any length.

use crate::terminal::Stream;
use std::io;

/// Bytes in front of the output of a frame.
pub(super) const HEADER: usize = size_of::<u32>();

/// The most bytes of output in one frame. A full frame is a block, and is written to its stream at once.
pub(super) const MAX_FRAME: usize = (256 << 10) - HEADER;

/// Which of the two streams something was written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamSet(u8);

impl StreamSet {
    /// The set that these bits stand for; `None` if they stand for no set.
    pub fn from_bits(bits: i64) -> Option<Self> {
        u8::try_from(bits).ok().filter(|bits| *bits < 4).map(Self)
    }

    /// One bit for each stream, as they are stored.
    pub fn bits(self) -> u8 {
        self.0
    }

    pub(super) fn insert(&mut self, stream: Stream) {
        self.0 |= 1 << stream as u8;
    }

    /// The streams in the set.
    pub fn iter(self) -> impl Iterator<Item = Stream> {
        let all = [Stream::Stdout, Stream::Stderr];
        all.into_iter().filter(move |stream| self.0 >> *stream as u8 & 1 == 1)
    }

    /// Whether it holds both streams.
    pub fn is_both(self) -> bool {
        self.0 == 3
    }
}

/// Reads frames from pieces of any length.
#[derive(Debug, Default)]
pub(super) struct FrameReader {
    /// The bytes of the next header that have come.
    header: [u8; HEADER],
    known: usize,
    /// The stream of the current frame, and how many of its bytes are still to come.
    open: Option<(Stream, usize)>,
}

impl FrameReader {
    /// Hands the output in these bytes to `sink`.
    pub(super) fn read(
        &mut self,
        mut bytes: &[u8],
        sink: &mut impl FnMut(Stream, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        while let Some(first) = bytes.first() {
            let Some((stream, left)) = self.open else {
                self.read_header(*first);
                bytes = &bytes[1..];
                continue;
            };
            let (part, rest) = bytes.split_at(left.min(bytes.len()));
            sink(stream, part)?;
            bytes = rest;
            self.open = Some((stream, left - part.len())).filter(|(_, left)| *left > 0);
        }
        Ok(())
    }

    fn read_header(&mut self, byte: u8) {
        self.header[self.known] = byte;
        self.known += 1;
        if self.known == HEADER {
            self.known = 0;
            self.open = Some(decode_header(self.header)).filter(|(_, left)| *left > 0);
        }
    }

    /// Checks that no frame was cut off.
    pub(super) fn end(&self) -> io::Result<()> {
        match (self.known, self.open) {
            (0, None) => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

pub(super) fn encode_header(stream: Stream, length: usize) -> [u8; HEADER] {
    debug_assert!(length <= MAX_FRAME);
    let bit = u32::from(stream == Stream::Stderr);
    (u32::try_from(length).unwrap_or_default() << 1 | bit).to_le_bytes()
}

fn decode_header(header: [u8; HEADER]) -> (Stream, usize) {
    let number = u32::from_le_bytes(header);
    let stream = if number & 1 == 1 { Stream::Stderr } else { Stream::Stdout };
    (stream, (number >> 1) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_are_read_from_pieces_of_any_length(
            chunks in proptest::collection::vec(
                (any::<bool>(), proptest::collection::vec(any::<u8>(), 0..50)), 0..20),
            piece in 1usize..70,
        ) {
            let stream = |is_error| if is_error { Stream::Stderr } else { Stream::Stdout };
            let mut bytes = Vec::new();
            let (mut expected, mut seen) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
            for (is_error, chunk) in &chunks {
                bytes.extend(encode_header(stream(*is_error), chunk.len()));
                bytes.extend(chunk);
                expected[usize::from(*is_error)].extend_from_slice(chunk);
            }
            let mut frames = FrameReader::default();
            for piece in bytes.chunks(piece) {
                frames.read(piece, &mut |stream, part| {
                    seen[usize::from(stream == Stream::Stderr)].extend_from_slice(part);
                    Ok(())
                }).expect("read");
            }
            prop_assert!(frames.end().is_ok());
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn an_end_within_a_frame_is_an_error() {
        let whole = [&encode_header(Stream::Stdout, 3)[..], b"abc"].concat();
        for length in 0..=whole.len() {
            let mut frames = FrameReader::default();
            frames.read(&whole[..length], &mut |_, _| Ok(())).expect("read");
            assert_eq!(frames.end().is_ok(), length == 0 || length == whole.len(), "{length}");
        }
    }

    #[test]
    fn a_set_of_streams_survives_as_bits() {
        let mut set = StreamSet::default();
        for stream in [Stream::Stderr, Stream::Stdout] {
            assert!(!set.is_both());
            set.insert(stream);
            assert_eq!(StreamSet::from_bits(set.bits().into()), Some(set));
        }
        assert!(set.is_both());
        assert_eq!(set.iter().collect::<Vec<_>>(), [Stream::Stdout, Stream::Stderr]);
        assert!([-1, 4, 256].iter().all(|bits| StreamSet::from_bits(*bits).is_none()));
    }
}
