//! Chunks of a body: their lengths, and how each is bound to its place.

use ring::aead::{NONCE_LEN, Nonce};

/// Bytes of content in a full chunk.
pub const CHUNK: usize = 64 << 10;

/// Bytes in front of a chunk.
pub const PREFIX: usize = size_of::<u32>();

/// Bytes of the tag behind the content of a chunk.
pub const TAG: usize = 16;

/// The bit of a prefix that marks the last chunk.
const LAST: u32 = 1 << 31;

/// A chunk as its prefix tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkPrefix {
    /// Bytes of content, without the tag.
    pub length: usize,
    /// Whether no other follows.
    pub is_last: bool,
}

impl ChunkPrefix {
    pub fn encode(self) -> [u8; PREFIX] {
        let length = u32::try_from(self.length).unwrap_or_default();
        (length | if self.is_last { LAST } else { 0 }).to_le_bytes()
    }

    /// `None`: no chunk is like that. Only the last one may be shorter than the others.
    pub fn decode(bytes: [u8; PREFIX]) -> Option<Self> {
        let number = u32::from_le_bytes(bytes);
        let (length, is_last) = ((number & !LAST) as usize, number & LAST != 0);
        let is_fine = if is_last { length <= CHUNK } else { length == CHUNK };
        is_fine.then_some(Self { length, is_last })
    }

    /// Bytes of the ciphertext and its tag.
    pub fn sealed_length(self) -> usize {
        self.length + TAG
    }
}

/// The nonce of a chunk. No key encrypts two objects, so numbers are enough.
pub fn nonce(number: u64, is_last: bool) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    nonce[8] = u8::from(is_last);
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_comes_back_and_bounds_its_chunk() {
        for (length, is_last) in [(CHUNK, false), (CHUNK, true), (0, true), (17, true)] {
            let prefix = ChunkPrefix { length, is_last };
            assert_eq!(ChunkPrefix::decode(prefix.encode()), Some(prefix));
        }
        for (length, is_last) in [(0, false), (CHUNK - 1, false), (CHUNK + 1, true)] {
            let prefix = ChunkPrefix { length, is_last };
            assert_eq!(ChunkPrefix::decode(prefix.encode()), None, "{prefix:?}");
        }
    }
}
