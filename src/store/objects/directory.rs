//! The directory `objects/` and the files in it. It knows nothing of the database.
//!
//! Link and remove files in a write transaction only. An obstacle in place of a file (a link, a FIFO, a directory) is never
//! followed or waited for, and it is removed when its name is needed.

use crate::hex::Hex;
use crate::private_directory;
use crate::recording::ContentDigest;
use crate::store::error::StoreError;
use crate::store::location::{StoreLocation, is_ours_alone, unfit};
use rustix::fs::{AtFlags, CWD, Dir, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The name of a file that is about to replace another one. Only one process at a time uses it.
const REPLACEMENT: &str = "replacement";

/// The suffix of a copy that is not complete yet.
const COPY: &str = ".copy";

/// The directory of objects, open.
#[derive(Debug)]
pub(in crate::store) struct ObjectDirectory {
    path: PathBuf,
    directory: File,
}

/// The name of an object in its directory.
pub(in crate::store) fn name_of(ContentDigest(digest): ContentDigest) -> String {
    Hex(&digest).to_string()
}

impl ObjectDirectory {
    /// Opens the directory; `None` if there is none.
    pub(in crate::store) fn open(location: &StoreLocation) -> Result<Option<Self>, StoreError> {
        let path = location.objects();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(directory) => File::from(directory),
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
    pub(in crate::store) fn make(location: &StoreLocation) -> Result<Self, StoreError> {
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
    pub(in crate::store) fn read(&self, digest: ContentDigest) -> io::Result<Option<File>> {
        let file = match self.open_file(name_of(digest).as_ref()) {
            Ok(file) => file,
            Err(error @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM)) => return Err(error.into()),
            Err(_) => return Ok(None),
        };
        Ok(is_ours_alone(&file.metadata()?).then_some(file))
    }

    fn open_file(&self, name: &OsStr) -> Result<File, Errno> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::openat(&self.directory, name, flags, Mode::empty()).map(File::from)
    }

    /// Copies a file that cannot be linked; `None` if it can. The copy is locked as long as this process lives.
    pub(super) fn copy_if_unlinkable(
        &self,
        file: &File,
        digest: ContentDigest,
    ) -> Result<Option<File>, StoreError> {
        if is_linkable(file) {
            return Ok(None);
        }
        let name = name_of(digest) + COPY;
        self.copy(file, &name).map(Some).map_err(|error| self.unfit(&name, &error))
    }

    fn copy(&self, mut file: &File, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let copy = rustix::fs::openat(&self.directory, name, flags, Mode::RUSR | Mode::WUSR)?;
        rustix::fs::flock(&copy, FlockOperation::NonBlockingLockExclusive)?;
        let copy = File::from(copy);
        copy.set_len(0)?;
        io::Seek::rewind(&mut file)?;
        io::copy(&mut file, &mut &copy)?;
        Ok(copy)
    }

    /// Gives a file its name, and returns the file that had the name before. Drop that one after the transaction: the
    /// system frees it then, which takes long.
    pub(super) fn link(
        &self,
        file: &File,
        copy: Option<&File>,
        digest: ContentDigest,
    ) -> Result<Option<File>, StoreError> {
        let name = name_of(digest);
        let replaced = self.open_file(name.as_ref()).ok();
        if copy.is_some() {
            self.rename(&(name.clone() + COPY), &name)?;
        } else {
            self.remove_replacement()?;
            self.link_unnamed(file).map_err(|error| self.unfit(REPLACEMENT, &error.into()))?;
            self.rename(REPLACEMENT, &name)?;
        }
        Ok(replaced)
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

    fn rename(&self, from: &str, to: &str) -> Result<(), StoreError> {
        let rename = || rustix::fs::renameat(&self.directory, from, &self.directory, to);
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

    fn unfit(&self, name: impl AsRef<Path>, error: &io::Error) -> StoreError {
        unfit(&self.path.join(name), error)
    }

    /// Removes a file that a dead process was about to give its name.
    pub(super) fn remove_replacement(&self) -> Result<Option<File>, StoreError> {
        self.remove(REPLACEMENT.as_ref())
    }

    /// Removes an object, and an incomplete copy of it that a dead process left.
    pub(super) fn remove_object(&self, digest: ContentDigest) -> Result<Option<File>, StoreError> {
        let name = name_of(digest);
        self.remove_if_dead((name.clone() + COPY).as_ref())?;
        self.remove(name.as_ref())
    }

    /// Removes whatever has this name, unless another process is making it as a copy.
    pub(super) fn remove_if_dead(&self, name: &OsStr) -> Result<Option<File>, StoreError> {
        let lock = FlockOperation::NonBlockingLockExclusive;
        if name.as_bytes().ends_with(COPY.as_bytes())
            && self.open_file(name).is_ok_and(|it| rustix::fs::flock(it, lock).is_err())
        {
            return Ok(None);
        }
        self.remove(name)
    }

    /// All names in the directory.
    pub(in crate::store) fn names(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.directory)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(name);
            }
        }
        Ok(names)
    }
}

/// Whether a file without a name can be given one.
#[cfg(target_os = "linux")]
fn is_linkable(file: &File) -> bool {
    rustix::fs::fcntl_getfl(file).is_ok_and(|flags| flags.contains(OFlags::TMPFILE))
}

#[cfg(not(target_os = "linux"))]
fn is_linkable(_: &File) -> bool {
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
            let file = self.unnamed(content);
            let copy = self.objects.copy_if_unlinkable(&file, DIGEST)?;
            self.objects.link(&file, copy.as_ref(), DIGEST)
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
        assert_eq!(sample.objects.names().expect("listed"), [name_of(DIGEST).into_bytes()]);
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
                    sample.objects.remove_if_dead(name_of(DIGEST).as_ref()).expect("removed");
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
    fn a_file_that_cannot_be_linked_is_copied() {
        let sample = sample();
        let mut named = tempfile::NamedTempFile::new_in(&sample.location.directory).expect("made");
        named.write_all(b"long output").expect("written");
        let unlinked = named.into_file();
        for _ in 0..2 {
            let copy = sample.objects.copy_if_unlinkable(&unlinked, DIGEST).expect("copied");
            assert!(copy.is_some());
            let name = name_of(DIGEST) + COPY;
            sample.objects.remove_if_dead(name.as_ref()).expect("alive");
            sample.objects.link(&unlinked, copy.as_ref(), DIGEST).expect("linked");
            assert_eq!(sample.read().as_deref(), Some("long output"));
            assert_eq!(sample.objects.names().expect("listed").len(), 1);
        }
        let copy = sample.objects.copy_if_unlinkable(&unlinked, DIGEST).expect("copied");
        drop(copy);
        sample.objects.remove_object(DIGEST).expect("removed");
        assert!(sample.objects.names().expect("listed").is_empty());
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
