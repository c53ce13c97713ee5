//! What a result depends on that the key does not tell, as bytes: a part of its name.

use super::condition::encode_condition;
use super::fields::FieldWriter;
use crate::entry::Condition;
use crate::key::Digest;

/// The bytes for the class of standard input, what came through it if that decides, and the digest of what a traced run
/// has found.
#[must_use]
pub fn encode_route(class: &[u8], stdin: Option<Condition>, inputs: Option<Digest>) -> Vec<u8> {
    let mut out = FieldWriter::default();
    out.bytes(class);
    out.bytes(&stdin.map(encode_condition).unwrap_or_default());
    out.bytes(inputs.as_ref().map_or(&[][..], |digest| digest.as_bytes()));
    out.finish()
}

/// A short name for these bytes, by which a marker tells of results that are there.
#[must_use]
pub fn short_name(route: &[u8]) -> u64 {
    Digest::of(route).as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
