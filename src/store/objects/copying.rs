//! Copies files and computes the digests of the copies.
//!
//! The digest is computed from the copy, so changes of the original meanwhile do not matter.

use crate::recording::ContentDigest;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// How many bytes are copied at once. If all of them are zeros, they become a hole.
const CHUNK: usize = 256 << 10;

/// Shorter files are not cloned: all of them is read anyway, for the digest.
const WORTH_CLONING: u64 = 64 << 10;

/// Copies files, one after the other.
#[derive(Debug)]
pub struct Copying {
    buffer: Vec<u8>,
    /// Whether the file system may be able to clone files.
    clones: bool,
}

impl Default for Copying {
    fn default() -> Self {
        Self { buffer: vec![0; CHUNK], clones: true }
    }
}

impl Copying {
    /// Copies the first `size` bytes of a file into an empty one. Returns the digest of the copy; `None` if there are
    /// fewer.
    pub fn copy(&mut self, from: &File, to: &File, size: u64) -> io::Result<Option<ContentDigest>> {
        if size >= WORTH_CLONING && self.clone_file(from, to) {
            if to.metadata()?.len() < size {
                return Ok(None);
            }
            to.set_len(size)?;
            return self.read(to, size, None);
        }
        self.read(from, size, Some(to))
    }

    /// The digest of the first `size` bytes of a file; `None` if there are fewer.
    pub fn digest(&mut self, file: &File, size: u64) -> io::Result<Option<ContentDigest>> {
        self.read(file, size, None)
    }

    fn read(
        &mut self,
        from: &File,
        size: u64,
        to: Option<&File>,
    ) -> io::Result<Option<ContentDigest>> {
        let mut hasher = blake3::Hasher::new();
        let (mut at, mut ends_in_hole) = (0, false);
        while at < size {
            let most = usize::try_from(size - at).unwrap_or(usize::MAX).min(CHUNK);
            let count = match from.read_at(&mut self.buffer[..most], at) {
                Ok(0) => return Ok(None),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let chunk = &self.buffer[..count];
            hasher.update(chunk);
            if let Some(to) = to {
                ends_in_hole = count == CHUNK && chunk.iter().all(|byte| *byte == 0);
                if !ends_in_hole {
                    to.write_all_at(chunk, at)?;
                }
            }
            at += count as u64;
        }
        if let Some(to) = to.filter(|_| ends_in_hole) {
            to.set_len(size)?;
        }
        Ok(Some(ContentDigest(*hasher.finalize().as_bytes())))
    }

    #[cfg(target_os = "linux")]
    fn clone_file(&mut self, from: &File, to: &File) -> bool {
        let is_cloned = self.clones && rustix::fs::ioctl_ficlone(to, from).is_ok();
        // If one file cannot be cloned, other files of the same command probably cannot either.
        self.clones = is_cloned;
        is_cloned
    }

    #[cfg(not(target_os = "linux"))]
    fn clone_file(&mut self, _: &File, _: &File) -> bool {
        self.clones = false;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("made");
        file.write_all(content).expect("written");
        file
    }

    fn content(file: &File) -> Vec<u8> {
        let length = file.metadata().expect("known").len();
        let mut content = vec![0; usize::try_from(length).expect("short")];
        file.read_exact_at(&mut content, 0).expect("read");
        content
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_copy_has_the_same_bytes(
            parts in proptest::collection::vec((0..2_u8, 0..CHUNK * 3 / 2), 0..4),
            more in 0..3_usize,
        ) {
            let expected: Vec<u8> =
                parts.iter().flat_map(|(byte, length)| vec![*byte; *length]).collect();
            let size = expected.len() as u64;
            let original = file(&[&expected[..], &vec![9; more]].concat());
            let mut copying = Copying::default();
            let to = tempfile::tempfile().expect("made");
            let digest = ContentDigest(*blake3::hash(&expected).as_bytes());
            prop_assert_eq!(copying.copy(&original, &to, size).expect("copied"), Some(digest));
            prop_assert_eq!(copying.digest(&to, size).expect("read"), Some(digest));
            prop_assert!(content(&to) == expected);
            let longer = size + more as u64 + 1;
            let to = tempfile::tempfile().expect("made");
            prop_assert_eq!(copying.copy(&original, &to, longer).expect("copied"), None);
        }
    }

    #[test]
    fn a_sparse_file_stays_sparse() {
        let original = file(b"begin");
        original.set_len(64 << 20).expect("set");
        let to = tempfile::tempfile().expect("made");
        let digest = Copying::default().copy(&original, &to, 64 << 20).expect("copied");
        assert_eq!(Copying::default().digest(&original, 64 << 20).expect("read"), digest);
        let copy = to.metadata().expect("known");
        assert_eq!(copy.len(), 64 << 20);
        assert!(copy.blocks() * 512 <= 1 << 20, "{}", copy.blocks());
    }
}
