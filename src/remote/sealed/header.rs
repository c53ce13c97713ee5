//! The header of a sealed object, which is not encrypted. It tells which key opens it, and nothing of the command.

use super::refusal::Refusal;
use crate::remote::secret::keys::KeyId;

const MAGIC: &[u8; 8] = b"cachexob";

/// The format that is written, and the only one that is read.
const FORMAT: u16 = 1;

/// Bytes of a header.
pub const LENGTH: usize = 8 + 2 + 1 + 8 + 32;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A result.
    Pack,
    /// Says what else has to be known before a result can be found.
    Marker,
    /// The result was cleared; older packs do not count.
    Tombstone,
}

/// A header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectHeader {
    /// What the object is.
    pub kind: ObjectKind,
    /// The key that it was written with.
    pub key: KeyId,
    /// What its own key derives from.
    pub salt: [u8; 32],
}

impl ObjectHeader {
    pub fn encode(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        let (magic, rest) = bytes.split_at_mut(8);
        magic.copy_from_slice(MAGIC);
        rest[..2].copy_from_slice(&FORMAT.to_le_bytes());
        rest[2] = match self.kind {
            ObjectKind::Pack => 1,
            ObjectKind::Marker => 2,
            ObjectKind::Tombstone => 3,
        };
        rest[3..11].copy_from_slice(&self.key);
        rest[11..].copy_from_slice(&self.salt);
        bytes
    }

    pub fn decode(bytes: &[u8; LENGTH]) -> Result<Self, Refusal> {
        let (magic, rest) = bytes.split_at(8);
        if magic != MAGIC {
            return Err(Refusal::NoObject);
        }
        let format = u16::from_le_bytes([rest[0], rest[1]]);
        Refusal::check_format(format, FORMAT)?;
        let kind = match rest[2] {
            1 => ObjectKind::Pack,
            2 => ObjectKind::Marker,
            3 => ObjectKind::Tombstone,
            _ => return Err(Refusal::NoObject),
        };
        let (mut key, mut salt) = (KeyId::default(), [0; 32]);
        key.copy_from_slice(&rest[3..11]);
        salt.copy_from_slice(&rest[11..]);
        Ok(Self { kind, key, salt })
    }
}
