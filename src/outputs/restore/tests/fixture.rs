//! A directory whose outputs are collected, objects, and a directory in which they are restored.

use crate::content::copy_content;
use crate::output_pattern::OutputPattern;
use crate::outputs::before::OutputsBefore;
use crate::outputs::collect::collect;
use crate::outputs::fault::NotRestored;
use crate::outputs::manifest::OutputManifest;
use crate::outputs::restore::foresee::foresee;
use crate::outputs::restore::prepare::{RestoredCounts, prepare};
use crate::outputs::walk::STAGING;
use crate::recording::ContentDigest;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Objects, and a working directory.
pub(super) struct Restoring {
    pub(super) root: TempDir,
}

/// All that tells a path from another state of it.
pub(super) type State = (PathBuf, u32, u64, i64, i64, Vec<u8>);

impl Restoring {
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        for name in ["objects", "there"] {
            fs::create_dir(root.path().join(name)).expect("made");
        }
        Self { root }
    }

    /// The working directory.
    pub(super) fn there(&self) -> PathBuf {
        self.root.path().join("there")
    }

    pub(super) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.there().join(path)
    }

    pub(super) fn object(&self, ContentDigest(digest): ContentDigest) -> PathBuf {
        self.root.path().join("objects").join(crate::hex::Hex(&digest).to_string())
    }

    /// The outputs that `write` leaves in a directory; their contents are objects from now on.
    pub(super) fn outputs(&self, patterns: &[&str], write: impl FnOnce(&Path)) -> OutputManifest {
        let directory = tempfile::tempdir_in(self.root.path()).expect("a directory");
        write(directory.path());
        let pattern = |word: &&str| OutputPattern::parse(OsStr::new(word)).expect("a pattern");
        let patterns: Vec<_> = patterns.iter().map(pattern).collect();
        let collected = collect(directory.path(), &patterns, &OutputsBefore::default(), &[]);
        let collected = collected.expect("collected");
        for file in collected.files {
            let source = file.open(directory.path()).expect("opened");
            let mut object = File::options();
            let object = object.read(true).write(true).create_new(true);
            let object = object.open(self.object(file.digest)).expect("made");
            let copied = copy_content(&source, &object, file.size).expect("copied");
            assert_eq!(copied, file.digest);
        }
        collected.manifest
    }

    pub(super) fn open(&self, digest: ContentDigest) -> io::Result<Option<File>> {
        crate::absence::if_there(File::open(self.object(digest)))
    }

    pub(super) fn restore(&self, manifest: &OutputManifest) -> Result<RestoredCounts, NotRestored> {
        prepare(&self.there(), manifest, &|digest| self.open(digest))?.commit()
    }

    /// Restores, and expects an obstacle at this path that is described like this. It is foreseen, and nothing is changed
    /// by it.
    pub(super) fn expect_obstacle(&self, manifest: &OutputManifest, path: &str, words: &str) {
        let before = states(&self.there());
        let foreseen = foresee(&self.there(), manifest, &|digest| self.open(digest));
        let restored = self.restore(manifest);
        assert_eq!(foreseen.err(), restored.as_ref().err().cloned());
        match restored {
            Err(NotRestored::Obstacle { path: at, reason }) => {
                assert_eq!(at, Path::new(path), "{reason}");
                assert!(reason.contains(words), "{reason}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(states(&self.there()), before);
    }
}

/// All that is below a directory, by path.
pub(super) fn states(directory: &Path) -> Vec<State> {
    let mut found = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("listed") {
            let path = entry.expect("listed").path();
            let metadata = path.symlink_metadata().expect("there");
            let content = if metadata.is_dir() {
                directories.push(path.clone());
                Vec::new()
            } else if metadata.is_symlink() {
                fs::read_link(&path).expect("read").into_os_string().as_bytes().to_vec()
            } else if metadata.is_file() {
                fs::read(&path).expect("read")
            } else {
                Vec::new()
            };
            // What is made in a directory and removed again moves its times.
            let (seconds, nanos) = (metadata.mtime(), metadata.mtime_nsec());
            let (seconds, nanos) = if metadata.is_dir() { (0, 0) } else { (seconds, nanos) };
            found.push((path, metadata.mode(), metadata.ino(), seconds, nanos, content));
        }
    }
    found.sort();
    found
}

/// What people see of a directory: paths, kinds, executable bits, contents.
pub(super) fn seen(directory: &Path) -> Vec<(PathBuf, u32, Vec<u8>)> {
    let seen = states(directory).into_iter().map(|(path, mode, _, _, _, content)| {
        (path.strip_prefix(directory).expect("below").to_owned(), mode & 0o170_111, content)
    });
    seen.collect()
}

/// The staging directories that are left anywhere below a directory.
pub(super) fn left_over(directory: &Path) -> Vec<PathBuf> {
    let paths = states(directory).into_iter().map(|(path, ..)| path);
    let is_staging = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.as_bytes().starts_with(STAGING.as_bytes()))
    };
    paths.filter(is_staging).collect()
}

pub(super) fn write(path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    let path = path.as_ref();
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    fs::write(path, content).expect("written");
}

pub(super) fn set_mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
}

/// A small tree with everything that can be an output.
pub(super) fn write_tree(directory: &Path) {
    write(directory.join("dist/index.js"), "index");
    write(directory.join("dist/deep/er/data"), vec![7; 100_000]);
    write(directory.join("dist/empty file"), "");
    write(directory.join(OsStr::from_bytes(b"dist/\xff\n")), "not UTF-8");
    write(directory.join("dist/tool"), "#!/bin/sh\n");
    set_mode(directory.join("dist/tool"), 0o755);
    fs::create_dir_all(directory.join("dist/empty/er")).expect("made");
    symlink("index.js", directory.join("dist/link")).expect("linked");
    symlink("/none/such", directory.join("dist/dangling")).expect("linked");
    write(directory.join("report.txt"), "report");
}
