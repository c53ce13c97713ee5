//! What a seal is made of. Each field has its length in front, so no two objects give the same bytes.

use super::header::LENGTH;
use crate::remote::name::ObjectName;

const DOMAIN: &[u8] = b"cachex sealed object 1";

/// The digest of a body, and its length.
#[derive(Default)]
pub struct SealedMessage {
    hasher: blake3::Hasher,
    length: u64,
}

impl SealedMessage {
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
    }

    /// The message that is sealed.
    pub fn message(&self, name: &ObjectName, header: &[u8; LENGTH]) -> Vec<u8> {
        let digest = self.hasher.finalize();
        let length = self.length.to_le_bytes();
        let mut message = Vec::with_capacity(256);
        for field in [DOMAIN, name.as_str().as_bytes(), header, &length, digest.as_bytes()] {
            message.extend((field.len() as u64).to_le_bytes());
            message.extend(field);
        }
        message
    }
}
