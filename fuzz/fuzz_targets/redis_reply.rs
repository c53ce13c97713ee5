//! Any bytes from a server are the beginning of an answer or a fault, and no more than one line is taken.
#![no_main]

use cachex::remote::engine::read_reply;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    if read_reply(&mut rest).is_ok() {
        let line = &bytes[..bytes.len() - rest.len()];
        assert!(line.ends_with(b"\r\n") && !line[..line.len() - 1].contains(&b'\n'));
    }
});
