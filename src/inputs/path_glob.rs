//! `--trace-ignore`: paths that do not count. Pure.

use glob::{MatchOptions, Pattern};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// One `--trace-ignore`: a glob for a path, and for all below it. A relative one begins at the working directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathGlob {
    text: String,
    /// The glob without `..`.
    pattern: Pattern,
    /// How many directories above the working directory it begins.
    above: usize,
}

/// `*` stops at `/`, as in a shell; hidden files are not special, since nobody who ignores `cache/*` wants them.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

impl PathGlob {
    /// Reads a word of `--trace-ignore`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(word: &OsStr) -> Result<Self, String> {
        let text = word.to_str().ok_or("a glob has to be UTF-8")?;
        let trimmed = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        if trimmed.is_empty() {
            return Err("expected a glob".to_owned());
        }
        let (mut parts, mut above) = (Vec::new(), 0);
        for part in trimmed.split('/') {
            match (part, parts.last()) {
                ("..", None) => above += 1,
                // The parent of the root is the root.
                ("..", Some(&"")) => {}
                ("..", Some(_)) => drop(parts.pop()),
                _ => parts.push(part),
            }
        }
        if parts.is_empty() {
            return Err("expected a path below a directory".to_owned());
        }
        let pattern = Pattern::new(&parts.join("/")).map_err(|error| error.msg.to_owned())?;
        Ok(Self { text: trimmed.to_owned(), pattern, above })
    }

    /// The glob as it counts.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches this absolute path, or a directory above it.
    pub(super) fn matches(&self, path: &[u8], working_directory: &Path) -> bool {
        let path = if self.text.starts_with('/') {
            path
        } else {
            let start = working_directory.ancestors().nth(self.above);
            let start = start.map_or(&b"/"[..], |start| start.as_os_str().as_bytes());
            let below = path.strip_prefix(start.strip_suffix(b"/").unwrap_or(start));
            match below.and_then(|path| path.strip_prefix(b"/")) {
                Some(below) => below,
                None => return false,
            }
        };
        let ends = path.iter().enumerate().filter(|(at, byte)| **byte == b'/' && *at > 0);
        let ends = ends.map(|(at, _)| at).chain([path.len()]);
        ends.into_iter().any(|end| {
            // The directory of a file of configuration may have characters of a glob in its name.
            path[..end] == *self.text.as_bytes()
                || self.pattern.matches_with(&String::from_utf8_lossy(&path[..end]), OPTIONS)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_matches_a_path_and_all_below_it() {
        for (glob, path, expected) in [
            ("log", "/w/log", true),
            ("log", "/w/log/x/y", true),
            ("log/", "/w/log/x", true),
            ("./log", "/w/log", true),
            ("log", "/w/logs", false),
            ("log", "/w/a/log", false),
            ("log", "/log", false),
            ("*.log", "/w/x.log", true),
            ("*.log", "/w/a/x.log", false),
            ("**/*.log", "/w/a/x.log", true),
            ("**/*.log", "/w/x.log", true),
            ("/var/*/x", "/var/log/x/y", true),
            ("/var/*/x", "/var/log/y/x", false),
            ("cache/*", "/w/cache/.hidden", true),
            ("../log", "/v/log/x", true),
            ("../log", "/v/w/log", false),
            ("a/../../*.log", "/v/x.log", true),
            ("/v/w/../log", "/v/log", true),
            ("/../v/log", "/v/log", true),
            ("/v [1]/log", "/v [1]/log/x", true),
        ] {
            let glob = PathGlob::parse(OsStr::new(glob)).expect("a glob");
            let directory = if path.starts_with("/v") { "/v/w" } else { "/w" };
            let found = glob.matches(path.as_bytes(), Path::new(directory));
            assert_eq!(found, expected, "{glob:?} {path}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for word in ["", "/", "./", "..", "a/../..", "[", "a**"] {
            assert!(PathGlob::parse(OsStr::new(word)).is_err(), "{word}");
        }
    }
}
