//! Staging: where files are copied before they become objects, so that any number of them need no open descriptors.
//!
//! A process that copies has a directory of its own in `objects/staging`, locked as long as it lives. Such a directory is
//! made in a write transaction, and those of dead processes are removed in one. A note tells that there may be some.

use super::directory::{ObjectDirectory, STAGING, name_of};
use crate::opening::{names_in, open_to_read};
use crate::recording::ContentDigest;
use crate::store::error::StoreError;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::path::Arg;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::{fs, io, process};

/// The directory where this process copies files. Files that are still in it at the end are removed.
#[derive(Debug)]
pub(super) struct ObjectStaging {
    path: PathBuf,
    /// The open directory. Its lock shows that this process lives.
    directory: File,
}

impl ObjectStaging {
    /// Makes a directory. A note must name it before; see [`is_free`].
    pub(super) fn make(objects: &ObjectDirectory) -> Result<Self, StoreError> {
        let staging = open_or_make(objects)?;
        let failed = |error: Errno| objects.unfit(STAGING, &error.into());
        let mut number = 0;
        loop {
            let name = format!("{}-{number}", process::id());
            let path = objects.path.join(STAGING).join(&name);
            match rustix::fs::mkdirat(&staging, name.as_str(), Mode::RWXU) {
                Ok(()) => {
                    let directory = open_directory(&staging, name.as_str()).and_then(|directory| {
                        rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive)?;
                        Ok(directory)
                    });
                    let directory = directory.map_err(failed)?;
                    return Ok(Self { path, directory });
                }
                // It belongs to a process with the same number in another container, or to a dead one.
                Err(Errno::EXIST) => number += 1,
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// A new file for the object of this digest.
    pub(super) fn create(&self, digest: ContentDigest) -> io::Result<File> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        Ok(rustix::fs::openat(&self.directory, name_of(digest), flags, mode)?.into())
    }

    /// Turns a copied file into an object.
    pub(super) fn publish(
        &self,
        objects: &ObjectDirectory,
        digest: ContentDigest,
    ) -> Result<(), StoreError> {
        objects.adopt(&self.directory, digest)
    }
}

impl Drop for ObjectStaging {
    fn drop(&mut self) {
        // If it cannot be removed now, the next process does it.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Opens the directory that holds the staging directories of all processes, and makes it first if there is none.
fn open_or_make(objects: &ObjectDirectory) -> Result<File, StoreError> {
    let make = || match rustix::fs::mkdirat(&objects.directory, STAGING, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => open_directory(&objects.directory, STAGING),
        Err(error) => Err(error),
    };
    make().or_else(|error| {
        if error != Errno::NOTDIR && error != Errno::LOOP {
            return Err(objects.unfit(STAGING, &error.into()));
        }
        objects.remove(STAGING.as_ref())?;
        make().map_err(|error| objects.unfit(STAGING, &error.into()))
    })
}

fn open_directory(parent: impl AsFd, name: impl Arg) -> Result<File, Errno> {
    open_to_read(parent, name, OFlags::DIRECTORY | OFlags::NOFOLLOW)
}

/// Removes the directories of dead processes. Returns whether there are no others. In a write transaction only.
pub(super) fn is_free(objects: &ObjectDirectory) -> Result<bool, StoreError> {
    let staging = match open_directory(&objects.directory, STAGING) {
        Ok(staging) => staging,
        Err(Errno::NOENT) => return Ok(true),
        Err(_) => return objects.remove(STAGING.as_ref()).map(|_| true),
    };
    let failed = |error: &io::Error| objects.unfit(STAGING, error);
    let mut is_free = true;
    for name in names_in(&staging).map_err(|error| failed(&error.into()))? {
        let path = objects.path.join(STAGING).join(&name);
        match open_directory(&staging, name) {
            Ok(directory) => {
                let lock = FlockOperation::NonBlockingLockExclusive;
                if rustix::fs::flock(&directory, lock).is_ok() {
                    fs::remove_dir_all(&path).map_err(|error| failed(&error))?;
                } else {
                    is_free = false;
                }
            }
            // Its process has just ended and removed it.
            Err(Errno::NOENT) => {}
            Err(_) => fs::remove_file(&path).map_err(|error| failed(&error))?,
        }
    }
    if is_free {
        match rustix::fs::unlinkat(&objects.directory, STAGING, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(failed(&error.into())),
        }
    }
    Ok(is_free)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::location::StoreLocation;
    use std::io::{Read, Write};

    const DIGEST: ContentDigest = ContentDigest([7; 32]);

    fn objects() -> (tempfile::TempDir, ObjectDirectory) {
        let root = tempfile::tempdir().expect("made");
        let location = StoreLocation::prepare(root.path()).expect("ours");
        let objects = ObjectDirectory::make(&location).expect("made");
        (root, objects)
    }

    #[test]
    fn a_published_file_is_an_object_and_others_go_with_their_directory() {
        let (_root, objects) = objects();
        let staging = ObjectStaging::make(&objects).expect("made");
        staging.create(DIGEST).expect("made").write_all(b"content").expect("written");
        staging.create(ContentDigest([8; 32])).expect("made");
        assert!(objects.read(DIGEST).expect("looked for").is_none());
        staging.publish(&objects, DIGEST).expect("published");
        drop(staging);
        let mut content = String::new();
        let object = objects.read(DIGEST).expect("looked for");
        object.expect("there").read_to_string(&mut content).expect("read");
        assert_eq!(content, "content");
        assert_eq!(objects.names().expect("listed").len(), 1);
        assert!(is_free(&objects).expect("known"));
        assert!(!objects.path.join(STAGING).exists());
    }

    #[test]
    fn only_directories_without_a_process_are_removed() {
        let (_root, objects) = objects();
        let (one, other) = (ObjectStaging::make(&objects), ObjectStaging::make(&objects));
        let (one, other) = (one.expect("made"), other.expect("made"));
        assert_ne!(one.path, other.path);
        for name in ["1-0/deep/er", "2-0"] {
            fs::create_dir_all(objects.path.join(STAGING).join(name)).expect("made");
        }
        fs::write(objects.path.join(STAGING).join("file"), "").expect("written");
        assert!(!is_free(&objects).expect("known"));
        let left = fs::read_dir(objects.path.join(STAGING)).expect("listed").count();
        assert_eq!(left, 2);
        drop(one);
        assert!(!is_free(&objects).expect("known"));
        drop(other);
        assert!(is_free(&objects).expect("known"));
    }

    #[test]
    fn an_obstacle_is_not_followed_and_is_replaced() {
        let (root, objects) = objects();
        let elsewhere = root.path().join("elsewhere");
        fs::create_dir(&elsewhere).expect("made");
        for is_made in [false, true] {
            std::os::unix::fs::symlink(&elsewhere, objects.path.join(STAGING)).expect("linked");
            if is_made {
                drop(ObjectStaging::make(&objects).expect("made"));
            }
            assert!(is_free(&objects).expect("known"));
            assert!(objects.path.join(STAGING).symlink_metadata().is_err());
        }
        assert_eq!(fs::read_dir(&elsewhere).expect("listed").count(), 0);
    }
}
