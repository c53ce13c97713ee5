//! No two fingerprints have one key, whatever is changed in one of them.

use super::decoder::Decoder;
use super::edits::{EDITS, fields};
use super::samples::{fingerprint, sample, word};
use crate::key::encoding::{bytes_of, decode_words, encode_words};
use crate::key::fingerprint::{Fingerprint, Key};
use crate::output_streams::OutputStreams;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::HashMap;
use std::ffi::OsString;

/// If this value changes, the format needs a new version, which loses everything that is stored.
#[test]
fn the_format_stays_as_it_is() {
    let golden = "488ba2ffd90ba461758704469a0558159cd1922c09b2c88c910ef0607ced3635";
    let key = sample().key();
    assert_eq!(format!("{:?}", key.0), golden);
    assert_eq!(key.to_string(), golden[..16]);
}

#[test]
fn each_edit_of_a_full_fingerprint_makes_another_key() {
    let mut known: HashMap<Key, (&str, Fingerprint)> = HashMap::new();
    known.insert(sample().key(), ("nothing", sample()));
    for (name, edit) in EDITS {
        let mut edited = sample();
        edit(&mut edited);
        if let Some((other, same)) = known.insert(edited.key(), (name, edited.clone())) {
            panic!("{name} gives the key of {other}: {edited:?}, {same:?}");
        }
    }
}

#[test]
fn a_recording_of_two_streams_serves_a_call_with_one() {
    let keys = |outputs| Fingerprint { outputs, ..sample() }.keys();
    let (apart, joined) = (keys(OutputStreams::Apart), keys(OutputStreams::Joined));
    assert_eq!(joined, [joined[0], apart[0]]);
    assert_eq!(apart.len(), 1);
}

#[test]
fn a_call_may_write_to_two_streams_or_to_one() {
    let [apart, joined] = sample().wherever_it_writes();
    assert_eq!(apart, Fingerprint { outputs: OutputStreams::Apart, ..sample() });
    assert_eq!(joined, Fingerprint { outputs: OutputStreams::Joined, ..sample() });
}

proptest! {
    #[test]
    fn canonical_bytes_can_be_read_back(fingerprint in fingerprint()) {
        prop_assert_eq!(Decoder(&bytes_of(&fingerprint)).fingerprint(), fingerprint);
    }

    #[test]
    fn an_edit_of_any_fingerprint_makes_another_key(original in fingerprint()) {
        for (name, edit) in EDITS {
            let mut edited = original.clone();
            edit(&mut edited);
            prop_assert_eq!(edited == original, edited.key() == original.key(), "{}", name);
        }
    }

    #[test]
    fn another_value_of_any_field_makes_another_key(
        original in fingerprint(),
        other in fingerprint(),
    ) {
        for (name, replace) in fields() {
            let mut replaced = original.clone();
            replace(&mut replaced, &other);
            prop_assert_eq!(replaced == original, replaced.key() == original.key(), "{}", name);
        }
    }

    #[test]
    fn words_survive_encoding(words in vec(word(), 0..5)) {
        let bytes = encode_words(words.iter().map(OsString::as_os_str));
        prop_assert_eq!(decode_words(&bytes), Some(words));
    }

    #[test]
    fn any_bytes_are_decoded_without_a_panic(bytes in vec(any::<u8>(), 0..40)) {
        if let Some(words) = decode_words(&bytes) {
            prop_assert_eq!(encode_words(words.iter().map(OsString::as_os_str)), bytes);
        }
    }
}
