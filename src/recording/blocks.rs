//! A file of frames with a checksum for each block of it.
//!
//! The blocks are checked twice: all of them before anything is shown, and each one again just before it is handed out,
//! since the file may be damaged in between. What is handed out is a copy that no later damage can reach.

use super::checksum::{Checksum, Checksummer};
use super::frames::{HEADER, MAX_FRAME, StreamSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// The size of a block in bytes. A block of this size stays in the cache of a core while it is read, checked and
/// written.
pub(super) const BLOCK: usize = HEADER + MAX_FRAME;

/// A file with more blocks than this is checked by two threads: starting a thread takes as long as checking half of
/// them.
const BLOCKS_OF_ONE_THREAD: u64 = 16;

/// A BLAKE3 digest of content. Unlike a [`Checksum`] it cannot be forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentDigest(pub [u8; 32]);

/// A recording cannot be read, or was damaged since it was checked.
#[derive(Debug, thiserror::Error)]
#[error("recorded output cannot be read: {0}")]
pub struct UnreadableRecording(String);

impl UnreadableRecording {
    /// Whether this is the reason of an error.
    pub fn is_in(error: &io::Error) -> bool {
        error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Self>)
    }

    fn error(reason: &impl ToString) -> io::Error {
        io::Error::other(Self(reason.to_string()))
    }
}

/// A file of frames, every block of which has a checksum.
#[derive(Debug)]
pub struct BlockFile {
    /// The file itself.
    pub file: File,
    pub(super) length: u64,
    /// Which streams the frames are of.
    pub streams: StreamSet,
    /// The digest of its bytes.
    pub digest: ContentDigest,
    pub(super) sums: Vec<Checksum>,
}

impl BlockFile {
    /// A file that was written before. It holds what was recorded if its [`checksum`](Self::checksum) is right.
    ///
    /// # Errors
    /// When the file cannot be read; with `InvalidData` if it has another length.
    pub fn read(
        file: File,
        length: u64,
        streams: StreamSet,
        digest: ContentDigest,
    ) -> io::Result<Self> {
        if file.metadata()?.len() != length {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let sums = sums_of(&file, length)?;
        Ok(Self { file, length, streams, digest, sums })
    }

    /// The checksum of all of it.
    pub fn checksum(&self) -> Checksum {
        let sums = self.sums.iter().flat_map(|Checksum(sum)| sum.to_le_bytes());
        let bytes: Vec<u8> = [self.streams.bits()].into_iter().chain(sums).collect();
        Checksum::of(&bytes)
    }

    /// Hands every block to `sink`, in order, until one fails or is damaged.
    pub(super) fn for_each_block(
        &self,
        mut sink: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut buffer = vec![0; BLOCK];
        for (number, sum) in (0..).zip(&self.sums) {
            let block = read_block(&self.file, self.length, number, &mut buffer)
                .map_err(|error| UnreadableRecording::error(&error))?;
            if Checksum::of(block) != *sum {
                return Err(UnreadableRecording::error(&"it was damaged while it was read"));
            }
            sink(block)?;
        }
        Ok(())
    }
}

/// Reads the block of this number.
pub(super) fn read_block<'b>(
    file: &File,
    length: u64,
    number: u64,
    buffer: &'b mut [u8],
) -> io::Result<&'b [u8]> {
    let start = number * BLOCK as u64;
    let left = usize::try_from(length - start).unwrap_or(usize::MAX);
    let block = &mut buffer[..left.min(BLOCK)];
    file.read_exact_at(block, start)?;
    Ok(block)
}

/// The checksum of every block. Two threads take about half the time of one. If the second cannot be started, the first
/// one does all of the work.
fn sums_of(file: &File, length: u64) -> io::Result<Vec<Checksum>> {
    let count = length.div_ceil(BLOCK as u64);
    let next = AtomicU64::new(0);
    let sums = Mutex::new(vec![Checksum(0); usize::try_from(count).map_err(io::Error::other)?]);
    let compute = |buffer: &mut [u8]| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return io::Result::Ok(());
            }
            let sum = Checksum::of(read_block(file, length, number, buffer)?);
            let place = usize::try_from(number).map_err(io::Error::other)?;
            sums.lock().map_err(|_| io::ErrorKind::Other)?[place] = sum;
        }
    };
    // The second thread allocates nothing, since that would need an arena of its own.
    let (mut own, mut other) = (vec![0; BLOCK], Vec::new());
    if count > BLOCKS_OF_ONE_THREAD {
        other.resize(BLOCK, 0);
    }
    thread::scope(|scope| {
        let other = (!other.is_empty())
            .then(|| thread::Builder::new().spawn_scoped(scope, || compute(&mut other)).ok());
        let done = compute(&mut own);
        let helped = other
            .flatten()
            .map_or(Ok(()), |it| it.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())));
        done.and(helped)
    })?;
    sums.into_inner().map_err(|_| io::ErrorKind::Other.into())
}

/// Computes the checksums of blocks from pieces of any length.
#[derive(Default)]
pub(super) struct BlockSums {
    open: Checksummer,
    /// The bytes of the unfinished block.
    filled: usize,
    sums: Vec<Checksum>,
}

impl BlockSums {
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.filled));
            self.open.update(now);
            self.filled += now.len();
            if self.filled == BLOCK {
                self.close();
            }
            bytes = later;
        }
    }

    fn close(&mut self) {
        self.sums.push(std::mem::take(&mut self.open).finish());
        self.filled = 0;
    }

    pub(super) fn finish(mut self) -> Vec<Checksum> {
        if self.filled > 0 {
            self.close();
        }
        self.sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("made");
        file.write_all(bytes).expect("written");
        file
    }

    fn read(bytes: &[u8]) -> BlockFile {
        let length = bytes.len() as u64;
        let streams = StreamSet::default();
        BlockFile::read(file(bytes), length, streams, ContentDigest([0; 32])).expect("read")
    }

    fn noise(length: usize) -> Vec<u8> {
        let numbers =
            (0..length as u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        numbers.map(|bytes| bytes[7]).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn sums_are_the_same_however_they_are_computed(
            length in prop_oneof![0..1000_usize, (0..12_usize).prop_map(|n| n * BLOCK), 0..12 * BLOCK],
            piece in 1..2 * BLOCK,
        ) {
            let bytes = noise(length);
            let mut sums = BlockSums::default();
            bytes.chunks(piece).for_each(|piece| sums.update(piece));
            let file = read(&bytes);
            prop_assert_eq!(&file.sums, &sums.finish());
            let mut handed_out = Vec::new();
            file.for_each_block(|block| { handed_out.extend_from_slice(block); Ok(()) }).expect("right");
            prop_assert!(handed_out == bytes);
        }
    }

    #[test]
    fn a_changed_byte_changes_the_checksum() {
        let bytes = noise(10 * BLOCK + 5);
        let sound = read(&bytes).checksum();
        for place in [0, BLOCK, 5 * BLOCK + 1, 10 * BLOCK, 10 * BLOCK + 4] {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_ne!(read(&changed).checksum(), sound, "{place}");
        }
    }

    #[test]
    fn a_file_of_another_length_is_an_error() {
        let bytes = noise(10 * BLOCK);
        let expected = bytes.len() as u64 + 1;
        let streams = StreamSet::default();
        for length in [0, BLOCK, 10 * BLOCK - 1, 10 * BLOCK] {
            let cut = file(&bytes[..length]);
            let read = BlockFile::read(cut, expected, streams, ContentDigest([0; 32]));
            assert_eq!(read.expect_err("shorter").kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn damage_after_the_check_ends_with_the_blocks_before_it() {
        let bytes = noise(10 * BLOCK);
        let damages: [fn(&File) -> io::Result<()>; 2] = [
            |file| file.write_all_at(b"x", 5 * BLOCK as u64),
            |file| file.set_len(5 * BLOCK as u64),
        ];
        for damage in damages {
            let sound = read(&bytes);
            damage(&sound.file).expect("damaged");
            let mut right = 0;
            let ended = sound.for_each_block(|block| {
                assert!(block == &bytes[right..right + block.len()]);
                right += block.len();
                Ok(())
            });
            assert!(UnreadableRecording::is_in(&ended.expect_err("damaged")));
            assert_eq!(right, 5 * BLOCK);
        }
    }
}
