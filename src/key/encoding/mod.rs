//! The canonical bytes of fingerprints: two different fingerprints never have the same bytes.
//!
//! Every string carries its length, every list its count and every alternative a tag, so there is only one way to read
//! the bytes back, as the tests do. Every key depends on this format, and the store keeps words in it.

mod canonical;
mod encoder;
#[cfg(test)]
mod tests;

pub(crate) use encoder::{Encode, bytes_of};
pub use encoder::{decode_words, encode_words};
