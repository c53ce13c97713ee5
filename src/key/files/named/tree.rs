//! A directory tree: names, kinds, links and stamps, but no contents of files.
//!
//! Links are not followed. The stamp of a tree differs whenever anything in it does.

use crate::key::digest::{Digest, OnProgress};
use crate::key::encoding::Encode;
use crate::key::error::Unreadable;
use crate::key::files::exec_mode::is_executable;
use crate::key::files::stamp::FileStamp;
use crate::key::fingerprint::FileState;
use crate::opening::open_to_read;
use crate::output_pattern::OutputPatterns;
use crate::parallel;
use rustix::fs::{AtFlags, CWD, Dir, FileType, OFlags, fstat, readlinkat, statat};
use std::ffi::{CStr, OsStr, OsString};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Fewer directories than this are not worth a thread of their own.
const DIRECTORIES_PER_THREAD: usize = 16;

/// Whether a name in a directory is left out.
type NameFilter<'f> = dyn Fn(&OsStr) -> bool + 'f;

/// The listings of a directory and of all directories below it. A directory comes before those that it contains.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tree(Vec<Listing>);

/// The entries of one directory, sorted by name.
#[derive(Debug, PartialEq, Eq)]
struct Listing {
    /// Its path from the root of the tree.
    directory: PathBuf,
    entries: Vec<(OsString, EntryKind)>,
    /// A digest of all that is known of the entries.
    stamp: Digest,
    /// When an entry was last added or removed, in nanoseconds since the epoch. It is 0 if outputs are left out, since
    /// adding or removing an output does not count.
    changed: i128,
}

/// The kind of an entry of a directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    File {
        executable: bool,
        stamp: FileStamp,
    },
    Directory,
    /// A symbolic link, which is not followed.
    Link(OsString),
}

/// An entry with its path in the tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TreeMember<'t> {
    /// Its path from the root of the tree.
    pub(super) path: PathBuf,
    pub(super) kind: &'t EntryKind,
}

impl Tree {
    /// Lists everything below `root`.
    pub(super) fn below(
        root: &Path,
        outputs: &OutputPatterns,
        on_progress: OnProgress<'_>,
    ) -> Result<Self, Unreadable> {
        let top = open_to_read(CWD, root, OFlags::DIRECTORY);
        let top = top.map_err(|error| Unreadable::new(root, error))?;
        let list = |directory: &PathBuf| {
            on_progress();
            let is_output = |name: &OsStr| outputs.cover(&root.join(directory).join(name));
            let left_out = (!outputs.patterns().is_empty()).then_some(&is_output as &NameFilter);
            Listing::of(&top, directory, left_out)
                .map_err(|(path, error)| Unreadable::new(&root.join(path), error))
        };
        let mut listings = Vec::new();
        let mut directories = vec![PathBuf::new()];
        while !directories.is_empty() {
            let listed = parallel::map(&directories, DIRECTORIES_PER_THREAD, list);
            directories.clear();
            for listing in listed {
                let listing = listing?;
                directories.extend(listing.directories());
                listings.push(listing);
            }
        }
        Ok(Self(listings))
    }

    /// Every member, sorted by path.
    pub(super) fn members(&self) -> Vec<TreeMember<'_>> {
        let members = self.0.iter().flat_map(|listing| {
            let path = |name| listing.directory.join(name);
            listing.entries.iter().map(move |(name, kind)| TreeMember { path: path(name), kind })
        });
        let mut members: Vec<_> = members.collect();
        members.sort_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
        members
    }

    /// The number of files.
    pub(super) fn file_count(&self) -> usize {
        let entries = self.0.iter().flat_map(|listing| &listing.entries);
        entries.filter(|(_, kind)| kind.stamp().is_some()).count()
    }

    /// A digest that changes whenever anything in the tree does.
    pub(super) fn stamp(&self) -> Digest {
        let mut bytes = Vec::new();
        for Listing { directory, stamp, .. } in &self.0 {
            directory.encode(&mut bytes);
            stamp.encode(&mut bytes);
        }
        Digest::of(&bytes)
    }
}

impl Listing {
    /// Lists one directory. An error comes with the path that caused it.
    fn of(
        top: &OwnedFd,
        directory: &Path,
        left_out: Option<&NameFilter>,
    ) -> Result<Self, (PathBuf, io::Error)> {
        let here = |error: rustix::io::Errno| (directory.to_owned(), error.into());
        let path = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let opened: OwnedFd =
            open_to_read(top, path, OFlags::DIRECTORY | OFlags::NOFOLLOW).map_err(here)?;
        // This is read before the entries: anything that is added or removed from now on changes it.
        let changed = FileStamp::of(&fstat(&opened).map_err(here)?).changed;
        let mut opened = Dir::new(opened).map_err(here)?;
        let mut entries = Vec::new();
        while let Some(entry) = opened.read() {
            let entry = entry.map_err(here)?;
            let c_name = entry.file_name();
            let name = OsStr::from_bytes(c_name.to_bytes());
            if [".", ".."].map(OsStr::new).contains(&name) || left_out.is_some_and(|it| it(name)) {
                continue;
            }
            let fd = opened.fd().map_err(here)?;
            let kind = EntryKind::of(fd, c_name).map_err(|error| (directory.join(name), error))?;
            entries.push((name.to_owned(), kind));
        }
        entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut bytes = Vec::with_capacity(entries.len() * 96);
        for (name, kind) in &entries {
            kind.encode(name, &mut bytes);
            if let Some(stamp) = kind.stamp() {
                stamp.encode(&mut bytes);
            }
        }
        let stamp = Digest::of(&bytes);
        let changed = if left_out.is_some() { 0 } else { changed };
        Ok(Self { directory: directory.to_owned(), entries, stamp, changed })
    }

    fn directories(&self) -> impl Iterator<Item = PathBuf> {
        let directories = self.entries.iter().filter(|(_, kind)| *kind == EntryKind::Directory);
        directories.map(|(name, _)| self.directory.join(name))
    }
}

impl EntryKind {
    fn of(directory: BorrowedFd<'_>, name: &CStr) -> io::Result<Self> {
        let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Ok(Self::Directory),
            FileType::Symlink => {
                let target = readlinkat(directory, name, Vec::new())?;
                Ok(Self::Link(OsString::from_vec(target.into_bytes())))
            }
            FileType::RegularFile => {
                Ok(Self::File { executable: is_executable(&stat), stamp: FileStamp::of(&stat) })
            }
            _ => Err(io::Error::other("it is not a regular file")),
        }
    }

    fn stamp(&self) -> Option<&FileStamp> {
        match self {
            Self::File { stamp, .. } => Some(stamp),
            Self::Directory | Self::Link(_) => None,
        }
    }

    /// Appends the kind, with a name or path.
    fn encode(&self, name: &OsStr, out: &mut Vec<u8>) {
        let (tag, target) = match self {
            Self::Directory => (0, OsStr::new("")),
            Self::File { executable: false, .. } => (1, OsStr::new("")),
            Self::File { executable: true, .. } => (2, OsStr::new("")),
            Self::Link(target) => (3, &**target),
        };
        out.push(tag);
        name.encode(out);
        target.encode(out);
    }
}

impl TreeMember<'_> {
    /// The stamp of a file.
    pub(super) fn stamp(&self) -> Option<FileStamp> {
        self.kind.stamp().copied()
    }

    /// Appends its canonical bytes, with those of its content if it is a file.
    pub(super) fn encode(&self, content: Option<&FileState>, out: &mut Vec<u8>) {
        self.kind.encode(self.path.as_os_str(), out);
        if let Some(content) = content {
            content.encode(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn members_are_in_the_order_of_the_bytes_of_their_paths() {
        let dir = tempfile::tempdir().expect("a directory");
        for path in ["a/x", "a-b", "a0", "b/c/d", "b/c.d"] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, "").expect("written");
        }
        let tree = Tree::below(dir.path(), &OutputPatterns::default(), &|| {}).expect("readable");
        let paths: Vec<_> = tree.members().into_iter().map(|member| member.path).collect();
        let paths: Vec<_> = paths.iter().map(|path| path.to_str().expect("UTF-8")).collect();
        assert_eq!(paths, ["a", "a-b", "a/x", "a0", "b", "b/c", "b/c.d", "b/c/d"]);
        assert_eq!(tree.file_count(), 5);
    }

    #[test]
    fn many_directories_are_seen_as_they_are() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut expected = Vec::new();
        for number in 0..DIRECTORIES_PER_THREAD * 5 {
            let name = format!("{number:03}");
            fs::create_dir(dir.path().join(&name)).expect("made");
            fs::write(dir.path().join(&name).join("file"), "").expect("written");
            expected.extend([PathBuf::from(&name), PathBuf::from(name).join("file")]);
        }
        let tree = Tree::below(dir.path(), &OutputPatterns::default(), &|| {}).expect("readable");
        let paths: Vec<_> = tree.members().into_iter().map(|member| member.path).collect();
        assert_eq!(paths, expected);
        assert_eq!(
            tree,
            Tree::below(dir.path(), &OutputPatterns::default(), &|| {}).expect("readable")
        );
    }

    #[test]
    fn the_stamp_tells_trees_apart() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut known = Vec::new();
        let at = |path: &str| dir.path().join(path);
        let changes: [&dyn Fn() -> io::Result<()>; 6] = [
            &|| fs::create_dir(at("a")),
            &|| fs::create_dir(at("a/b")),
            &|| fs::rename(at("a/b"), at("ab")),
            &|| fs::write(at("a/f"), ""),
            &|| std::os::unix::fs::symlink("x", at("l")),
            &|| fs::rename(at("l"), at("a/l")),
        ];
        for change in changes {
            change().expect("changed");
            let stamp = Tree::below(dir.path(), &OutputPatterns::default(), &|| {})
                .expect("readable")
                .stamp();
            assert!(!known.contains(&stamp));
            known.push(stamp);
        }
    }
}
