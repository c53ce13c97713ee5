//! Reads a sealed object: all of it is verified before any of it is decrypted.

use super::chunk::{CHUNK, ChunkPrefix, PREFIX, TAG, nonce};
use super::header::{LENGTH, ObjectHeader, ObjectKind};
use super::message::SealedMessage;
use super::refusal::Refusal;
use crate::remote::name::ObjectName;
use crate::remote::secret::keys::Secrets;
use crate::remote::secret::seal::LONGEST_SEAL;
use ring::aead::{Aad, LessSafeKey};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};

/// An object whose seal is right. Reading from it gives its content.
pub struct SealedObject {
    file: BufReader<File>,
    /// What it is.
    pub kind: ObjectKind,
    key: LessSafeKey,
    header: [u8; LENGTH],
    number: u64,
    is_over: bool,
    /// The content of the present chunk, and how much of it was handed out.
    chunk: Vec<u8>,
    given: usize,
}

impl SealedObject {
    /// Verifies all of a file, from its first byte to its end: that it is an object, sealed under this name by somebody
    /// who may write.
    ///
    /// # Errors
    /// [`Unverified::Refused`] if it is not to be believed, whatever else it may be.
    pub fn verify(
        mut file: File,
        name: &ObjectName,
        secrets: &Secrets,
    ) -> Result<Self, Unverified> {
        file.seek(SeekFrom::Start(0))?;
        let mut file = BufReader::with_capacity(PREFIX + CHUNK + TAG, file);
        let mut header = [0; LENGTH];
        fill(&mut file, &mut header)?;
        let decoded = ObjectHeader::decode(&header)?;
        if decoded.key != secrets.id() {
            return Err(Refusal::OtherKey.into());
        }
        let digest = digest_body(&mut file)?;
        let mut seal = Vec::with_capacity(LONGEST_SEAL + 1);
        file.by_ref().take(LONGEST_SEAL as u64 + 1).read_to_end(&mut seal)?;
        if seal.len() > LONGEST_SEAL {
            return Err(Refusal::Trailing.into());
        }
        secrets.trust().check(&seal, &digest.message(name, &header)).map_err(Refusal::from)?;
        file.seek(SeekFrom::Start(LENGTH as u64))?;
        Ok(Self {
            file,
            kind: decoded.kind,
            key: secrets.object_key(&decoded.salt),
            header,
            number: 0,
            is_over: false,
            chunk: Vec::with_capacity(CHUNK + TAG),
            given: 0,
        })
    }

    fn next_chunk(&mut self) -> Result<(), Unverified> {
        let prefix = read_prefix(&mut self.file)?.1;
        self.chunk.resize(prefix.sealed_length(), 0);
        fill(&mut self.file, &mut self.chunk)?;
        let (nonce, bound) = (nonce(self.number, prefix.is_last), Aad::from(self.header));
        let opened = self.key.open_in_place(nonce, bound, &mut self.chunk);
        opened.map_err(|_| Refusal::Malformed)?;
        self.chunk.truncate(prefix.length);
        self.given = 0;
        self.number += 1;
        self.is_over = prefix.is_last;
        Ok(())
    }
}

impl Read for SealedObject {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.chunk.len() && !self.is_over {
            self.next_chunk().map_err(io::Error::from)?;
        }
        let left = &self.chunk[self.given..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.given += count;
        Ok(count)
    }
}

/// The digest of all chunks, up to the last one.
fn digest_body(file: &mut BufReader<File>) -> Result<SealedMessage, Unverified> {
    let mut digest = SealedMessage::default();
    let mut chunk = Vec::with_capacity(CHUNK + TAG);
    loop {
        let (bytes, prefix) = read_prefix(file)?;
        chunk.resize(prefix.sealed_length(), 0);
        fill(file, &mut chunk)?;
        digest.update(&bytes);
        digest.update(&chunk);
        if prefix.is_last {
            return Ok(digest);
        }
    }
}

fn read_prefix(file: &mut BufReader<File>) -> Result<([u8; PREFIX], ChunkPrefix), Unverified> {
    let mut bytes = [0; PREFIX];
    fill(file, &mut bytes)?;
    let prefix = ChunkPrefix::decode(bytes).ok_or(Refusal::Malformed)?;
    Ok((bytes, prefix))
}

fn fill(file: &mut BufReader<File>, bytes: &mut [u8]) -> Result<(), Unverified> {
    file.read_exact(bytes).map_err(|fault| match fault.kind() {
        io::ErrorKind::UnexpectedEof => Refusal::Cut.into(),
        _ => fault.into(),
    })
}

/// An object was not verified.
#[derive(Debug, thiserror::Error)]
pub enum Unverified {
    /// It is not to be believed.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The file that it was spooled to cannot be read.
    #[error("it cannot be read back: {0}")]
    Unreadable(io::Error),
}

/// What is refused only when it is decrypted comes as an error of the system.
impl From<io::Error> for Unverified {
    fn from(fault: io::Error) -> Self {
        fault.downcast().map_or_else(Self::Unreadable, Self::Refused)
    }
}

impl From<Unverified> for io::Error {
    fn from(fault: Unverified) -> Self {
        match fault {
            Unverified::Refused(refusal) => Self::new(io::ErrorKind::InvalidData, refusal),
            Unverified::Unreadable(fault) => fault,
        }
    }
}
