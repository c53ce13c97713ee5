//! Where the paths that a file names start.

use crate::home;
use glob::Pattern;
use std::path::{Path, PathBuf};

/// A path or a glob in a file of this directory, as it is from anywhere. No shell puts the home directory
/// in the place of a leading `~`, and a file that nobody has would count as one that is missing.
pub(super) fn anchored(word: &str, directory: &Path) -> Result<String, String> {
    match word.strip_prefix('~') {
        Some("") => below("", &home()?),
        Some(rest) if rest.starts_with('/') => below(rest.trim_start_matches('/'), &home()?),
        _ if word.is_empty() || Path::new(word).is_absolute() => Ok(word.to_owned()),
        _ => below(word, directory),
    }
}

fn home() -> Result<PathBuf, String> {
    home::directory().ok_or_else(|| "there is no home directory".to_owned())
}

fn below(word: &str, directory: &Path) -> Result<String, String> {
    let not_text = || "lies in a directory whose name is not UTF-8".to_owned();
    let directory = directory.to_str().ok_or_else(not_text)?;
    // A file of that very name is no glob, in whatever directory it lies.
    let is_glob = word.contains(['*', '?', '[']) && !Path::new(directory).join(word).exists();
    let directory = if is_glob { Pattern::escape(directory) } else { directory.to_owned() };
    let path = if word.is_empty() { directory.into() } else { Path::new(&directory).join(word) };
    path.into_os_string().into_string().map_err(|_| not_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_where_the_file_is() {
        let anchored = |word| anchored(word, Path::new("/a [1]")).expect("a path");
        assert_eq!(anchored("x"), "/a [1]/x");
        assert_eq!(anchored("../x/*.y"), "/a [[]1[]]/../x/*.y");
        assert_eq!(anchored("/x*"), "/x*");
        assert_eq!(anchored(""), "");
        assert_eq!(anchored("./~"), "/a [1]/./~");
        assert_eq!(anchored("~user/x"), "/a [1]/~user/x");
    }

    #[test]
    fn or_at_home() {
        let home = home().expect("a home").display().to_string();
        let anchored = |word| anchored(word, Path::new("/a")).expect("a path");
        assert_eq!(anchored("~"), home);
        assert_eq!(anchored("~/x"), format!("{home}/x"));
        assert_eq!(anchored("~//x"), format!("{home}/x"));
    }
}
