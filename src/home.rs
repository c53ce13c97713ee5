//! The user's directories, and paths that start at home.
//!
//! A statically linked C library must not look up a user: it would load modules of the system (for a directory service,
//! say), which were built for another copy of the library. So without `HOME` only `/etc/passwd` is read.

use directories::{BaseDirs, ProjectDirs};
use glob::Pattern;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const NAME: &str = "cachex";

/// The user's home; `None` if there is none, or if its path is relative and so differs in each directory.
pub fn directory() -> Option<PathBuf> {
    let directory = match own()? {
        UserDirectories::Known(_) => BaseDirs::new()?.home_dir().to_owned(),
        UserDirectories::Named(home) => home.clone(),
    };
    directory.is_absolute().then_some(directory)
}

/// The directory for files that can be made again; `None` if there is no [`directory`].
pub fn cache_directory() -> Option<PathBuf> {
    own_directory(ProjectDirs::cache_dir, "XDG_CACHE_HOME", ".cache")
}

/// The directory for files that are worth keeping but are not configuration; `None` if there is no [`directory`].
pub fn state_directory() -> Option<PathBuf> {
    own_directory(
        |known| known.state_dir().unwrap_or_else(|| known.data_local_dir()),
        "XDG_STATE_HOME",
        ".local/state",
    )
}

/// The directory of the user's configuration; `None` if there is no [`directory`].
pub fn config_directory() -> Option<PathBuf> {
    own_directory(ProjectDirs::config_dir, "XDG_CONFIG_HOME", ".config")
}

/// A path or a glob with the home directory for a leading `~`, as in a shell. `~user` stays as it is.
///
/// # Errors
/// When there is no home directory, or it cannot be part of a glob.
pub fn expanded(word: OsString) -> Result<OsString, String> {
    match word.as_bytes().strip_prefix(b"~") {
        Some(rest) if rest.is_empty() || rest.starts_with(b"/") => {
            let home = directory().ok_or_else(|| "there is no home directory".to_owned())?;
            let slashes = rest.iter().take_while(|byte| **byte == b'/').count();
            below(&home, OsStr::from_bytes(&rest[slashes..]))
        }
        _ => Ok(word),
    }
}

/// A path or a glob that starts in this directory. The directory is escaped if the word is a glob.
///
/// # Errors
/// When the directory cannot be part of a glob.
pub fn below(directory: &Path, word: &OsStr) -> Result<OsString, String> {
    if word.is_empty() {
        return Ok(directory.as_os_str().to_owned());
    }
    // The name of an existing file is no glob.
    let is_glob =
        word.as_bytes().iter().any(|byte| b"*?[".contains(byte)) && !directory.join(word).exists();
    if !is_glob {
        return Ok(directory.join(word).into_os_string());
    }
    let directory = directory
        .to_str()
        .ok_or_else(|| "lies in a directory whose name is not UTF-8".to_owned())?;
    Ok(Path::new(&Pattern::escape(directory)).join(word).into_os_string())
}

#[derive(Debug)]
enum UserDirectories {
    Known(ProjectDirs),
    /// The home from `/etc/passwd`.
    Named(PathBuf),
}

/// Computed once, since it takes a dozen look-ups in the environment.
fn own() -> Option<&'static UserDirectories> {
    static OWN: OnceLock<Option<UserDirectories>> = OnceLock::new();
    OWN.get_or_init(find_own).as_ref()
}

fn find_own() -> Option<UserDirectories> {
    let is_static =
        cfg!(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static"));
    if is_static && std::env::var_os("HOME").is_none_or(|home| home.is_empty()) {
        let uid = rustix::process::getuid().as_raw();
        let users = std::fs::read("/etc/passwd").unwrap_or_default();
        return home_of(uid, &users).map(UserDirectories::Named);
    }
    ProjectDirs::from("", "", NAME).map(UserDirectories::Known)
}

/// A directory of cachex: the one among those that are `known`, else below the one that a variable names, else below
/// `in_home`.
fn own_directory(
    known: impl FnOnce(&ProjectDirs) -> &Path,
    variable: &str,
    in_home: &str,
) -> Option<PathBuf> {
    let directory = match own()? {
        UserDirectories::Known(directories) => known(directories).to_owned(),
        UserDirectories::Named(home) => {
            let named = std::env::var_os(variable).map(PathBuf::from);
            let named = named.filter(|path| path.is_absolute());
            named.unwrap_or_else(|| home.join(in_home)).join(NAME)
        }
    };
    directory.is_absolute().then_some(directory)
}

/// The home of a user by the lines of `/etc/passwd`: `name:password:uid:gid:comment:home:shell`.
fn home_of(uid: u32, users: &[u8]) -> Option<PathBuf> {
    let uid = uid.to_string();
    let home = |line: &[u8]| {
        let fields: Vec<_> = line.split(|&byte| byte == b':').collect();
        let is_theirs = fields.get(2) == Some(&uid.as_bytes());
        fields
            .get(5)
            .filter(|home| is_theirs && !home.is_empty())
            .map(|home| OsStr::from_bytes(home).into())
    };
    users.split(|&byte| byte == b'\n').find_map(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_is_that_of_the_user() {
        let users = b"root:x:0:0:root:/root:/bin/bash\n\nbroken\nann:x:10:10::/h/ann:/bin/sh\nbob:x:1:1:::\n";
        assert_eq!(home_of(0, users), Some("/root".into()));
        assert_eq!(home_of(10, users), Some("/h/ann".into()));
        assert_eq!(home_of(1, users), None);
        assert_eq!(home_of(2, users), None);
    }
}
