//! Frames, in whatever pieces they come.

use crate::terminal::Stream;
use std::io;

/// No frame is longer than this.
pub const MAX_FRAME: usize = 64 << 10;

/// How far the reading of frames has come.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The bytes of the header of the next frame that are known.
    header: [u8; 4],
    known: usize,
    /// The bytes of this frame that are still to come.
    open: Option<(Stream, usize)>,
}

impl Frames {
    /// Hands what is in these bytes to `sink`, which tells how many it took; how many bytes were taken of
    /// these, all of them unless the sink took less than it was given.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        sink: &mut impl FnMut(Stream, &[u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            let Some((stream, open)) = self.open else {
                self.take_header(*first);
                rest = &rest[1..];
                continue;
            };
            let part = &rest[..open.min(rest.len())];
            let taken = sink(stream, part)?;
            rest = &rest[taken..];
            self.open = Some((stream, open - taken)).filter(|(_, open)| *open > 0);
            if taken < part.len() {
                break;
            }
        }
        Ok(bytes.len() - rest.len())
    }

    /// The same, all of it: what the sink did not take it is given again.
    pub(super) fn take_all(
        &mut self,
        mut bytes: &[u8],
        sink: &mut impl FnMut(Stream, &[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        while !bytes.is_empty() {
            let taken = self.take(bytes, sink)?;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    fn take_header(&mut self, byte: u8) {
        self.header[self.known] = byte;
        self.known += 1;
        if self.known == self.header.len() {
            self.known = 0;
            self.open = Some(decode_header(self.header)).filter(|(_, open)| *open > 0);
        }
    }

    /// Whether what came was whole.
    pub(super) fn end(&self) -> io::Result<()> {
        match (self.known, self.open) {
            (0, None) => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

pub(super) fn encode_header(stream: Stream, length: usize) -> [u8; 4] {
    debug_assert!(length <= MAX_FRAME);
    let bit = u32::from(stream == Stream::Stderr);
    (u32::try_from(length).unwrap_or_default() << 1 | bit).to_le_bytes()
}

fn decode_header(header: [u8; 4]) -> (Stream, usize) {
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
        fn pieces_of_any_length_and_a_sink_that_takes_any_part(
            chunks in proptest::collection::vec(
                (any::<bool>(), proptest::collection::vec(any::<u8>(), 0..50)), 0..20),
            piece in 1usize..70,
            takes in proptest::collection::vec(0usize..20, 1..50),
        ) {
            let stream = |is_error| if is_error { Stream::Stderr } else { Stream::Stdout };
            let mut bytes = Vec::new();
            let (mut expected, mut seen) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
            for (is_error, chunk) in &chunks {
                bytes.extend(encode_header(stream(*is_error), chunk.len()));
                bytes.extend(chunk);
                expected[usize::from(*is_error)].extend_from_slice(chunk);
            }
            let mut frames = Frames::default();
            let mut takes = takes.into_iter();
            for piece in bytes.chunks(piece) {
                frames.take_all(piece, &mut |stream, part| {
                    let taken = takes.next().unwrap_or(part.len()).min(part.len());
                    seen[usize::from(stream == Stream::Stderr)].extend_from_slice(&part[..taken]);
                    Ok(taken)
                }).expect("taken");
            }
            prop_assert!(frames.end().is_ok());
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn what_ends_within_a_frame_is_not_whole() {
        let whole = [&encode_header(Stream::Stdout, 3)[..], b"abc"].concat();
        for length in 0..=whole.len() {
            let mut frames = Frames::default();
            frames.take_all(&whole[..length], &mut |_, part| Ok(part.len())).expect("taken");
            assert_eq!(frames.end().is_ok(), length == 0 || length == whole.len(), "{length}");
        }
    }
}
