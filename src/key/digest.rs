//! SHA-256 digests.

use crate::hex::Hex;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io::{self, Read};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of all that can be read, in constant memory.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn of_reader(reader: impl Read) -> io::Result<Self> {
        Self::of_length(u64::MAX, reader)
    }

    /// Like [`of_reader`](Self::of_reader), for a reader of about `length` bytes.
    pub(crate) fn of_length(length: u64, mut reader: impl Read) -> io::Result<Self> {
        // One byte more shows whether that was all: some files are longer than their size says.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mut buffer = vec![0; length.saturating_add(1).clamp(4 << 10, 64 << 10)];
        let mut builder = DigestBuilder::default();
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(builder.finish()),
                Ok(count) => builder.update(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Computes a [`Digest`] piece by piece.
#[derive(Clone, Debug, Default)]
pub struct DigestBuilder(Sha256);

impl DigestBuilder {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all the bytes.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// Called now and then while inputs are read, by any thread.
pub(crate) type OnProgress<'p> = &'p (dyn Fn() + Sync);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns one byte at a time, each after an interruption.
    struct Interrupted<'b>(&'b [u8], bool);

    impl Read for Interrupted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                Err(io::ErrorKind::Interrupted.into())
            } else {
                self.0.read(&mut buffer[..1])
            }
        }
    }

    #[test]
    fn every_way_to_the_same_bytes_gives_the_same_digest() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(format!("{:?}", Digest::of(b"abc")), abc);
        let mut builder = DigestBuilder::default();
        for byte in b"abc" {
            builder.update(&[*byte]);
        }
        assert_eq!(builder.finish(), Digest::of(b"abc"));
        for length in [0, 2, 3, 100_000, u64::MAX] {
            let read = Digest::of_length(length, Interrupted(b"abc", false)).expect("read");
            assert_eq!(read, Digest::of(b"abc"), "{length}");
        }
    }

    /// Notes how much it is asked for, and has nothing.
    struct Asked<'n>(&'n mut usize);

    impl Read for Asked<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            *self.0 = buffer.len();
            Ok(0)
        }
    }

    #[test]
    fn a_short_file_is_read_at_once_and_a_long_one_in_little_memory() {
        for (length, expected) in
            [(0, 4096), (4095, 4096), (4096, 4097), (65_535, 65_536), (u64::MAX, 65_536)]
        {
            let mut asked = 0;
            Digest::of_length(length, Asked(&mut asked)).expect("read");
            assert_eq!(asked, expected, "{length}");
        }
    }

    #[test]
    fn a_reader_that_fails_has_no_digest() {
        let directory = std::fs::File::open(std::env::temp_dir()).expect("opened");
        assert!(Digest::of_reader(directory).is_err());
    }
}
