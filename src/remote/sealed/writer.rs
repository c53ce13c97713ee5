//! Writes a sealed object from a stream.

use super::chunk::{CHUNK, ChunkPrefix, TAG, nonce};
use super::header::{LENGTH, ObjectHeader, ObjectKind};
use super::message::SealedMessage;
use crate::remote::name::ObjectName;
use crate::remote::secret::keys::Secrets;
use crate::remote::secret::seal::Sealer;
use ring::aead::{Aad, LessSafeKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::io::{self, Write};

/// Encrypts and seals what is written to it. Nothing of it counts before [`finish`](Self::finish).
pub struct SealedWriter<'s, W> {
    out: W,
    name: &'s ObjectName,
    sealer: &'s Sealer,
    key: LessSafeKey,
    header: [u8; LENGTH],
    digest: SealedMessage,
    /// The content of the open chunk. A full one is written only when more comes: it might be the last.
    chunk: Vec<u8>,
    number: u64,
}

impl<'s, W: Write> SealedWriter<'s, W> {
    /// Begins an object that will lie under this name, and under no other.
    ///
    /// # Errors
    /// Where this machine may not write, has no random bytes, or `out` fails.
    pub fn new(
        mut out: W,
        kind: ObjectKind,
        name: &'s ObjectName,
        secrets: &'s Secrets,
    ) -> io::Result<Self> {
        let not_allowed = "only a machine with CACHEX_REMOTE_SIGN_KEY may write here";
        let sealer = secrets.sealer();
        let sealer =
            sealer.ok_or_else(|| io::Error::new(io::ErrorKind::PermissionDenied, not_allowed))?;
        let mut salt = [0; 32];
        let filled = SystemRandom::new().fill(&mut salt);
        filled.map_err(|_| io::Error::other("the system has no random bytes"))?;
        let header = ObjectHeader { kind, key: secrets.id(), salt }.encode();
        out.write_all(&header)?;
        Ok(Self {
            out,
            name,
            sealer,
            key: secrets.object_key(&salt),
            header,
            digest: SealedMessage::default(),
            chunk: Vec::with_capacity(CHUNK + TAG),
            number: 0,
        })
    }

    /// Seals the object. It is whole now.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_chunk(true)?;
        let seal = self.sealer.seal(&self.digest.message(self.name, &self.header));
        self.out.write_all(&seal)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn write_chunk(&mut self, is_last: bool) -> io::Result<()> {
        let prefix = ChunkPrefix { length: self.chunk.len(), is_last }.encode();
        let (nonce, bound) = (nonce(self.number, is_last), Aad::from(self.header));
        let sealed = self.key.seal_in_place_append_tag(nonce, bound, &mut self.chunk);
        sealed.map_err(|_| io::Error::other("a chunk cannot be encrypted"))?;
        for bytes in [&prefix[..], &self.chunk] {
            self.digest.update(bytes);
            self.out.write_all(bytes)?;
        }
        self.chunk.clear();
        self.number += 1;
        Ok(())
    }
}

impl<W: Write> Write for SealedWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunk.len() == CHUNK && !bytes.is_empty() {
            self.write_chunk(false)?;
        }
        let count = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    /// Does nothing: chunks have a fixed length.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
