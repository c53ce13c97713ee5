//! The project files that the user trusts, each by its path and its content.
//!
//! A record is a file in `trust/` in the user's state directory, named by the digest of the path. So records of different
//! projects do not collide, and no lock is needed: a record is written to a temporary file and renamed. It is believed
//! only if it and its directory belong to the user alone.

use super::places;
use crate::absence::if_there;
use crate::hex::Hex;
use crate::home;
use crate::opening::open_to_read;
use crate::private_directory::{self, NotPrivate};
use crate::terminal::{escape_os, escape_words};
use rustix::fs::{CWD, OFlags};
use sha2::{Digest, Sha256};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Whether a file is trusted with its present content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustState {
    /// It is trusted.
    Trusted,
    /// There is no record of the file.
    Unknown,
    /// It is trusted with another content.
    Changed,
    /// There is a record, but it cannot be believed.
    Unreadable(NotPrivate),
}

/// The variable that names directories in which, and below which, every file is trusted.
pub const VARIABLE: &str = "CACHEX_TRUST";

/// The first line of a record.
const FORMAT: &[u8] = b"cachex trust 1\n";

/// The maximal length of a record: longer than any path.
const LONGEST: u64 = 1 << 16;

/// The length of a digest in hexadecimal.
const DIGEST: usize = 64;

/// The record of a file that is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRecord {
    /// The file.
    pub path: PathBuf,
    /// The digest of its content.
    digest: String,
}

impl TrustRecord {
    fn new(path: &Path, content: &[u8]) -> Self {
        Self { path: path.to_owned(), digest: hex_digest(content) }
    }

    fn encode(&self) -> Vec<u8> {
        [FORMAT, self.digest.as_bytes(), b"\n", self.path.as_os_str().as_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (digest, path) = bytes.strip_prefix(FORMAT)?.split_at_checked(DIGEST)?;
        let path = OsString::from_vec(path.strip_prefix(b"\n")?.to_vec());
        Some(Self { path: path.into(), digest: String::from_utf8(digest.to_vec()).ok()? })
    }

    /// Whether its file is trusted now; `None` if there is no file that could count.
    pub fn state_now(&self) -> Option<TrustState> {
        let found = places::find_in(self.path.parent()?).ok()?;
        Some(self.state(&found.bytes))
    }

    fn state(&self, content: &[u8]) -> TrustState {
        if self.digest == hex_digest(content) { TrustState::Trusted } else { TrustState::Changed }
    }
}

/// Whether a file is trusted with this content.
pub(super) fn state_of(path: &Path, content: &[u8]) -> TrustState {
    if is_trusted_by_variable(path) {
        return TrustState::Trusted;
    }
    let Ok(directory) = directory() else { return TrustState::Unknown };
    match read(&directory, &directory.join(name(path))) {
        Ok(Some(record)) if record.path == path => record.state(content),
        Ok(_) => TrustState::Unknown,
        Err(refused) => TrustState::Unreadable(refused),
    }
}

/// Records that a file is trusted with this content.
///
/// # Errors
/// Why it cannot be recorded.
pub fn record(path: &Path, content: &[u8]) -> Result<(), String> {
    let directory = directory()?;
    let said = |error: &dyn fmt::Display| format!("cannot record what is trusted: {error}");
    private_directory::prepare(&directory).map_err(|error| said(&error))?;
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(&directory)?;
        file.write_all(&TrustRecord::new(path, content).encode())?;
        file.persist(directory.join(name(path)))?;
        Ok(())
    };
    write().map_err(|error: io::Error| said(&error))
}

/// Forgets that a file is trusted; whether it was.
///
/// # Errors
/// Why it cannot be forgotten.
pub fn revoke(path: &Path) -> Result<bool, String> {
    let removed = if_there(fs::remove_file(directory()?.join(name(path))));
    let was_trusted = removed.map(|removed| removed.is_some());
    was_trusted.map_err(|error| format!("cannot forget what is trusted: {error}"))
}

/// All records, by path.
///
/// # Errors
/// Why they are not believed.
pub fn list() -> Result<Vec<TrustRecord>, String> {
    let Ok(directory) = directory() else { return Ok(Vec::new()) };
    let unreadable = |error: &io::Error| NotPrivate::by_system(&directory, error).to_string();
    let entries = if_there(fs::read_dir(&directory)).map_err(|error| unreadable(&error))?;
    let mut records = Vec::new();
    for entry in entries.into_iter().flatten() {
        let path = entry.map_err(|error| unreadable(&error))?.path();
        // A temporary file that an interrupted write left is no record.
        let is_record = path.file_name().is_some_and(|name| name.len() == DIGEST);
        if is_record {
            records.extend(read(&directory, &path).map_err(|refused| refused.to_string())?);
        }
    }
    records.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(records)
}

/// Whether the file lies in or below a directory that the variable names. Only absolute paths count: a relative one would
/// name another directory in each project.
fn is_trusted_by_variable(path: &Path) -> bool {
    let Some(named) = std::env::var_os(VARIABLE) else { return false };
    std::env::split_paths(&named)
        .filter_map(|directory| home::expanded(directory.into_os_string()).ok().map(PathBuf::from))
        .filter(|directory| directory.is_absolute())
        .filter_map(|directory| fs::canonicalize(directory).ok())
        .any(|directory| path.starts_with(directory))
}

fn directory() -> Result<PathBuf, String> {
    let directory = home::state_directory().map(|directory| directory.join("trust"));
    directory.ok_or_else(|| "no home directory to record trust in".to_owned())
}

fn name(path: &Path) -> String {
    hex_digest(path.as_os_str().as_bytes())
}

/// Reads a record, if the file is one.
fn read(directory: &Path, path: &Path) -> Result<Option<TrustRecord>, NotPrivate> {
    let by_system = |error| NotPrivate::by_system(path, &error);
    let opened = if_there(open_to_read::<File>(CWD, path, OFlags::NOFOLLOW)).map_err(by_system)?;
    let Some(file) = opened else { return Ok(None) };
    private_directory::check(directory, &fs::metadata(directory).map_err(by_system)?)?;
    private_directory::check_owner(path, &file.metadata().map_err(by_system)?)?;
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(by_system)?;
    Ok(TrustRecord::decode(&bytes))
}

fn hex_digest(bytes: &[u8]) -> String {
    Hex(&Sha256::digest(bytes)).to_string()
}

/// The message about a file that is not trusted, with the command to type.
pub(super) fn request(path: &Path, state: &TrustState) -> String {
    let directory = path.parent().unwrap_or(path).as_os_str();
    let typed = escape_words([OsStr::new("cachex"), OsStr::new("trust"), directory]);
    let path = escape_os(path.as_os_str());
    match state {
        TrustState::Changed => {
            format!("{path} has changed since it was trusted; review it, then run: {typed}")
        }
        TrustState::Unreadable(refused) => format!("{path} is not trusted, since {refused}"),
        _ => format!("{path} is not trusted; review it, then run: {typed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_record_can_be_read_again() {
        for path in ["/a/.cachex.toml", "/a\nb/.cachex.toml", "/"] {
            let record = TrustRecord::new(Path::new(path), b"ttl = 1");
            assert_eq!(TrustRecord::decode(&record.encode()), Some(record.clone()));
            assert_eq!(record.state(b"ttl = 1"), TrustState::Trusted);
            assert_eq!(record.state(b"ttl = 2"), TrustState::Changed);
        }
    }

    #[test]
    fn why_a_file_is_not_trusted_decides_what_is_to_be_done() {
        let request = |state| request(Path::new("/a b/.cachex.toml"), &state);
        let typed = "review it, then run: cachex trust '/a b'";
        let path = "/a b/.cachex.toml";
        assert_eq!(request(TrustState::Unknown), format!("{path} is not trusted; {typed}"));
        let changed = format!("{path} has changed since it was trusted; {typed}");
        assert_eq!(request(TrustState::Changed), changed);
        let refused = || NotPrivate::by_system(Path::new("/r"), &io::ErrorKind::NotFound.into());
        let unreadable = format!("{path} is not trusted, since {}", refused());
        assert_eq!(request(TrustState::Unreadable(refused())), unreadable);
    }

    #[test]
    fn records_are_named_by_the_digests_of_their_paths() {
        let names = ["/a", "/b"].map(|path| name(Path::new(path)));
        assert_ne!(names[0], names[1]);
        assert!(names.iter().all(|name| name.len() == DIGEST));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = TrustRecord::decode(&[FORMAT, &bytes].concat());
            let _ = TrustRecord::decode(&bytes);
        }
    }
}
