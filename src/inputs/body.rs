//! What is in a file, a directory or a link, as a digest. Opens files without side effects.

use super::path_state::Facts;
use super::terms::TraceTerms;
use crate::opening::open_to_read;
use rustix::fs::{Dir, FileType, OFlags, fstat, readlinkat};
use rustix::io::{Errno, read as read_some};
use sha2::{Digest as _, Sha256};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

/// The digest of a content, the names in a directory, or the target of a link.
pub(super) type BodyDigest = [u8; 32];

/// What is in a file, a directory or a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileBody {
    /// It was read.
    Read(BodyDigest),
    /// It may not be read.
    Unreadable(i32),
    /// It is no longer what it was when it was found.
    Changed,
}

/// Reads what is at a path, where `facts` were found. `directory_path`, the absolute path if it is a directory, tells
/// which names in it do not count.
pub(super) fn read(
    directory: impl AsFd,
    path: &[u8],
    follow: bool,
    facts: &Facts,
    absolute: &[u8],
    terms: &TraceTerms,
) -> FileBody {
    let read = match facts.kind() {
        FileType::RegularFile => content(directory, path, follow, facts),
        FileType::Directory => names(directory, path, follow, absolute, terms)
            .map(|names| Some(digest_of_names(&names))),
        FileType::Symlink => readlinkat(directory, path, Vec::new())
            .map(|target| Some(digest_of_target(target.to_bytes())))
            .map_err(Into::into),
        _ => Ok(None),
    };
    match read {
        Ok(Some(digest)) => FileBody::Read(digest),
        Ok(None) => FileBody::Changed,
        Err(error) => match error.raw_os_error() {
            Some(number) => FileBody::Unreadable(number),
            None => FileBody::Changed,
        },
    }
}

/// Reads a file that is expected to be there as it was found once; `None` if something else is. It is looked at after it
/// was read: a change in between shows as well.
pub(super) fn read_expected(
    directory: impl AsFd,
    path: &[u8],
    follow: bool,
    expected: &Facts,
) -> Option<FileBody> {
    let file = open(directory, path, follow, OFlags::empty()).ok()?;
    let digest = digest_of_content(&file, expected.stamp.size, expected.stamp.size).ok()??;
    let now = Facts::of(&fstat(&file).ok()?);
    (now == *expected).then_some(FileBody::Read(digest))
}

/// Most commands follow links, and read no file by its content: they need no BLAKE3, which is slow to begin.
fn digest_of_target(target: &[u8]) -> BodyDigest {
    Sha256::digest(target).into()
}

fn open(directory: impl AsFd, path: &[u8], follow: bool, flags: OFlags) -> Result<OwnedFd, Errno> {
    let link = if follow { OFlags::empty() } else { OFlags::NOFOLLOW };
    open_to_read(directory, path, flags | link)
}

/// `None` if it is another file than the one that was found, or changed since.
fn content(
    directory: impl AsFd,
    path: &[u8],
    follow: bool,
    facts: &Facts,
) -> io::Result<Option<BodyDigest>> {
    let file = open(directory, path, follow, OFlags::empty())?;
    if Facts::of(&fstat(&file)?) != *facts {
        return Ok(None);
    }
    // The kernel does not tell the size of its own files.
    digest_of_content(&file, facts.stamp.size, u64::MAX)
}

/// `None` if there is more in the file than this. A file of the expected size needs no call that finds its end.
fn digest_of_content(
    file: &OwnedFd,
    expected_size: u64,
    limit: u64,
) -> io::Result<Option<BodyDigest>> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = [MaybeUninit::uninit(); BUFFER_SIZE];
    let mut total = 0;
    loop {
        let (read, rest) = match read_some(file, &mut buffer) {
            Err(Errno::INTR) => continue,
            result => result?,
        };
        hasher.update(read);
        total += read.len() as u64;
        if read.is_empty() || !rest.is_empty() && total == expected_size {
            return Ok(Some(*hasher.finalize().as_bytes()));
        }
        if limit < total {
            return Ok(None);
        }
    }
}

/// Most files need one call to read them.
const BUFFER_SIZE: usize = 16 << 10;

/// A name in a directory, and the letter of its kind.
pub(super) type ListedName = (Vec<u8>, u8);

/// What is in a directory with these names.
pub(super) fn body_of_names(names: &[ListedName]) -> FileBody {
    FileBody::Read(digest_of_names(names))
}

/// The names in a directory that count, with their kinds, in order.
pub(super) fn names(
    directory: impl AsFd,
    path: &[u8],
    follow: bool,
    absolute: &[u8],
    terms: &TraceTerms,
) -> io::Result<Vec<ListedName>> {
    let opened = open(directory, path, follow, OFlags::DIRECTORY)?;
    let mut opened = Dir::new(opened)?;
    let hides = terms.may_hide_in(absolute);
    let mut names: Vec<ListedName> = Vec::new();
    while let Some(entry) = opened.read() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if [&b"."[..], b".."].contains(&name)
            || hides && terms.hides(&super::path::join(absolute, name))
        {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => {
                let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
                let stat = rustix::fs::statat(opened.fd()?, entry.file_name(), flags);
                stat.map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode))
            }
            known => known,
        };
        names.push((name.to_vec(), letter(kind)));
    }
    names.sort_unstable();
    Ok(names)
}

fn digest_of_names(names: &[ListedName]) -> BodyDigest {
    let mut hasher = blake3::Hasher::new();
    for (name, kind) in names {
        // No name holds a NUL.
        hasher.update(name).update(&[0, *kind]);
    }
    *hasher.finalize().as_bytes()
}

fn letter(kind: FileType) -> u8 {
    match kind {
        FileType::RegularFile => b'f',
        FileType::Directory => b'd',
        FileType::Symlink => b'l',
        FileType::Fifo => b'p',
        FileType::Socket => b's',
        FileType::CharacterDevice => b'c',
        FileType::BlockDevice => b'b',
        FileType::Unknown => b'?',
    }
}
