//! Finds the configuration files, and refuses those that somebody else could have written.
//!
//! Knows nothing of what is in them.

use crate::absence::if_there;
use crate::home;
use crate::opening::open_to_read;
use crate::options::source::FileOwner;
use crate::ownership::may_decide;
use crate::terminal::escape_os;
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file that exists, with its bytes. They may hold secrets, so nothing shows them.
pub(super) struct FoundFile {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    /// Whether only its owner can read it.
    pub(super) is_private: bool,
}

/// The name of a project's file.
pub(super) const FILE: &str = ".cachex.toml";

const LARGEST: u64 = 1 << 20;

/// The file, if there is one. Files of strangers in directories for everybody are added to `ignored`.
pub(super) fn find(
    owner: FileOwner,
    ignored: &mut Vec<PathBuf>,
) -> Result<Option<FoundFile>, String> {
    match owner {
        FileOwner::User => find_for_user(),
        FileOwner::Project => find_for_project(ignored),
    }
}

fn find_for_user() -> Result<Option<FoundFile>, String> {
    let path = home::config_directory().map(|directory| directory.join("config.toml"));
    path.map_or(Ok(None), |path| read(FileOwner::User, path.clone(), &path))
}

fn find_for_project(ignored: &mut Vec<PathBuf>) -> Result<Option<FoundFile>, String> {
    let Ok(here) = std::env::current_dir() else {
        return Ok(None);
    };
    // Step by step with `..`: we may not be allowed to search the directories above, so an absolute path may fail.
    let mut up = PathBuf::from(".");
    for directory in here.ancestors() {
        let (path, reach) = (directory.join(FILE), up.join(FILE));
        let owner = owner_of(&reach).map_err(|error| unreadable(&path, &error))?;
        match owner {
            None => {}
            Some(owner) if !may_decide(owner) && is_for_everybody(&up) => ignored.push(path),
            // Checked only now, since nearly always there is no file at all.
            Some(_) if !are_ours_below(&up) => return Ok(None),
            Some(_) => {
                if let Some(found) = read(FileOwner::Project, path, &reach)? {
                    return Ok(Some(found));
                }
            }
        }
        up.push("..");
    }
    Ok(None)
}

/// The file of a project that lies in this directory.
pub(super) fn find_in(directory: &Path) -> Result<FoundFile, String> {
    let path = directory.join(FILE);
    let found = read(FileOwner::Project, path.clone(), &path)?;
    found.ok_or_else(|| unreadable(&path, &Errno::NOENT.into()))
}

/// Whether the working directory and all directories up to the one at `up`, without that one, belong to somebody who
/// may decide for us.
fn are_ours_below(up: &Path) -> bool {
    let is_ours = |path: &Path| fs::metadata(path).is_ok_and(|found| may_decide(found.uid()));
    up.ancestors().skip(1).filter(|below| *below != Path::new("")).all(is_ours)
}

/// The owner of a file, or of a link to one.
fn owner_of(path: &Path) -> io::Result<Option<u32>> {
    match rustix::fs::lstat(path) {
        Ok(found) => Ok(Some(found.st_uid)),
        // What is in a directory that we may not search does not count.
        Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether everybody may put files into a directory, but not touch those of others, as in `/tmp`. The file of a stranger
/// there is not meant for us, and must not keep us from caching.
fn is_for_everybody(directory: &Path) -> bool {
    const STICKY_AND_WRITABLE: u32 = 0o1002;
    let mode = fs::metadata(directory).map_or(0, |found| found.mode());
    mode & STICKY_AND_WRITABLE == STICKY_AND_WRITABLE
}

/// Reads a file by a path that may be another way to it; `None` if there is none, or a link that leads nowhere.
fn read(owner: FileOwner, path: PathBuf, reach: &Path) -> Result<Option<FoundFile>, String> {
    let opened = if_there(open_to_read::<File>(CWD, reach, OFlags::empty()));
    let opened = opened.map_err(|error| unreadable(&path, &error))?;
    let Some(file) = opened else { return Ok(None) };
    let status = rustix::fs::fstat(&file).map_err(|error| unreadable(&path, &error.into()))?;
    let problem = |what: &str| Err(format!("{} {what}", escape_os(path.as_os_str())));
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        return problem("is not a regular file");
    }
    if !may_decide(status.st_uid) {
        return problem("belongs to another user and is not read; make it yours with chown");
    }
    if is_open_to_others(owner, &status) {
        return problem("can be written by others; run chmod go-w on it");
    }
    let mut bytes = Vec::new();
    let result = file.take(LARGEST + 1).read_to_end(&mut bytes);
    result.map_err(|error| unreadable(&path, &error))?;
    if bytes.len() as u64 > LARGEST {
        return problem("is too long");
    }
    let others = Mode::from_raw_mode(0o077);
    let is_private = !Mode::from_raw_mode(status.st_mode).intersects(others);
    Ok(Some(FoundFile { path, bytes, is_private }))
}

/// Whether somebody else may write to a file. Many systems give each user a group of the same number, and make files
/// writable for it: that is accepted, but not for the user's own file, since that may name commands to run.
fn is_open_to_others(owner: FileOwner, status: &rustix::fs::Stat) -> bool {
    let is_own_group = owner == FileOwner::Project && status.st_gid == status.st_uid;
    status.st_mode & if is_own_group { 0o002 } else { 0o022 } != 0
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", escape_os(path.as_os_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().expect("a directory")
    }

    /// Reads the user's file of this length and mode.
    fn read_file(length: u64, mode: u32) -> Result<Option<FoundFile>, String> {
        let directory = directory();
        let path = directory.path().join("config.toml");
        let bytes = vec![b'#'; usize::try_from(length).expect("a length")];
        fs::write(&path, bytes).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
        read(FileOwner::User, path.clone(), &path)
    }

    #[test]
    fn all_of_a_file_is_read_up_to_a_limit() {
        for length in [0, 1, LARGEST] {
            let found = read_file(length, 0o600).expect("readable").expect("a file");
            assert_eq!(found.bytes.len() as u64, length);
        }
        let problem = read_file(LARGEST + 1, 0o600).err().expect("too long");
        assert!(problem.ends_with("config.toml is too long"), "{problem}");
    }

    #[test]
    fn a_file_is_private_if_nobody_else_can_read_it() {
        let is_private = |mode| read_file(1, mode).expect("read").expect("a file").is_private;
        assert!(is_private(0o600) && is_private(0o700));
        assert!(!is_private(0o640) && !is_private(0o604) && !is_private(0o610));
    }

    #[test]
    fn a_file_that_others_can_write_is_not_read() {
        for mode in [0o620, 0o602] {
            let problem = read_file(1, mode).err().expect("open to others");
            assert!(problem.ends_with("can be written by others; run chmod go-w on it"));
        }
    }

    #[test]
    fn the_group_of_a_user_alone_may_write_to_the_file_of_a_project() {
        let file = tempfile::tempfile().expect("a file");
        let mut status = rustix::fs::fstat(&file).expect("its status");
        let mut is_open = |owner, mode: u32, uid, gid| {
            (status.st_mode, status.st_uid, status.st_gid) = (0o100_000 | mode, uid, gid);
            is_open_to_others(owner, &status)
        };
        for owner in [FileOwner::Project, FileOwner::User] {
            assert!(!is_open(owner, 0o755, 5, 5) && !is_open(owner, 0o755, 5, 6));
            assert!(is_open(owner, 0o602, 5, 5) && is_open(owner, 0o602, 5, 6));
            assert!(is_open(owner, 0o620, 5, 6));
        }
        assert!(!is_open(FileOwner::Project, 0o620, 5, 5));
        assert!(is_open(FileOwner::User, 0o620, 5, 5));
    }

    #[test]
    fn a_link_that_leads_nowhere_is_no_file_and_a_directory_is_a_problem() {
        let directory = directory();
        let path = directory.path().join("config.toml");
        let read = || read(FileOwner::User, path.clone(), &path);
        assert!(read().expect("none").is_none());
        std::os::unix::fs::symlink("nowhere", &path).expect("linked");
        assert!(read().expect("none").is_none());
        fs::remove_file(&path).expect("removed");
        fs::create_dir(&path).expect("made");
        let problem = read().err().expect("a directory");
        assert_eq!(problem, format!("{} is not a regular file", path.display()));
    }

    #[test]
    fn anybody_may_put_files_into_a_directory_that_is_sticky_and_writable() {
        let directory = directory();
        for (mode, expected) in [(0o1777, true), (0o0777, false), (0o1775, false), (0o700, false)] {
            let mode = fs::Permissions::from_mode(mode);
            fs::set_permissions(directory.path(), mode).expect("its mode");
            assert_eq!(is_for_everybody(directory.path()), expected);
        }
        assert!(!is_for_everybody(&directory.path().join("missing")));
    }

    #[test]
    fn a_file_has_an_owner_and_a_missing_one_has_none() {
        let directory = directory();
        let path = directory.path().join("x");
        assert_eq!(owner_of(&path).expect("looked up"), None);
        std::os::unix::fs::symlink("nowhere", &path).expect("linked");
        let us = rustix::process::geteuid().as_raw();
        assert_eq!(owner_of(&path).expect("looked up"), Some(us));
        assert_eq!(owner_of(&path.join("y")).expect("looked up"), None);
        let long = directory.path().join("x".repeat(300));
        let error = owner_of(&long).expect_err("no name can be that long");
        let message = unreadable(Path::new("/a\x1b"), &error);
        assert_eq!(message, format!(r"cannot read /a\x1b: {error}"));
    }
}
