//! Makes the paths in a file absolute: they start in the file's directory, or at home.
//!
//! Knows paths and globs only.

use crate::home;
use std::ffi::OsStr;
use std::path::Path;

/// A path or a glob from a file in this directory, as an absolute one.
pub(super) fn anchored(word: &str, directory: &Path) -> Result<String, String> {
    let is_whole = word.is_empty() || Path::new(word).is_absolute();
    let is_at_home = word == "~" || word.starts_with("~/");
    let path = match OsStr::new(word) {
        word if is_whole => word.to_owned(),
        word if is_at_home => home::expanded(word.to_owned())?,
        word => home::below(directory, word)?,
    };
    path.into_string().map_err(|_| "lies in a directory whose name is not UTF-8".to_owned())
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
        let home = home::directory().expect("a home").display().to_string();
        let anchored = |word| anchored(word, Path::new("/a")).expect("a path");
        assert_eq!(anchored("~"), home);
        assert_eq!(anchored("~/x"), format!("{home}/x"));
        assert_eq!(anchored("~//x"), format!("{home}/x"));
    }
}
