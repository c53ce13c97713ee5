//! Any bytes are frames of a recording or end in an error, without a panic and in memory that is bounded.
#![no_main]

use cachex::recording::{Body, Checksum, Content};
use libfuzzer_sys::fuzz_target;
use std::io::Write;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    for content in [Content::Memory(bytes.to_vec()), Content::File(file)] {
        let mut body = Body { content, length: 0, output: 0, checksum: Checksum(0) };
        let mut output = 0;
        let whole = body.for_each_chunk(|_, chunk| {
            output += chunk.len() + size_of::<u32>();
            Ok(())
        });
        assert!(output <= bytes.len() && (whole.is_err() || output == bytes.len()));
        let mut blocks = Vec::new();
        body.for_each_block(7, |block| {
            blocks.extend_from_slice(block);
            std::io::Result::Ok(())
        })
        .expect("readable");
        assert_eq!(blocks, bytes);
    }
});
