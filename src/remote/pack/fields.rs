//! Fields as bytes: little-endian numbers, and bytes with their length in front.
//!
//! The reader is given all bytes at once and never makes room for more than these.

use crate::remote::sealed::refusal::Refusal;

/// Bytes to which fields are appended.
#[derive(Default)]
pub struct FieldWriter(Vec<u8>);

impl FieldWriter {
    pub fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub fn number(&mut self, number: u64) {
        self.fixed(&number.to_le_bytes());
    }

    pub fn signed(&mut self, number: i64) {
        self.fixed(&number.to_le_bytes());
    }

    /// Bytes whose number is always the same.
    pub fn fixed(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.fixed(bytes);
    }

    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads fields in the order in which they were written.
pub struct FieldReader<'b>(&'b [u8]);

impl<'b> FieldReader<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub fn byte(&mut self) -> Result<u8, Refusal> {
        let [byte] = self.fixed()?;
        Ok(byte)
    }

    pub fn number(&mut self) -> Result<u64, Refusal> {
        self.fixed().map(u64::from_le_bytes)
    }

    pub fn signed(&mut self) -> Result<i64, Refusal> {
        self.fixed().map(i64::from_le_bytes)
    }

    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Refusal::Malformed)?;
        self.0 = rest;
        Ok(*bytes)
    }

    pub fn bytes(&mut self) -> Result<&'b [u8], Refusal> {
        let length = usize::try_from(self.number()?).map_err(|_| Refusal::Malformed)?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Refusal::Malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// How many items of at least this many bytes may still come. More are refused before room is made for them.
    pub fn count(&mut self, size: usize) -> Result<usize, Refusal> {
        let count = usize::try_from(self.number()?).map_err(|_| Refusal::Malformed)?;
        let is_possible = count.checked_mul(size).is_some_and(|bytes| bytes <= self.0.len());
        if is_possible { Ok(count) } else { Err(Refusal::Malformed) }
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Malformed) }
    }
}
