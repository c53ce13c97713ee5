//! The user's own directories, also where the C library must not be asked for them.
//!
//! Statically linked, it cannot look a user up: it would load the modules that the system is set up
//! with (for a directory service, say), and these were made for another copy of it. So without `HOME`
//! only the file of users is read.

use directories::{BaseDirs, ProjectDirs};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const NAME: &str = "cachex";

/// The user's home; `None` when there is none, or one that is not absolute and so another one in each
/// directory.
#[must_use]
pub fn directory() -> Option<PathBuf> {
    let directory = match own()? {
        Own::Known(_) => BaseDirs::new()?.home_dir().to_owned(),
        Own::Named(home) => home.clone(),
    };
    directory.is_absolute().then_some(directory)
}

/// Where files can be kept that can be made again; `None` as for [`directory`].
#[must_use]
pub fn cache_directory() -> Option<PathBuf> {
    let directory = match own()? {
        Own::Known(directories) => directories.cache_dir().to_owned(),
        Own::Named(home) => in_home(home, "XDG_CACHE_HOME", ".cache"),
    };
    directory.is_absolute().then_some(directory)
}

/// Where the user's configuration is; `None` as for [`directory`].
#[must_use]
pub fn config_directory() -> Option<PathBuf> {
    let directory = match own()? {
        Own::Known(directories) => directories.config_dir().to_owned(),
        Own::Named(home) => in_home(home, "XDG_CONFIG_HOME", ".config"),
    };
    directory.is_absolute().then_some(directory)
}

#[derive(Debug)]
enum Own {
    Known(ProjectDirs),
    /// The home alone.
    Named(PathBuf),
}

/// Found out once: each question costs a dozen looks at the environment.
fn own() -> Option<&'static Own> {
    static OWN: OnceLock<Option<Own>> = OnceLock::new();
    OWN.get_or_init(find_own).as_ref()
}

fn find_own() -> Option<Own> {
    let is_static =
        cfg!(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static"));
    if is_static && std::env::var_os("HOME").is_none_or(|home| home.is_empty()) {
        let uid = rustix::process::getuid().as_raw();
        let users = std::fs::read("/etc/passwd").unwrap_or_default();
        return home_of(uid, &users).map(Own::Named);
    }
    ProjectDirs::from("", "", NAME).map(Own::Known)
}

fn in_home(home: &Path, variable: &str, directory: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    named.unwrap_or_else(|| home.join(directory)).join(NAME)
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
