//! Encoded words decode to the same words. Bytes decode in one way or not at all. Words are shown on one line.
#![no_main]

use cachex::key::{decode_words, encode_words};
use cachex::terminal::escape_words;
use libfuzzer_sys::fuzz_target;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

fuzz_target!(|bytes: &[u8]| {
    if let Some(words) = decode_words(bytes) {
        assert_eq!(encode_words(words.iter().map(OsString::as_os_str)), bytes);
    }
    let words: Vec<&OsStr> = bytes.split(|byte| *byte == 0).map(OsStr::from_bytes).collect();
    let encoded = encode_words(words.iter().copied());
    assert!(decode_words(&encoded).is_some_and(|decoded| decoded == words));
    assert!(encoded.starts_with(&encode_words(words.iter().copied().take(1))));
    assert!(!escape_words(words).chars().any(char::is_control));
});
