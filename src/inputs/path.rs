//! Paths as bytes. Pure: nothing here asks the file system.

use super::terms::TraceTerms;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// An absolute path without `.`, doubled slashes and slashes at its end, and whether it ended in one: then a link there
/// is followed. `..` stays.
pub(super) fn normal(path: &[u8]) -> (Vec<u8>, bool) {
    let mut normal = Vec::with_capacity(path.len() + 1);
    for part in path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".") {
        normal.push(b'/');
        normal.extend_from_slice(part);
    }
    if normal.is_empty() {
        normal.push(b'/');
    }
    (normal, path.ends_with(b"/") || path.ends_with(b"/."))
}

/// The directory that holds a path: `/a` for `/a/b`, `/` for `/a`, nothing for a single name.
pub(super) fn parent(path: &[u8]) -> Option<&[u8]> {
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    match slash {
        0 if path.len() == 1 => None,
        0 => Some(b"/"),
        _ => Some(&path[..slash]),
    }
}

/// The directories above an absolute path, nearest first.
pub(super) fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(parent(path), |path| parent(path))
}

/// The rest of a path below a directory, without the slash.
pub(super) fn below<'p>(path: &'p [u8], directory: &[u8]) -> Option<&'p [u8]> {
    match directory {
        b"/" => path.strip_prefix(b"/"),
        _ => path.strip_prefix(directory)?.strip_prefix(b"/"),
    }
}

/// A directory and a name in it as one path.
pub(super) fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if directory.ends_with(b"/") { b"" } else { b"/" };
    [directory, slash, name].concat()
}

/// Whether a path goes upward somewhere: then its directories do not tell where it leads.
pub(super) fn goes_up(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|part| part == b"..")
}

/// An absolute path as it is stored: relative to the working directory if it belongs to the project.
pub(super) fn stored(path: &[u8], terms: &TraceTerms) -> Vec<u8> {
    let here = bytes(&terms.working_directory);
    if path == here {
        return b".".to_vec();
    }
    if let Some(below) = below(path, here) {
        return below.to_vec();
    }
    let project = bytes(&terms.project);
    let below_project = if path == project { Some(&b""[..]) } else { below(path, project) };
    match (below_project, below(here, project)) {
        (Some(inside), Some(down)) if !goes_up(inside) => {
            // What both have in common needs no way up.
            let common = common_directories(inside, down);
            let ups = down[common..].split(|b| *b == b'/').filter(|part| !part.is_empty()).count();
            let rest = inside[common..].strip_prefix(b"/").unwrap_or(&inside[common..]);
            let up = vec![&b".."[..]; ups];
            let parts = up.into_iter().chain((!rest.is_empty()).then_some(rest));
            parts.collect::<Vec<_>>().join(&b'/')
        }
        _ => path.to_vec(),
    }
}

/// The length of the directories with which both relative paths begin.
fn common_directories(one: &[u8], other: &[u8]) -> usize {
    let ends = |path: &[u8], at: usize| path.get(at).is_none_or(|byte| *byte == b'/');
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    (0..=same).rev().find(|at| ends(one, *at) && ends(other, *at)).unwrap_or(0)
}

/// A stored path as an absolute one.
pub(super) fn absolute(stored: &[u8], terms: &TraceTerms) -> Vec<u8> {
    match stored {
        [b'/', ..] => stored.to_vec(),
        b"." => bytes(&terms.working_directory).to_vec(),
        _ => join(bytes(&terms.working_directory), stored),
    }
}

/// Whether a stored path belongs to the project.
pub(super) fn is_in_project(stored: &[u8]) -> bool {
    !stored.starts_with(b"/")
}

pub(super) fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::TraceTimes;
    use crate::output_pattern::OutputSpec;
    use crate::time::Timestamp;
    use std::collections::BTreeSet;

    fn terms(here: &str, project: &str) -> TraceTerms {
        TraceTerms {
            working_directory: here.into(),
            project: project.into(),
            store: "/store".into(),
            ignored: Vec::new(),
            times: TraceTimes::Exact,
            outputs: OutputSpec::default(),
            written: BTreeSet::new(),
            now: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn paths_become_normal_but_keep_their_way_up() {
        for (path, expected, has_slash) in [
            ("/a//b/./c", "/a/b/c", false),
            ("/a/../b/", "/a/../b", true),
            ("/a/.", "/a", true),
            ("/", "/", true),
            ("//", "/", true),
            ("/..", "/..", false),
        ] {
            let (normal, slash) = normal(path.as_bytes());
            assert_eq!((&*normal, slash), (expected.as_bytes(), has_slash), "{path}");
        }
    }

    #[test]
    fn a_path_has_directories_above_it() {
        let above: Vec<_> = ancestors(b"/a/b/c").collect();
        assert_eq!(above, [&b"/a/b"[..], b"/a", b"/"]);
        assert_eq!(parent(b"/"), None);
        assert_eq!(parent(b"a"), None);
        assert_eq!(parent(b"a/b"), Some(&b"a"[..]));
    }

    #[test]
    fn paths_of_the_project_are_stored_relative_to_the_working_directory() {
        for (path, expected) in [
            ("/p/w/src/x", "src/x"),
            ("/p/w", "."),
            ("/p/w/../lib/x", "../lib/x"),
            ("/p/w/../../x", "../../x"),
            ("/p/lib/y", "../lib/y"),
            ("/p/wider/y", "../wider/y"),
            ("/p", ".."),
            ("/p/lib/../../x", "/p/lib/../../x"),
            ("/px", "/px"),
            ("/usr/lib/x", "/usr/lib/x"),
            ("/", "/"),
        ] {
            let terms = terms("/p/w", "/p");
            let stored = stored(path.as_bytes(), &terms);
            assert_eq!(String::from_utf8_lossy(&stored), expected, "{path}");
            let back = absolute(&stored, &terms);
            assert_eq!(is_in_project(&stored), !expected.starts_with('/'));
            assert!(back.starts_with(b"/"));
        }
        let deep = terms("/p/a/b", "/p");
        assert_eq!(stored(b"/p/a/c", &deep), b"../c");
        assert_eq!(stored(b"/p/a", &deep), b"..");
        assert_eq!(stored(b"/p/c", &deep), b"../../c");
        assert_eq!(stored(b"/p/ab", &deep), b"../../ab");
        let root = terms("/", "/");
        assert_eq!(stored(b"/x/y", &root), b"x/y");
        assert_eq!(absolute(b"x/y", &root), b"/x/y");
        assert_eq!(stored(b"/", &root), b".");
    }
}
