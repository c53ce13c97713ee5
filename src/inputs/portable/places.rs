//! Places that differ between machines, and paths that begin there. Pure.
//!
//! A portable path is absolute, or begins with `//project` or `//~`; no path of a system begins with two slashes. Two more
//! stand for questions that are not about one path: `//above` for the directories that the project lies in, and `//place` or
//! `//exact` for where it lies.

use crate::inputs::path;
use crate::inputs::terms::TraceTerms;
use std::path::Path;

const PROJECT: &[u8] = b"//project";
const HOME: &[u8] = b"//~";
pub(super) const ABOVE: &[u8] = b"//above";
pub(super) const PLACE: &[u8] = b"//place";
pub(super) const EXACT: &[u8] = b"//exact";

/// The project of a call and the home of its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortablePlaces {
    pub(super) project: Vec<u8>,
    pub(super) home: Option<Vec<u8>>,
}

/// Where a path leads, as its text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathPlace {
    /// Into the project.
    Project,
    /// To a directory that the project lies in.
    Above,
    /// Into the directory that the project lies in: a program may have gone upward to find it.
    Beside,
    /// Into the home directory.
    Home,
    /// Elsewhere.
    Elsewhere,
}

impl PortablePlaces {
    /// The project is the outer one of two: that of the call's settings, and that of its trace. A home directory in the
    /// root of the system is too likely to be a place of other things.
    pub fn new(project: &Path, terms: &TraceTerms, home: Option<&Path>) -> Self {
        let is_outer = project.starts_with(&terms.project);
        let project = if is_outer { &terms.project } else { project };
        let is_deep = |home: &&Path| home.components().count() > 2 || *home == Path::new("/root");
        let home = home.filter(is_deep).map(|home| path::normal(path::bytes(home)).0);
        Self { project: path::bytes(project).to_vec(), home }
    }

    /// Where an absolute path leads.
    pub(super) fn of(&self, path: &[u8]) -> PathPlace {
        let is_at = |place: &[u8]| path == place || path::below(path, place).is_some();
        let beside = path::parent(&self.project);
        if is_at(&self.project) {
            let is_within = !path::below(path, &self.project).is_some_and(leaves);
            if is_within { PathPlace::Project } else { PathPlace::Beside }
        } else if path == b"/" || path::below(&self.project, path).is_some() {
            PathPlace::Above
        } else if beside.is_some_and(is_at) {
            PathPlace::Beside
        } else if self.home.as_deref().is_some_and(is_at) {
            PathPlace::Home
        } else {
            PathPlace::Elsewhere
        }
    }

    /// A path that is the same on each machine, for an absolute one.
    pub(super) fn portable(&self, path: &[u8]) -> Vec<u8> {
        self.named()
            .find_map(|(place, name)| moved(path, place, name))
            .unwrap_or_else(|| path.to_vec())
    }

    /// The absolute path here for a portable one; `None` if there is none.
    pub(super) fn local(&self, portable: &[u8]) -> Option<Vec<u8>> {
        if !portable.starts_with(b"//") {
            return portable.starts_with(b"/").then(|| portable.to_vec());
        }
        self.named().find_map(|(place, name)| moved(portable, name, place))
    }

    /// The places that have a name on each machine.
    fn named(&self) -> impl Iterator<Item = (&[u8], &'static [u8])> {
        let home = self.home.as_deref().map(|home| (home, HOME));
        [(&self.project[..], PROJECT)].into_iter().chain(home)
    }

    /// Where the project lies: below home, or exactly.
    pub(super) fn portable_place(&self) -> Vec<u8> {
        let below = self.home.as_deref().and_then(|home| path::below(&self.project, home));
        below.map_or_else(|| self.project.clone(), |below| path::join(HOME, below))
    }

    /// The directories that the project lies in, the nearest first.
    pub(super) fn above(&self) -> impl Iterator<Item = &[u8]> {
        path::ancestors(&self.project)
    }
}

/// The path that lies below `to` as this one lies below `from`; `None` if it lies elsewhere.
fn moved(path: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    match path::below(path, from) {
        Some(below) => Some(path::join(to, below)),
        None => (path == from).then(|| to.to_vec()),
    }
}

/// Whether a relative path goes up further than it went down.
fn leaves(below: &[u8]) -> bool {
    let mut depth = 0_i64;
    below.split(|byte| *byte == b'/').any(|part| {
        depth += if part == b".." { -1 } else { 1 };
        depth < 0
    })
}

/// A stored path as an absolute one. Its way up from the working directory, which has no links, is gone.
pub(super) fn absolute(stored: &[u8], terms: &TraceTerms) -> Vec<u8> {
    let (mut directory, mut rest) = (path::bytes(&terms.working_directory), stored);
    if stored.starts_with(b"/") || stored == b"." {
        return path::absolute(stored, terms);
    }
    while let Some(up) = rest.strip_prefix(b"..") {
        directory = path::parent(directory).unwrap_or(b"/");
        rest = match up {
            [] => return directory.to_vec(),
            [b'/', below @ ..] => below,
            _ => break,
        };
    }
    path::join(directory, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(project: &str, home: &str) -> PortablePlaces {
        PortablePlaces { project: project.into(), home: Some(home.into()) }
    }

    #[test]
    fn a_path_begins_at_the_nearest_place() {
        use PathPlace::{Above, Beside, Elsewhere, Home, Project};
        let places = places("/h/ann/w/p", "/h/ann");
        for (path, place, portable) in [
            ("/h/ann/w/p", Project, "//project"),
            ("/h/ann/w/p/x/../y", Project, "//project/x/../y"),
            ("/h/ann/w/p/x/../../y", Beside, "//project/x/../../y"),
            ("/h/ann/w/pp/x", Beside, "//~/w/pp/x"),
            ("/h/ann/w", Above, "//~/w"),
            ("/h/ann", Above, "//~"),
            ("/h/ann/x", Home, "//~/x"),
            ("/h", Above, "/h"),
            ("/", Above, "/"),
            ("/h/bob", Elsewhere, "/h/bob"),
            ("/usr/x", Elsewhere, "/usr/x"),
        ] {
            assert_eq!(places.of(path.as_bytes()), place, "{path}");
            let found = places.portable(path.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), portable);
            assert_eq!(places.local(&found).as_deref(), Some(path.as_bytes()));
        }
        for nowhere in ["//above", "//projects/x", "//~x", "x", ""] {
            assert_eq!(places.local(nowhere.as_bytes()), None, "{nowhere}");
        }
    }

    #[test]
    fn what_lies_beside_a_project_in_the_root_is_the_whole_system() {
        assert_eq!(places("/p", "/h/ann").of(b"/usr/x"), PathPlace::Beside);
    }
}
