//! Directories that are ours alone: how they are made, and when one is refused.
//!
//! cachex trusts what it reads from such a directory, so nobody else may write to it or choose where it is. It also
//! makes nothing that would lock out the owner of the place, such as files of root in another user's home.

use crate::home;
use crate::ownership::{is_ours, is_unmapped, may_decide};
use crate::terminal::escape_os;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Why a directory, or a file in it, is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}{}", escape_os(path.as_os_str()), advice.map(|it| format!("; {it}")).unwrap_or_default())]
pub struct NotPrivate {
    /// Where the problem is, which may be a directory above.
    pub path: PathBuf,
    /// The problem there.
    pub problem: String,
    /// How to mend it, unless another directory is the only way.
    pub advice: Option<&'static str>,
}

impl NotPrivate {
    fn new(path: &Path, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), problem: problem.into(), advice: None }
    }

    /// The error of the system for this path.
    pub fn by_system(path: &Path, error: &io::Error) -> Self {
        let advice = match Errno::from_io_error(error) {
            Some(Errno::NOSPC | Errno::DQUOT) => Some("free some space, or inodes (df -i)"),
            Some(Errno::PERM) => Some("if lsattr shows i or a there, run chattr -ia"),
            _ => None,
        };
        Self { advice, ..Self::new(path, error.to_string()) }
    }
}

/// Opens a file that only its owner can read, and makes it if need be. A link is not followed.
///
/// # Errors
/// When a system call fails.
pub fn open_private(path: &Path, flags: OFlags) -> io::Result<File> {
    let flags = flags | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    Ok(File::from(rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?))
}

/// Makes the directory if need be, and checks that it is ours alone.
///
/// # Errors
/// When it must not be used.
pub fn prepare(directory: &Path) -> Result<(), NotPrivate> {
    let metadata = match fs::metadata(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(directory)?;
            fs::metadata(directory)
        }
        found => found,
    };
    check(directory, &metadata.map_err(|error| NotPrivate::by_system(directory, &error))?)
}

/// Checks that an existing directory is ours alone.
///
/// # Errors
/// When it must not be used.
pub fn check(directory: &Path, metadata: &Metadata) -> Result<(), NotPrivate> {
    if !metadata.is_dir() {
        let advice = Some("move it away, or name another directory");
        return Err(NotPrivate { advice, ..NotPrivate::new(directory, "is not a directory") });
    }
    check_links(directory)?;
    check_owner(directory, metadata)
}

/// Checks that a file is ours, and that nobody else can write to it.
///
/// # Errors
/// When it must not be used.
pub fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), NotPrivate> {
    if !is_ours(metadata.uid()) {
        return Err(NotPrivate::new(path, "belongs to another user"));
    }
    if metadata.mode() & 0o022 != 0 {
        let advice = Some("run chmod go-w on it");
        return Err(NotPrivate { advice, ..NotPrivate::new(path, "can be written by others") });
    }
    Ok(())
}

/// Makes a directory, and the missing ones above it, which nobody else can enter.
fn make(directory: &Path) -> Result<(), NotPrivate> {
    let absolute =
        std::path::absolute(directory).map_err(|error| NotPrivate::by_system(directory, &error))?;
    let missing: Vec<&Path> = absolute.ancestors().take_while(|path| is_missing(path)).collect();
    if let Some(home) = home::directory().filter(|home| missing.contains(&home.as_path())) {
        return Err(NotPrivate::new(&home, "does not exist, and cachex creates no home directory"));
    }
    let existing = absolute.ancestors().nth(missing.len()).unwrap_or(Path::new("/"));
    let existing =
        fs::canonicalize(existing).map_err(|error| NotPrivate::by_system(existing, &error))?;
    for above in existing.ancestors() {
        check_may_make_below(above)?;
    }
    for path in missing.into_iter().rev() {
        match DirBuilder::new().mode(0o700).create(path) {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                check_may_make_below(path)?;
            }
            made => made.map_err(|error| NotPrivate::by_system(path, &error))?,
        }
    }
    Ok(())
}

fn is_missing(path: &Path) -> bool {
    matches!(path.try_exists(), Ok(false))
}

/// Nothing is made in the directory of another user. A user who is not mapped into our user namespace is an exception:
/// whatever we may do there, anybody may do.
fn check_may_make_below(directory: &Path) -> Result<(), NotPrivate> {
    let metadata =
        fs::metadata(directory).map_err(|error| NotPrivate::by_system(directory, &error))?;
    if may_decide(metadata.uid()) || is_unmapped(metadata.uid()) {
        return Ok(());
    }
    Err(NotPrivate::new(directory, "belongs to another user, and cachex creates nothing below it"))
}

/// Checks that no link on the way belongs to somebody else, who could make it lead elsewhere at any time.
fn check_links(path: &Path) -> Result<(), NotPrivate> {
    if has_no_links(path) {
        return Ok(());
    }
    let absolute =
        std::path::absolute(path).map_err(|error| NotPrivate::by_system(path, &error))?;
    check_links_within(&absolute, MOST_LINKS)
}

/// The number of links that the system follows.
const MOST_LINKS: usize = 40;

fn check_links_within(path: &Path, links_left: usize) -> Result<(), NotPrivate> {
    let mut reached = PathBuf::new();
    for part in path.components() {
        let directory = reached.clone();
        reached.push(part);
        let Ok(metadata) = fs::symlink_metadata(&reached) else { return Ok(()) };
        if !metadata.is_symlink() {
            continue;
        }
        if !may_be_followed(&directory, &metadata) {
            return Err(NotPrivate::new(&reached, "is a link that belongs to another user"));
        }
        let target =
            fs::read_link(&reached).map_err(|error| NotPrivate::by_system(&reached, &error))?;
        let links_left = links_left
            .checked_sub(1)
            .ok_or_else(|| NotPrivate::new(&reached, "is behind too many symbolic links"))?;
        check_links_within(&directory.join(target), links_left)?;
    }
    Ok(())
}

/// Whether a link may be followed. Its owner may be outside of our user namespace if not everybody can write to the
/// directory.
fn may_be_followed(directory: &Path, link: &Metadata) -> bool {
    let is_closed = || fs::metadata(directory).is_ok_and(|found| found.mode() & 0o002 == 0);
    may_decide(link.uid()) || is_unmapped(link.uid()) && is_closed()
}

/// Whether the system says at once that there is no link on the way.
#[cfg(target_os = "linux")]
fn has_no_links(path: &Path) -> bool {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn has_no_links(_: &Path) -> bool {
    false
}
