//! The content of an object is read, or refused, and never brings more than it said and was allowed. It may be what a
//! signer with a bad mind wrote: nothing is asserted of it but the bounds.
#![no_main]

use cachex::remote::{Marker, PackLimits, PackReader, RemoteTombstone};
use libfuzzer_sys::fuzz_target;

const LIMITS: PackLimits = PackLimits { output: 1 << 16, files: 1 << 16 };

fn read(content: &[u8]) {
    let Ok((head, mut reader)) = PackReader::new(content, LIMITS) else { return };
    assert!(head.output <= LIMITS.output);
    let mut output = 0;
    let read = reader.output(|_, bytes| {
        output += bytes.len() as u64;
        Ok(())
    });
    assert!(output <= head.output);
    if read.is_err() {
        return;
    }
    let (mut files, mut is_whole) = (Vec::new(), true);
    for _ in head.files.iter().flat_map(|files| &files.contents) {
        is_whole = is_whole && reader.file(&mut files).is_ok();
    }
    assert!(files.len() as u64 <= LIMITS.files);
    let _ = reader.end();
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    read(&zstd::encode_all(bytes, 1).expect("packed"));
    if let Ok(marker) = Marker::read(bytes) {
        assert_eq!(marker.encode(), bytes);
    }
    if let Ok(tombstone) = RemoteTombstone::read(bytes) {
        assert_eq!(tombstone.encode(), bytes);
    }
});
