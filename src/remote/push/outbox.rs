//! Sealed objects that wait to be pushed, in a directory beside the store.
//!
//! An object is a file `ID.object`, and counts once there is `ID.json` beside it, which says where it goes. Both are written
//! under other names first, so a process that is killed leaves nothing that is half an object.

use crate::private_directory;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use tempfile::{Builder, NamedTempFile};

/// The most objects that wait. When the remote is away for long, later ones are not kept.
const MOST: usize = 256;

/// The most bytes that wait.
const MOST_BYTES: u64 = 1 << 30;

/// A file of a process that was killed goes after this time.
const ABANDONED: Duration = Duration::from_hours(1);

/// How often a lock that another process has is tried again.
const LOCK_INTERVAL: Duration = Duration::from_millis(5);

const OBJECT: &str = "object";
const LABEL: &str = "json";

/// The outbox of a store.
#[derive(Clone, Debug)]
pub struct Outbox {
    directory: PathBuf,
}

/// Where an object goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingLabel {
    /// The remote, by its address without user and password.
    pub remote: String,
    /// Its name there.
    pub name: String,
    /// Whether it takes the place of what lies there.
    pub replaces: bool,
    /// When the engine may drop it, in milliseconds from the push on.
    pub lifetime_millis: Option<u64>,
}

/// An object that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingObject {
    /// Where it goes.
    pub label: OutgoingLabel,
    object: PathBuf,
}

impl Outbox {
    /// The outbox of the store in this directory.
    #[must_use]
    pub fn of_store(directory: &Path) -> Self {
        Self { directory: directory.join("outbox") }
    }

    /// A file for an object. It vanishes unless it is [posted](Self::post).
    ///
    /// # Errors
    /// When there cannot be one, or too many wait already.
    pub fn begin(&self) -> io::Result<NamedTempFile> {
        self.prepare()?;
        let (count, bytes) = self.look_through()?;
        if count >= MOST || bytes >= MOST_BYTES {
            return Err(io::Error::other("too many results wait to be pushed"));
        }
        Builder::new().prefix("new-").suffix(".part").tempfile_in(&self.directory)
    }

    /// Makes an object wait.
    ///
    /// # Errors
    /// The system's.
    pub fn post(&self, object: NamedTempFile, label: &OutgoingLabel) -> io::Result<()> {
        let mut written =
            Builder::new().prefix("new-").suffix(".part").tempfile_in(&self.directory)?;
        serde_json::to_writer(&mut written, label)?;
        written.flush()?;
        let id = object.path().file_stem().unwrap_or_default().to_owned();
        let path = self.directory.join(id).with_extension(OBJECT);
        object.persist(&path)?;
        written.persist(path.with_extension(LABEL))?;
        Ok(())
    }

    /// The objects that wait for this remote, the oldest first.
    ///
    /// # Errors
    /// The system's.
    pub fn waiting(&self, remote: &str) -> io::Result<Vec<WaitingObject>> {
        let mut waiting = Vec::new();
        for (path, time) in self.files(LABEL)? {
            let Ok(bytes) = fs::read(&path) else { continue };
            match serde_json::from_slice::<OutgoingLabel>(&bytes) {
                Ok(label) if label.remote == remote => {
                    let object = path.with_extension(OBJECT);
                    waiting.push((time, WaitingObject { label, object }));
                }
                Ok(_) => {}
                Err(_) => fs::remove_file(&path)?,
            }
        }
        waiting.sort_by_key(|(time, _)| *time);
        Ok(waiting.into_iter().map(|(_, waiting)| waiting).collect())
    }

    /// Keeps other processes from pushing until the lock is dropped. Waits while one pushes, since it may have looked
    /// before our object was posted; `None` if that takes too long. Unless the caller `insists`, also `None` if another
    /// one waits already, which will look later.
    ///
    /// # Errors
    /// The system's.
    pub fn lock(&self, end: Instant, insists: bool) -> io::Result<Option<File>> {
        self.prepare()?;
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CREATE;
        let open = |name| private_directory::open_private(&self.directory.join(name), flags);
        let (next, lock) = (open("next")?, open("lock")?);
        let patience = if insists { end } else { Instant::now() };
        let is_ours = lock_by(&next, patience)? && lock_by(&lock, end)?;
        Ok(is_ours.then_some(lock))
    }

    fn prepare(&self) -> io::Result<()> {
        let prepared = private_directory::prepare(&self.directory);
        prepared.map_err(|not| io::Error::other(not.problem))
    }

    /// How many objects wait, and their bytes. Removes what was begun and never ended.
    fn look_through(&self) -> io::Result<(usize, u64)> {
        let now = SystemTime::now();
        let is_old = |time: SystemTime| now.duration_since(time).is_ok_and(|age| age > ABANDONED);
        for (path, _) in self.files("part")?.into_iter().filter(|(_, time)| is_old(*time)) {
            let _ = fs::remove_file(path);
        }
        let (mut count, mut bytes) = (0, 0);
        for (path, time) in self.files(OBJECT)? {
            if is_old(time) && !path.with_extension(LABEL).exists() {
                let _ = fs::remove_file(path);
                continue;
            }
            count += 1;
            bytes += fs::metadata(&path).map_or(0, |metadata| metadata.len());
        }
        Ok((count, bytes))
    }

    /// The files with this extension, and when each was changed.
    fn files(&self, extension: &str) -> io::Result<Vec<(PathBuf, SystemTime)>> {
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if path.extension().is_some_and(|it| it == extension) {
                let Ok(metadata) = entry.metadata() else { continue };
                files.push((path, metadata.modified()?));
            }
        }
        Ok(files)
    }
}

/// Locks the file as soon as nobody else has it locked, if that is before this time.
fn lock_by(file: &File, end: Instant) -> io::Result<bool> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(fs::TryLockError::Error(error)) => return Err(error),
            Err(fs::TryLockError::WouldBlock) if Instant::now() >= end => return Ok(false),
            Err(fs::TryLockError::WouldBlock) => thread::sleep(LOCK_INTERVAL),
        }
    }
}

impl WaitingObject {
    /// The object, and its length.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(&self) -> io::Result<(File, u64)> {
        let file = File::open(&self.object)?;
        let length = file.metadata()?.len();
        Ok((file, length))
    }

    /// Removes it from the outbox.
    pub fn remove(&self) {
        for extension in [LABEL, OBJECT] {
            let _ = fs::remove_file(self.object.with_extension(extension));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn label(remote: &str, name: &str) -> OutgoingLabel {
        OutgoingLabel {
            remote: remote.to_owned(),
            name: name.to_owned(),
            replaces: false,
            lifetime_millis: Some(5),
        }
    }

    #[test]
    fn what_is_posted_waits_until_it_is_removed() {
        let store = tempfile::tempdir().expect("a directory");
        let outbox = Outbox::of_store(store.path());
        assert_eq!(outbox.waiting("a").expect("listed"), []);
        for (remote, name) in [("a", "1"), ("b", "2")] {
            let mut object = outbox.begin().expect("begun");
            object.write_all(name.as_bytes()).expect("written");
            outbox.post(object, &label(remote, name)).expect("posted");
        }
        drop(outbox.begin().expect("begun"));
        let waiting = outbox.waiting("a").expect("listed");
        let [object] = &waiting[..] else { panic!("{waiting:?}") };
        assert_eq!(object.label, label("a", "1"));
        let (mut file, length) = object.open().expect("opened");
        let mut content = String::new();
        file.read_to_string(&mut content).expect("read");
        assert_eq!((content.as_str(), length), ("1", 1));
        object.remove();
        assert_eq!(outbox.waiting("a").expect("listed"), []);
        assert_eq!(outbox.waiting("b").expect("listed").len(), 1);
    }

    #[test]
    fn an_object_without_a_label_does_not_count() {
        let store = tempfile::tempdir().expect("a directory");
        let outbox = Outbox::of_store(store.path());
        drop(outbox.begin().expect("begun"));
        fs::write(store.path().join("outbox/new-x.object"), "x").expect("written");
        fs::write(store.path().join("outbox/new-y.json"), "nonsense").expect("written");
        assert_eq!(outbox.waiting("a").expect("listed"), []);
    }

    #[test]
    fn of_those_who_wait_to_push_one_is_enough() {
        let store = tempfile::tempdir().expect("a directory");
        let outbox = Outbox::of_store(store.path());
        let now = Instant::now();
        let lock = outbox.lock(now, false).expect("locked").expect("ours");
        let next = File::open(store.path().join("outbox/next")).expect("opened");
        next.lock().expect("locked");
        assert!(outbox.lock(now + Duration::from_hours(1), false).expect("tried").is_none());
        assert!(outbox.lock(now, true).expect("tried").is_none());
        drop((lock, next));
        assert!(outbox.lock(now, true).expect("tried").is_some());
    }
}
