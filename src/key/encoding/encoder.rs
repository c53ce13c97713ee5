//! How values become bytes. Knows nothing of fingerprints.
//!
//! Lists of words are also stored in this form, so [`decode_words`] has to read those of older versions.

use crate::key::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A value with canonical bytes. The bytes of one value never begin with those of another value of its type.
pub(crate) trait Encode {
    /// Appends the bytes of this value.
    fn encode(&self, out: &mut Vec<u8>);
}

/// The canonical bytes of a value.
pub(crate) fn bytes_of(value: &(impl Encode + ?Sized)) -> Vec<u8> {
    let mut out = Vec::new();
    value.encode(&mut out);
    out
}

/// Appends bytes of any number.
fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    (bytes.len() as u64).encode(out);
    out.extend_from_slice(bytes);
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode(&self, out: &mut Vec<u8>) {
        (**self).encode(out);
    }
}

macro_rules! encode_with {
    ($self:ident, $out:ident, $encode:expr, $($type:ty)*) => {$(
        impl Encode for $type {
            fn encode(&$self, $out: &mut Vec<u8>) {
                $encode;
            }
        }
    )*};
}

encode_with!(self, out, encode_bytes(OsStr::new(self).as_bytes(), out), str String OsStr OsString Path PathBuf);
encode_with!(self, out, encode_bytes(self.as_bytes(), out), Digest);
// One of up to 256 alternatives.
encode_with!(self, out, out.push(*self), u8);
encode_with!(self, out, u8::from(*self).encode(out), bool);
encode_with!(self, out, out.extend_from_slice(&self.to_le_bytes()), u64);
encode_with!(self, out, u64::from(*self).encode(out), u32);
// A descriptor, which is never negative.
encode_with!(self, out, self.unsigned_abs().encode(out), i32);

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.is_some().encode(out);
        if let Some(value) = self {
            value.encode(out);
        }
    }
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }
}

macro_rules! encode_collections {
    ($($type:ty, $($item:ident)*;)*) => {$(
        impl<$($item: Encode),*> Encode for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                (self.len() as u64).encode(out);
                for item in self {
                    item.encode(out);
                }
            }
        }
    )*};
}

encode_collections! {
    Vec<T>, T;
    BTreeSet<T>, T;
    BTreeMap<K, V>, K V;
}

/// Encodes words. If a list begins with the words of another list, its bytes begin with the bytes of that list.
pub fn encode_words<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> Vec<u8> {
    let mut out = Vec::new();
    words.into_iter().for_each(|word| word.encode(&mut out));
    out
}

/// Decodes the bytes that [`encode_words`] made. `None` for bytes that it never makes.
pub fn decode_words(mut bytes: &[u8]) -> Option<Vec<OsString>> {
    let mut words = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (word, rest) = rest.split_at_checked(u64::from_le_bytes(*length).try_into().ok()?)?;
        words.push(OsString::from_vec(word.to_vec()));
        bytes = rest;
    }
    Some(words)
}
