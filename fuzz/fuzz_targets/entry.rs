//! Any bytes are frames of a recording or end in an error, without a panic and in bounded memory.
#![no_main]

use cachex::recording::{BlockFile, Body, Checksum, Content, ContentDigest, StreamSet};
use cachex::terminal::Stream;
use libfuzzer_sys::fuzz_target;
use std::fs::File;
use std::io::Write;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    for content in [Content::Memory(bytes.to_vec()), Content::File(blocks(file, bytes.len()))] {
        let body = Body { content, length: 0, output: 0, checksum: Checksum(0) };
        let mut output = Vec::new();
        let whole = body.for_each_chunk(|stream, chunk| {
            output.extend(chunk.iter().map(|byte| (stream, *byte)));
            Ok(())
        });
        assert_eq!((output, whole.is_ok()), frames(bytes));
    }
});

fn blocks(file: File, length: usize) -> BlockFile {
    let streams = StreamSet::default();
    BlockFile::read(file, length as u64, streams, ContentDigest([0; 32])).expect("readable")
}

/// Each byte of output with its stream, and whether the last frame is complete.
fn frames(mut bytes: &[u8]) -> (Vec<(Stream, u8)>, bool) {
    let mut output = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk() {
        let number = u32::from_le_bytes(*header);
        let stream = if number & 1 == 1 { Stream::Stderr } else { Stream::Stdout };
        let length = (number >> 1) as usize;
        let (frame, rest) = rest.split_at(length.min(rest.len()));
        output.extend(frame.iter().map(|byte| (stream, *byte)));
        if frame.len() < length {
            return (output, false);
        }
        bytes = rest;
    }
    (output, bytes.is_empty())
}
