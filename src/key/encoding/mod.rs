//! Canonical bytes: two different fingerprints never give the same.
//!
//! Every string carries its length, every list its count and every alternative a tag, so the bytes can be read back in
//! one way only; the tests read them back. The format is part of every key, and words are stored in it.

mod canonical;
mod encoder;
#[cfg(test)]
mod tests;

pub(crate) use encoder::{Encode, Encoder, bytes_of};
pub use encoder::{decode_words, encode_words};
