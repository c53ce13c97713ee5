//! The content of files: its digest, and copies whose digest is taken on the way.
//!
//! Large files are read, hashed and written by a few threads, in groups that are whole subtrees of the hash. Memory stays
//! flat. All threads have ended when a function here returns.

use crate::parallel;
use crate::recording::ContentDigest;
use blake3::Hasher;
use blake3::hazmat::{ChainingValue, HasherExt, Mode};
use blake3::hazmat::{merge_subtrees_non_root, merge_subtrees_root};
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes that are read at once. They stay in the cache of a core until they are hashed and written.
const PIECE: usize = 64 << 10;

/// Bytes of a group: a power of two.
const GROUP: u64 = 1 << 20;

/// What a file system can leave out of a file with holes.
const BLOCK: usize = 4 << 10;

/// The size of a `st_blocks`.
const STAT_BLOCK: u64 = 512;

/// Which side of a copy failed.
#[derive(Debug)]
pub enum CopyError {
    /// The source cannot be read, or does not have this size.
    Source(io::Error),
    /// The copy cannot be written.
    Copy(io::Error),
}

impl CopyError {
    /// Whether the source does not have this size.
    pub fn is_other_length(&self) -> bool {
        matches!(self, Self::Source(error)
            if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof))
    }
}

/// A part of a file.
#[derive(Clone, Copy)]
struct FilePart {
    start: u64,
    length: u64,
}

/// The digest of the first `size` bytes of a file.
///
/// # Errors
/// When they cannot be read.
pub fn digest_of(file: &File, size: u64) -> io::Result<ContentDigest> {
    hash(size, &|part, hasher| {
        for_each_piece(part, |at, piece| {
            file.read_exact_at(piece, at)?;
            hasher.update(piece);
            Ok(())
        })
    })
}

/// Whether a file has this content, and nothing more.
///
/// # Errors
/// When it cannot be read.
pub fn has_content(file: &File, digest: ContentDigest, size: u64) -> io::Result<bool> {
    Ok(file.metadata()?.len() == size && digest_of(file, size)? == digest)
}

/// Copies `source` to `copy`, an empty file that is open for reading, too, and returns the digest of what was copied.
/// Where the file system can, both share their blocks; holes stay holes.
///
/// # Errors
/// Which side failed.
pub fn copy_content(source: &File, copy: &File, size: u64) -> Result<ContentDigest, CopyError> {
    let metadata = source.metadata().map_err(CopyError::Source)?;
    if metadata.len() != size {
        return Err(CopyError::Source(io::ErrorKind::InvalidData.into()));
    }
    if size > GROUP && clone(source, copy) {
        return digest_of(copy, size).map_err(CopyError::Copy);
    }
    let has_holes = metadata.blocks().saturating_mul(STAT_BLOCK) < size;
    if has_holes {
        copy.set_len(size).map_err(CopyError::Copy)?;
    }
    hash(size, &|part, hasher| {
        for_each_piece(part, |at, piece| {
            source.read_exact_at(piece, at).map_err(CopyError::Source)?;
            hasher.update(piece);
            let written =
                if has_holes { write_data(copy, piece, at) } else { copy.write_all_at(piece, at) };
            written.map_err(CopyError::Copy)
        })
    })
}

/// Writes all blocks but those of zeros.
fn write_data(file: &File, piece: &[u8], mut at: u64) -> io::Result<()> {
    for block in piece.chunks(BLOCK) {
        if block != &[0; BLOCK][..block.len()] {
            file.write_all_at(block, at)?;
        }
        at += block.len() as u64;
    }
    Ok(())
}

fn for_each_piece<E>(
    FilePart { start, length }: FilePart,
    mut work: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
) -> Result<(), E> {
    let longest = usize::try_from(length).unwrap_or(PIECE).min(PIECE);
    let mut buffer = vec![0; longest];
    let mut done = 0;
    while done < length {
        let count = usize::try_from(length - done).unwrap_or(longest).min(longest);
        work(start + done, &mut buffer[..count])?;
        done += count as u64;
    }
    Ok(())
}

/// The digest of `size` bytes, given what feeds a part of them to a hasher.
fn hash<E: Send>(
    size: u64,
    feed: &(impl Fn(FilePart, &mut Hasher) -> Result<(), E> + Sync),
) -> Result<ContentDigest, E> {
    if size <= 2 * GROUP {
        let mut hasher = Hasher::new();
        feed(FilePart { start: 0, length: size }, &mut hasher)?;
        return Ok(ContentDigest(*hasher.finalize().as_bytes()));
    }
    let starts = (0..size.div_ceil(GROUP)).map(|number| number * GROUP);
    let parts: Vec<_> =
        starts.map(|start| FilePart { start, length: GROUP.min(size - start) }).collect();
    let has_failed = AtomicBool::new(false);
    let groups = parallel::map(&parts, parts.len() / 2, |part| {
        // After a failure, the other parts need no work.
        if has_failed.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let mut hasher = Hasher::new();
        hasher.set_input_offset(part.start);
        feed(*part, &mut hasher).inspect_err(|_| has_failed.store(true, Ordering::Relaxed))?;
        Ok(Some(hasher.finalize_non_root()))
    });
    let groups = groups.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, E>>()?;
    let (left, right) = halves(&groups);
    let root = merge_subtrees_root(&merged(left), &merged(right), Mode::Hash);
    Ok(ContentDigest(*root.as_bytes()))
}

/// The two subtrees of a node: the left one is as large as a complete one can be.
fn halves(groups: &[ChainingValue]) -> (&[ChainingValue], &[ChainingValue]) {
    groups.split_at(groups.len().next_power_of_two() / 2)
}

/// The value of the subtree of these groups, of which there is at least one.
fn merged(groups: &[ChainingValue]) -> ChainingValue {
    if let [group] = groups {
        return *group;
    }
    let (left, right) = halves(groups);
    merge_subtrees_non_root(&merged(left), &merged(right), Mode::Hash)
}

/// Makes a file share the blocks of another one, if the file system can.
#[cfg(target_os = "linux")]
fn clone(source: &File, copy: &File) -> bool {
    rustix::fs::ioctl_ficlone(copy, source).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn clone(_: &File, _: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::ContentDigest;
    use proptest::prelude::*;
    use std::io::Write;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_copy_has_the_same_bytes(
            parts in proptest::collection::vec((0..2_u8, 0..PIECE * 6), 0..4),
            hole in 0..2 * GROUP,
        ) {
            let mut expected: Vec<u8> =
                parts.iter().flat_map(|(byte, length)| vec![*byte; *length]).collect();
            let source = file(&expected);
            let size = expected.len() as u64 + hole;
            source.set_len(size).expect("extended");
            expected.resize(usize::try_from(size).expect("short"), 0);
            let copy = file(b"");
            prop_assert_eq!(copy_content(&source, &copy, size).expect("copied"), plain(&expected));
            prop_assert!(has_content(&copy, plain(&expected), size).expect("read"));
            prop_assert!(!has_content(&copy, plain(&expected), size + 1).expect("read"));
        }
    }

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        file
    }

    fn random(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        Hasher::new().update(&length.to_le_bytes()).finalize_xof().fill(&mut bytes);
        bytes
    }

    fn plain(bytes: &[u8]) -> ContentDigest {
        ContentDigest(*blake3::hash(bytes).as_bytes())
    }

    #[test]
    fn digests_and_copies_are_right_whatever_the_size() {
        let group = usize::try_from(GROUP).expect("small");
        let around = |size: usize| [size - 1, size, size + 1];
        let sizes = [vec![0, 1, 4096], around(PIECE).into(), around(group).into()].concat();
        let many = (2..10).flat_map(|groups| around(groups * group)).collect();
        for size in [sizes, many].concat() {
            let bytes = random(size);
            let source = file(&bytes);
            assert_eq!(digest_of(&source, size as u64).expect("read"), plain(&bytes), "{size}");
            let copy = file(b"");
            let copied = copy_content(&source, &copy, size as u64).expect("copied");
            assert_eq!(copied, plain(&bytes), "{size}");
            let mut written = vec![0; size];
            copy.read_exact_at(&mut written, 0).expect("read");
            assert!(written == bytes && copy.metadata().expect("there").len() == size as u64);
        }
    }

    #[test]
    fn a_source_of_another_size_is_an_error_of_the_source() {
        let source = file(b"four");
        for size in [0, 3, 5, 9 << 20] {
            let copied = copy_content(&source, &file(b""), size);
            assert!(matches!(copied, Err(CopyError::Source(_))), "{size}");
            assert_eq!(digest_of(&source, size).is_err(), size > 4);
        }
    }

    #[test]
    fn a_copy_that_cannot_be_written_is_an_error_of_the_copy() {
        let read_only = File::open("/dev/null").expect("opened");
        for size in [1, 5 << 20] {
            let copied = copy_content(&file(&random(size)), &read_only, size as u64);
            assert!(matches!(copied, Err(CopyError::Copy(_))), "{size}");
        }
    }

    #[test]
    fn holes_stay_holes() {
        let source = file(b"begin");
        source.set_len(40 << 20).expect("extended");
        source.write_all_at(b"middle", 20 << 20).expect("written");
        let copy = file(b"");
        let copied = copy_content(&source, &copy, 40 << 20).expect("copied");
        let mut bytes = vec![0; 40 << 20];
        copy.read_exact_at(&mut bytes, 0).expect("read");
        assert_eq!(copied, plain(&bytes));
        assert_eq!(&bytes[20 << 20..][..6], b"middle");
        assert!(copy.metadata().expect("there").blocks() * STAT_BLOCK < 1 << 20);
    }
}
