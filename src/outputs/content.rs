//! The content of files: its digest, and copies that are checked on the way. Memory stays flat.

use crate::recording::ContentDigest;
use std::fs::File;
use std::io::{self, Read, Write};

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// Which side of a copy failed.
#[derive(Debug)]
pub enum CopyError {
    /// The source cannot be read, or does not have this size.
    Source(io::Error),
    /// The copy cannot be written.
    Copy(io::Error),
}

/// The digest of an open file, read to its end; `None` if it does not have this size.
pub(super) fn digest_of(file: &File, size: u64) -> io::Result<Option<ContentDigest>> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; piece(size)];
    let mut length = 0;
    let mut file = file;
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..count]);
        length += count as u64;
    }
    Ok((length == size).then(|| ContentDigest(*hasher.finalize().as_bytes())))
}

/// Copies `source` from its beginning to `copy`, which is empty, and returns the digest of what was copied. Holes stay
/// holes, and where the file system can, both share their blocks.
///
/// # Errors
/// Which side failed.
pub fn copy_content(source: &File, copy: &File, size: u64) -> Result<ContentDigest, CopyError> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; piece(size)];
    let mut length = 0;
    let (mut source, mut copy) = (source, copy);
    loop {
        let count = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Source(error)),
        };
        hasher.update(&buffer[..count]);
        copy.write_all(&buffer[..count]).map_err(CopyError::Copy)?;
        length += count as u64;
    }
    if length != size {
        return Err(CopyError::Source(io::ErrorKind::InvalidData.into()));
    }
    Ok(ContentDigest(*hasher.finalize().as_bytes()))
}

/// How much of a file of this size is read at once; a byte more than all of it, if it is small.
fn piece(size: u64) -> usize {
    usize::try_from(size).unwrap_or(PIECE).saturating_add(1).min(PIECE)
}
