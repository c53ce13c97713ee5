//! Results that wait to be pushed: a directory of notes beside the store.
//!
//! A note is a file `ID.json`. The result itself stays in the store until it is pushed, so one that is cleared or evicted
//! before then is not pushed. Notes are written under other names first: a process that is killed leaves no half one. A
//! result that was refused keeps its note as `ID.refused` until somebody was told.

use super::note::OutgoingNote;
use crate::private_directory::{self, NotPrivate};
use crate::remote::engine::RemoteFault;
use crate::remote::secret::keys::KeyId;
use serde_json::from_slice;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use tempfile::{Builder, NamedTempFile};

/// The most results that wait. When the remote is away for long, later ones do not.
const MOST: usize = 1024;

/// A result that waits for longer is given up: its remote is away for good, or not asked any more.
const LONGEST_WAIT: Duration = Duration::from_hours(7 * 24);

/// A file of a process that was killed goes after this time.
const ABANDONED: Duration = Duration::from_hours(1);

/// How often a lock that another process has is tried again.
const LOCK_INTERVAL: Duration = Duration::from_millis(5);

pub(super) const NOTE: &str = "json";
pub(super) const REFUSED: &str = "refused";
const UNFINISHED: &str = "part";

/// The outbox of a store.
#[derive(Clone, Debug)]
pub struct Outbox {
    pub(super) directory: PathBuf,
}

/// A result that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingResult {
    /// Where it goes, and what it is.
    pub note: OutgoingNote,
    pub(super) path: PathBuf,
}

impl Outbox {
    /// The outbox of the store in this directory.
    #[must_use]
    pub fn of_store(directory: &Path) -> Self {
        Self { directory: directory.join("outbox") }
    }

    /// Makes a result wait. `false`: too many wait already.
    ///
    /// # Errors
    /// The system's.
    pub fn post(&self, note: &OutgoingNote) -> io::Result<bool> {
        self.prepare()?;
        let is_full = || Ok::<_, io::Error>(self.files(NOTE)?.len() >= MOST);
        if is_full()? {
            self.remove_old()?;
            if is_full()? {
                return Ok(false);
            }
        }
        write(&self.directory, note, NOTE)?;
        Ok(true)
    }

    /// The results that wait for this remote, those of the team only, the oldest first, and last those whose push took too
    /// long. If asked for, also those that were refused.
    ///
    /// # Errors
    /// The system's.
    pub fn waiting(
        &self,
        remote: &str,
        team: KeyId,
        with_refused: bool,
    ) -> io::Result<Vec<WaitingResult>> {
        self.remove_old()?;
        let mut files = self.files(NOTE)?;
        if with_refused {
            files.extend(self.files(REFUSED)?);
        }
        files.sort_by_key(|(_, time)| *time);
        let mut waiting = Vec::new();
        for (path, _) in files {
            let Ok(bytes) = fs::read(&path) else { continue };
            match from_slice::<OutgoingNote>(&bytes) {
                Ok(note) if note.remote == remote && note.team == team => {
                    waiting.push(WaitingResult { note, path });
                }
                Ok(_) => {}
                Err(_) => fs::remove_file(&path)?,
            }
        }
        waiting.sort_by_key(|result| result.note.timeouts);
        Ok(waiting)
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
        let open = |name| {
            let path = self.directory.join(name);
            private_directory::open_private(&path, flags)
                .map_err(|error| io::Error::other(NotPrivate::by_system(&path, &error)))
        };
        let (next, lock) = (open("next")?, open("lock")?);
        let patience = if insists { end } else { Instant::now() };
        let is_ours = lock_by(&next, patience)? && lock_by(&lock, end)?;
        Ok(is_ours.then_some(lock))
    }

    fn prepare(&self) -> io::Result<()> {
        private_directory::prepare(&self.directory).map_err(io::Error::other)
    }

    /// Notes that the remote refused a result. It does not wait any more. Of more refused results than may wait, later
    /// ones go.
    ///
    /// # Errors
    /// The system's.
    pub fn note_refused(&self, result: &WaitingResult, fault: RemoteFault) -> io::Result<()> {
        if self.files(REFUSED)?.len() < MOST {
            let note = OutgoingNote { refused: Some(fault), ..result.note.clone() };
            write(&self.directory, &note, REFUSED)?;
        }
        result.remove()
    }

    /// Notes that the push of a result took too long. It waits on, behind the others.
    ///
    /// # Errors
    /// The system's.
    pub fn note_timeout(&self, result: &WaitingResult) -> io::Result<()> {
        let timeouts = result.note.timeouts.saturating_add(1);
        let file = unfinished(&self.directory, &OutgoingNote { timeouts, ..result.note.clone() })?;
        // It does not get another week.
        file.as_file().set_modified(fs::metadata(&result.path)?.modified()?)?;
        file.persist(&result.path)?;
        Ok(())
    }

    /// Removes what nobody will push any more.
    fn remove_old(&self) -> io::Result<()> {
        let now = SystemTime::now();
        let waits = [(NOTE, LONGEST_WAIT), (REFUSED, LONGEST_WAIT), (UNFINISHED, ABANDONED)];
        for (extension, limit) in waits {
            let is_old = |time| now.duration_since(time).is_ok_and(|age| age > limit);
            for (path, _) in self.files(extension)?.into_iter().filter(|(_, time)| is_old(*time)) {
                let _ = fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// The files with this extension, and when each was changed. What is none, such as a link or a FIFO, is no note: to
    /// read it might take for ever.
    pub(super) fn files(&self, extension: &str) -> io::Result<Vec<(PathBuf, SystemTime)>> {
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
                if metadata.is_file() {
                    files.push((path, metadata.modified()?));
                }
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

impl WaitingResult {
    /// Removes it from the outbox.
    ///
    /// # Errors
    /// The system's. Whoever went on would push it again and again.
    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Writes a note. It is there whole or not at all.
fn write(directory: &Path, note: &OutgoingNote, extension: &str) -> io::Result<()> {
    let file = unfinished(directory, note)?;
    let path = file.path().with_extension(extension);
    file.persist(path)?;
    Ok(())
}

fn unfinished(directory: &Path, note: &OutgoingNote) -> io::Result<NamedTempFile> {
    let suffix = format!(".{UNFINISHED}");
    let mut file = Builder::new().prefix("new-").suffix(&suffix).tempfile_in(directory)?;
    file.write_all(&serde_json::to_vec(note)?)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::push::note::OutgoingResult;

    const TEAM: KeyId = [1; 8];

    fn note(remote: &str, name: &str) -> OutgoingNote {
        OutgoingNote {
            remote: remote.to_owned(),
            team: TEAM,
            name: name.to_owned(),
            replaces: false,
            cleared: None,
            lifetime_millis: Some(5),
            result: OutgoingResult {
                key: [2; 32],
                condition: vec![3],
                created: 4,
                ended: Some(5),
                elapsed: 6,
                places: vec![b"/a\xff".to_vec()],
            },
            timeouts: 0,
            refused: None,
            route: None,
        }
    }

    #[test]
    fn what_is_posted_waits_until_it_is_removed() {
        let store = tempfile::tempdir().expect("a directory");
        let outbox = Outbox::of_store(store.path());
        let waiting = |remote| outbox.waiting(remote, TEAM, false).expect("listed");
        assert_eq!(waiting("a"), []);
        for (remote, name) in [("a", "1"), ("b", "2")] {
            assert!(outbox.post(&note(remote, name)).expect("posted"));
        }
        let [result] = &waiting("a")[..] else { panic!("{:?}", waiting("a")) };
        assert_eq!(result.note, note("a", "1"));
        assert_eq!(outbox.waiting("a", [9; 8], true).expect("listed"), []);
        result.remove().expect("removed");
        assert_eq!((waiting("a").len(), waiting("b").len()), (0, 1));
    }

    #[test]
    fn what_makes_no_sense_is_removed_and_does_not_count() {
        let store = tempfile::tempdir().expect("a directory");
        let outbox = Outbox::of_store(store.path());
        assert!(outbox.post(&note("a", "1")).expect("posted"));
        let nonsense = store.path().join("outbox/new-y.json");
        fs::write(&nonsense, "nonsense").expect("written");
        assert_eq!(outbox.waiting("a", TEAM, false).expect("listed").len(), 1);
        assert!(!nonsense.exists());
    }

    #[test]
    fn what_has_waited_for_too_long_is_given_up() {
        let store = tempfile::tempdir().expect("a directory");
        let outbox = Outbox::of_store(store.path());
        for name in ["old", "young"] {
            assert!(outbox.post(&note("gone", name)).expect("posted"));
        }
        let old = &outbox.waiting("gone", TEAM, false).expect("listed")[0];
        let part = store.path().join("outbox/new-z.part");
        fs::write(&part, "").expect("written");
        for (path, age) in [(&old.path, LONGEST_WAIT), (&part, ABANDONED)] {
            let file = File::options().write(true).open(path).expect("opened");
            let age = age + Duration::from_secs(1);
            file.set_modified(SystemTime::now() - age).expect("changed");
        }
        assert!(outbox.post(&note("a", "1")).expect("posted"));
        assert_eq!(outbox.waiting("gone", TEAM, false).expect("listed").len(), 1);
        assert!(!part.exists());
    }

    #[test]
    fn when_too_many_wait_no_other_does() {
        let store = tempfile::tempdir().expect("a directory");
        let outbox = Outbox::of_store(store.path());
        assert!(outbox.post(&note("a", "0")).expect("posted"));
        for number in 1..MOST {
            fs::write(outbox.directory.join(format!("{number}.json")), "").expect("written");
        }
        assert!(!outbox.post(&note("a", "1")).expect("tried"));
    }

    #[test]
    fn of_refused_results_no_more_are_kept_than_may_wait() {
        let store = tempfile::tempdir().expect("a directory");
        let outbox = Outbox::of_store(store.path());
        for number in 0..MOST {
            assert!(outbox.post(&note("a", &number.to_string())).expect("posted"));
        }
        for result in outbox.waiting("a", TEAM, false).expect("listed") {
            outbox.note_refused(&result, RemoteFault::Local(String::new())).expect("noted");
        }
        assert!(outbox.post(&note("a", "one more")).expect("posted"));
        let last = &outbox.waiting("a", TEAM, false).expect("listed")[0];
        outbox.note_refused(last, RemoteFault::Local(String::new())).expect("noted");
        assert_eq!(outbox.refused("a").expect("listed").expect("some").count, MOST);
        assert_eq!(outbox.waiting("a", TEAM, false).expect("listed"), []);
    }

    #[test]
    fn what_took_too_long_waits_behind_the_others_and_no_longer() {
        let store = tempfile::tempdir().expect("a directory");
        let outbox = Outbox::of_store(store.path());
        for name in ["first", "second"] {
            outbox.post(&note("a", name)).expect("posted");
        }
        let waiting = || outbox.waiting("a", TEAM, false).expect("listed");
        let first = waiting().remove(0);
        let file = File::options().write(true).open(&first.path).expect("opened");
        file.set_modified(SystemTime::now() - LONGEST_WAIT / 2).expect("set");
        let times = || outbox.files(NOTE).expect("listed").into_iter().map(|(_, time)| time).min();
        let before = times();
        outbox.note_timeout(&first).expect("noted");
        let last = waiting().pop().expect("two");
        assert_eq!((last.note.name, last.note.timeouts), (first.note.name, 1));
        assert_eq!((waiting().len(), times()), (2, before));
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
