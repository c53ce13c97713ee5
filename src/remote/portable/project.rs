//! The project that a call belongs to, and its paths as they are on any machine.

use glob::Pattern;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// What stands for the root of the project. No path of a system begins with two slashes: these count as one there.
const ROOT: &[u8] = b"//project";

/// A project: a directory that is cloned or checked out as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedProject {
    /// Its root, without symbolic links.
    pub root: PathBuf,
    /// Its root as `$PWD` spells it, if that is another path.
    pub logical_root: Option<PathBuf>,
}

impl SharedProject {
    /// The project of a directory without symbolic links: the nearest one at or above it that holds a `.cachex.toml` or a
    /// `.git`. `None`: the directory belongs to none, or to one that is the whole system.
    #[must_use]
    pub fn of(physical: &Path, logical: Option<&OsStr>) -> Option<Self> {
        let marks = |directory: &&Path| {
            [".cachex.toml", ".git"]
                .iter()
                .any(|name| directory.join(name).symlink_metadata().is_ok())
        };
        let root = physical.ancestors().find(marks)?;
        root.parent()?;
        let below = physical.strip_prefix(root).ok()?;
        let logical_root = logical.and_then(|logical| {
            let depth = below.components().count();
            let root = Path::new(logical).ancestors().nth(depth)?;
            let is_same = Path::new(logical).strip_prefix(root).ok()? == below;
            is_same.then(|| root.to_owned())
        });
        Some(Self { root: root.to_owned(), logical_root })
    }

    /// A path with `//project` in place of the root, if it begins with that.
    #[must_use]
    pub fn portable(&self, path: &OsStr) -> OsString {
        self.below(path).unwrap_or_else(|| path.to_owned())
    }

    /// The same for a glob, in which the characters of the root that mean something there may be escaped.
    #[must_use]
    pub fn portable_glob(&self, glob: &OsStr) -> OsString {
        let escaped = || {
            let root = Pattern::escape(self.root.to_str()?).into();
            Self { root, logical_root: None }.below(glob)
        };
        self.below(glob).or_else(escaped).unwrap_or_else(|| glob.to_owned())
    }

    /// The same for a path that has to lie in the project.
    #[must_use]
    pub fn below(&self, path: &OsStr) -> Option<OsString> {
        let roots = [Some(&self.root), self.logical_root.as_ref()];
        let rest = |root: &PathBuf| {
            let rest = path.as_bytes().strip_prefix(root.as_os_str().as_bytes())?;
            (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
        };
        let rest = roots.into_iter().flatten().find_map(rest)?;
        Some(OsString::from_vec([ROOT, rest].concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn project(root: &str, logical: Option<&str>) -> SharedProject {
        SharedProject { root: root.into(), logical_root: logical.map(PathBuf::from) }
    }

    #[test]
    fn the_nearest_mark_makes_a_project() {
        let top = tempfile::tempdir().expect("a directory");
        let top = top.path().canonicalize().expect("a path");
        let inner = top.join("a/b/c");
        fs::create_dir_all(&inner).expect("made");
        assert_eq!(SharedProject::of(&inner, None), None);
        fs::write(top.join(".git"), "gitdir: x").expect("written");
        let outer = SharedProject::of(&inner, None).expect("a project");
        assert_eq!(outer.root, top);
        fs::write(top.join("a/.cachex.toml"), "").expect("written");
        assert_eq!(SharedProject::of(&inner, None).expect("a project").root, top.join("a"));
        assert_eq!(SharedProject::of(&top, None).expect("a project").root, top);
        let logical = SharedProject::of(&inner, Some(OsStr::new("/link/b/c")));
        assert_eq!(logical.expect("a project").logical_root, Some("/link".into()));
        let other = SharedProject::of(&inner, Some(OsStr::new("/link")));
        assert_eq!(other.expect("a project").logical_root, None);
    }

    #[test]
    fn paths_of_the_project_are_the_same_everywhere() {
        let project = project("/home/a/p", Some("/p"));
        for (path, portable) in [
            ("/home/a/p", "//project"),
            ("/home/a/p/x y", "//project/x y"),
            ("/p/x", "//project/x"),
            ("/home/a/pp/x", "/home/a/pp/x"),
            ("/home/a", "/home/a"),
            ("x", "x"),
            ("/x/home/a/p", "/x/home/a/p"),
        ] {
            assert_eq!(project.portable(OsStr::new(path)), portable, "{path}");
        }
    }

    #[test]
    fn a_root_that_looks_like_a_glob_is_found_in_globs() {
        let project = project("/a/[x]", None);
        let portable = |glob: &str| project.portable_glob(OsStr::new(glob));
        assert_eq!(portable("/a/[[]x[]]/src/*"), "//project/src/*");
        assert_eq!(portable("/a/[x]/../data"), "//project/../data");
        assert_eq!(portable("/a/x/src/*"), "/a/x/src/*");
    }
}
