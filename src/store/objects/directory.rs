//! The directory `objects/` and the files in it. It knows nothing of the database.
//!
//! Link and remove files in a write transaction only. Something else in place of a file (a link, a FIFO, a directory)
//! is never followed or waited for, and is removed when its name is needed.

use crate::hex::Hex;
use crate::opening::{names_in, open_to_read};
use crate::private_directory;
use crate::recording::ContentDigest;
use crate::store::error::StoreError;
use crate::store::location::{StoreLocation, is_ours_alone, unfit};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};

/// The name of a file that is about to replace another one. Only one process at a time uses it.
const REPLACEMENT: &str = "replacement";

/// The name of the directory below it where files are copied: see [`staging`](super::staging).
pub(super) const STAGING: &str = "staging";

/// The directory of objects, open.
#[derive(Debug)]
pub struct ObjectDirectory {
    pub(super) path: PathBuf,
    pub(super) directory: File,
}

/// The name of an object in its directory.
pub fn name_of(ContentDigest(digest): ContentDigest) -> String {
    Hex(&digest).to_string()
}

impl ObjectDirectory {
    /// Opens the directory; `None` if there is none.
    pub fn open(location: &StoreLocation) -> Result<Option<Self>, StoreError> {
        let path = location.objects();
        let opened = open_to_read::<File>(CWD, &path, OFlags::DIRECTORY | OFlags::NOFOLLOW);
        let directory = match opened {
            Ok(directory) => directory,
            Err(Errno::NOENT) => return Ok(None),
            // A link is not followed.
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(StoreError::in_the_way(&path, "is not a directory"));
            }
            Err(error) => return Err(unfit(&path, &error.into())),
        };
        private_directory::check_owner(&path, &directory.metadata()?)?;
        Ok(Some(Self { path, directory }))
    }

    /// Opens the directory, and makes it first if there is none.
    pub fn make(location: &StoreLocation) -> Result<Self, StoreError> {
        if let Some(directory) = Self::open(location)? {
            return Ok(directory);
        }
        let path = location.objects();
        match rustix::fs::mkdir(&path, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(unfit(&path, &error.into())),
        }
        Self::open(location)?.ok_or_else(|| unfit(&path, &io::ErrorKind::NotFound.into()))
    }

    /// Opens an object for reading; `None` if it is missing or something else is in its place.
    pub fn read(&self, digest: ContentDigest) -> io::Result<Option<File>> {
        let file = match self.open_file(name_of(digest).as_ref()) {
            Ok(file) => file,
            Err(error @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM)) => return Err(error.into()),
            Err(_) => return Ok(None),
        };
        Ok(is_ours_alone(&file.metadata()?).then_some(file))
    }

    fn open_file(&self, name: &OsStr) -> Result<File, Errno> {
        open_to_read(&self.directory, name, OFlags::NOFOLLOW)
    }

    /// Gives a file without a name its name, and returns the file that had the name before. Drop the returned file
    /// after the transaction: the system frees it then, which takes long.
    pub(super) fn link(
        &self,
        file: &File,
        digest: ContentDigest,
    ) -> Result<Option<File>, StoreError> {
        let name = name_of(digest);
        let replaced = self.open_file(name.as_ref()).ok();
        self.remove_replacement()?;
        self.link_unnamed(file).map_err(|error| self.unfit(REPLACEMENT, &error.into()))?;
        self.rename(&self.directory, REPLACEMENT, &name)?;
        Ok(replaced)
    }

    /// Moves the file of this name from another directory into this one.
    pub(super) fn adopt(
        &self,
        directory: impl AsFd,
        digest: ContentDigest,
    ) -> Result<(), StoreError> {
        let name = name_of(digest);
        self.rename(directory, &name, &name)
    }

    fn link_unnamed(&self, file: &File) -> Result<(), Errno> {
        rustix::fs::fchmod(file, Mode::RUSR | Mode::WUSR)?;
        let descriptor = format!("/proc/self/fd/{}", file.as_raw_fd());
        let by_path = AtFlags::SYMLINK_FOLLOW;
        match rustix::fs::linkat(CWD, descriptor, &self.directory, REPLACEMENT, by_path) {
            // There may be no /proc.
            #[cfg(target_os = "linux")]
            Err(Errno::NOENT | Errno::NOTDIR) => {
                rustix::fs::linkat(file, "", &self.directory, REPLACEMENT, AtFlags::EMPTY_PATH)
            }
            linked => linked,
        }
    }

    fn rename(&self, directory: impl AsFd, from: &str, to: &str) -> Result<(), StoreError> {
        let rename = || rustix::fs::renameat(&directory, from, &self.directory, to);
        let mut renamed = rename();
        if let Err(Errno::ISDIR | Errno::NOTEMPTY | Errno::EXIST) = renamed {
            self.remove(to.as_ref())?;
            renamed = rename();
        }
        renamed.map_err(|error| self.unfit(to, &error.into()))
    }

    /// Removes whatever has this name. Drop what it returns after the transaction, as for [`link`](Self::link).
    pub(super) fn remove(&self, name: &OsStr) -> Result<Option<File>, StoreError> {
        let file = self.open_file(name).ok();
        let removed = match rustix::fs::unlinkat(&self.directory, name, AtFlags::empty()) {
            Err(_) if file.as_ref().is_some_and(|it| it.metadata().is_ok_and(|it| it.is_dir())) => {
                std::fs::remove_dir_all(self.path.join(name)).map(|()| None)
            }
            Ok(()) => Ok(file),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        };
        removed.map_err(|error| self.unfit(name, &error))
    }

    pub(super) fn unfit(&self, name: impl AsRef<Path>, error: &io::Error) -> StoreError {
        unfit(&self.path.join(name), error)
    }

    /// Removes a file that a dead process was about to give its name.
    pub(super) fn remove_replacement(&self) -> Result<Option<File>, StoreError> {
        self.remove(REPLACEMENT.as_ref())
    }

    /// Removes an object.
    pub(super) fn remove_object(&self, digest: ContentDigest) -> Result<Option<File>, StoreError> {
        self.remove(name_of(digest).as_ref())
    }

    /// Whether there is a file of this name, whatever its content.
    pub(super) fn has(&self, digest: ContentDigest) -> bool {
        let found = rustix::fs::statat(&self.directory, name_of(digest), AtFlags::SYMLINK_NOFOLLOW);
        found.is_ok_and(|found| FileType::from_raw_mode(found.st_mode).is_file())
    }

    /// All names in the directory but that of [`STAGING`].
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = names_in(&self.directory)?;
        names.retain(|name| name != STAGING);
        Ok(names)
    }
}

/// Whether a file has no name and can be given one.
#[cfg(target_os = "linux")]
pub(super) fn is_linkable(file: &File) -> bool {
    rustix::fs::fcntl_getfl(file).is_ok_and(|flags| flags.contains(OFlags::TMPFILE))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_linkable(_: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::{Read, Write};
    use std::os::unix::fs::MetadataExt;

    const DIGEST: ContentDigest = ContentDigest([7; 32]);

    struct Sample {
        location: StoreLocation,
        objects: ObjectDirectory,
        _root: tempfile::TempDir,
    }

    fn sample() -> Sample {
        let root = tempfile::tempdir().expect("made");
        let location = StoreLocation::prepare(root.path()).expect("ours");
        let objects = ObjectDirectory::make(&location).expect("made");
        Sample { location, objects, _root: root }
    }

    impl Sample {
        fn path(&self) -> PathBuf {
            self.location.objects().join(name_of(DIGEST))
        }

        fn unnamed(&self, content: &str) -> File {
            let mut file = tempfile::tempfile_in(&self.location.directory).expect("made");
            file.write_all(content.as_bytes()).expect("written");
            file
        }

        fn link(&self, content: &str) -> Result<Option<File>, StoreError> {
            self.objects.link(&self.unnamed(content), DIGEST)
        }

        fn read(&self) -> Option<String> {
            let mut content = String::new();
            let mut file = self.objects.read(DIGEST).expect("looked for")?;
            file.read_to_string(&mut content).expect("read");
            Some(content)
        }
    }

    #[test]
    fn the_last_linked_file_is_read() {
        let sample = sample();
        assert_eq!(sample.read(), None);
        assert!(sample.link("a").expect("linked").is_none());
        let reader = sample.objects.read(DIGEST).expect("opened").expect("there");
        assert!(sample.link("b").expect("linked").is_some());
        assert_eq!(sample.read().as_deref(), Some("b"));
        assert_eq!(io::read_to_string(reader).expect("read"), "a");
        assert_eq!(sample.path().metadata().expect("there").mode() & 0o777, 0o600);
        assert_eq!(sample.objects.names().expect("listed"), [name_of(DIGEST).as_str()]);
        assert!(sample.objects.remove_object(DIGEST).expect("removed").is_some());
        assert_eq!(sample.read(), None);
        assert!(sample.objects.remove_object(DIGEST).expect("not there").is_none());
    }

    #[test]
    fn an_obstacle_is_not_read_and_is_replaced() {
        let sample = sample();
        let path = sample.path();
        let elsewhere = sample.location.directory.join("elsewhere");
        fs::write(&elsewhere, "theirs").expect("written");
        let obstacles: [&dyn Fn(); 4] = [
            &|| std::os::unix::fs::symlink(&elsewhere, &path).expect("made"),
            &|| std::os::unix::fs::symlink("/dev/zero", &path).expect("made"),
            &|| rustix::fs::mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).expect("made"),
            &|| fs::create_dir_all(path.join("a/b")).expect("made"),
        ];
        for (number, obstacle) in obstacles.iter().enumerate() {
            for sweeps in [false, true] {
                obstacle();
                assert_eq!(sample.read(), None, "{number}");
                if sweeps {
                    sample.objects.remove(name_of(DIGEST).as_ref()).expect("removed");
                    assert!(path.symlink_metadata().is_err(), "{number}");
                }
                sample.link("ours").expect("linked");
                assert_eq!(sample.read().as_deref(), Some("ours"), "{number}");
                sample.objects.remove_object(DIGEST).expect("removed");
            }
        }
        assert_eq!(fs::read_to_string(elsewhere).expect("untouched"), "theirs");
    }

    #[test]
    fn a_replacement_left_by_a_kill_is_removed() {
        let sample = sample();
        sample.link("a").expect("linked");
        fs::write(sample.location.objects().join(REPLACEMENT), "left").expect("written");
        sample.link("b").expect("linked");
        assert_eq!(sample.read().as_deref(), Some("b"));
        assert_eq!(sample.objects.names().expect("listed").len(), 1);
    }

    #[test]
    fn a_link_in_place_of_the_directory_is_not_followed() {
        let root = tempfile::tempdir().expect("made");
        let location = StoreLocation::prepare(root.path()).expect("ours");
        assert!(ObjectDirectory::open(&location).expect("looked for").is_none());
        std::os::unix::fs::symlink("/tmp", location.objects()).expect("made");
        assert!(ObjectDirectory::open(&location).is_err());
        assert!(ObjectDirectory::make(&location).is_err());
    }
}
