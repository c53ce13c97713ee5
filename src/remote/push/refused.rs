//! Results that a remote refused: how many, why, and whether the user was told.
//!
//! Their notes stay for `cachex remote flush`, which tries once more. That it was told is a file for each remote, and so is
//! that an outage was.

use super::note::OutgoingNote;
use super::outbox::{Outbox, REFUSED};
use crate::private_directory::open_private;
use crate::remote::engine::RemoteFault;
use rustix::fs::OFlags;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// Whoever may not push is not likely to be allowed to before then.
const PAUSE: Duration = Duration::from_mins(10);

/// It is told again after this time.
const TOLD_FOR: Duration = Duration::from_hours(24);

/// Results that a remote refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedResults {
    /// How many.
    pub count: usize,
    /// Why the last one was.
    pub fault: RemoteFault,
    /// When.
    last: SystemTime,
}

impl RefusedResults {
    /// Whether the next push would be refused as well.
    #[must_use]
    pub fn is_for_now(&self) -> bool {
        matches!(self.fault, RemoteFault::Unauthorized(_)) && is_within(self.last, PAUSE)
    }
}

/// The name under which an outage of pushing to a remote is noted as told.
#[must_use]
pub fn outage_of(remote: &str) -> String {
    format!("outage of {remote}")
}

impl Outbox {
    /// The results that this remote refused, if there are any.
    ///
    /// # Errors
    /// The system's.
    pub fn refused(&self, remote: &str) -> io::Result<Option<RefusedResults>> {
        let mut all = self.all_refused()?.into_iter();
        Ok(all.find(|(of, _)| of == remote).map(|(_, refused)| refused))
    }

    /// The results that were refused, by the remote.
    ///
    /// # Errors
    /// The system's.
    pub fn all_refused(&self) -> io::Result<Vec<(String, RefusedResults)>> {
        let mut all: Vec<(String, RefusedResults)> = Vec::new();
        for (path, time) in self.files(REFUSED)? {
            let note = fs::read(path).ok().and_then(|it| serde_json::from_slice(&it).ok());
            let Some(OutgoingNote { refused: Some(fault), remote, .. }) = note else { continue };
            let new = RefusedResults { count: 1, fault, last: time };
            match all.iter_mut().find(|(of, _)| *of == remote) {
                None => all.push((remote, new)),
                Some((_, known)) => {
                    let count = known.count + 1;
                    if known.last <= time {
                        *known = new;
                    }
                    known.count = count;
                }
            }
        }
        Ok(all)
    }

    /// Whether it was told a short while ago that this remote refuses results, or of its outage. From now on it was.
    #[must_use]
    pub fn is_told_of(&self, subject: &str) -> bool {
        let path = self.told(subject);
        let time = fs::metadata(&path).and_then(|metadata| metadata.modified());
        if time.is_ok_and(|time| is_within(time, TOLD_FOR)) {
            return true;
        }
        let touched = open_private(&path, OFlags::WRONLY)
            .and_then(|file| file.set_modified(SystemTime::now()));
        // What cannot be noted would be told by each call.
        touched.is_err()
    }

    /// What is refused from now on is told, or the next outage.
    pub fn forget_that_it_was_told(&self, subject: &str) {
        let _ = fs::remove_file(self.told(subject));
    }

    fn told(&self, subject: &str) -> PathBuf {
        let name = blake3::hash(subject.as_bytes()).to_hex();
        self.directory.join(format!("told-{}", &name[..16]))
    }
}

/// Whether this was no longer ago than that. A time to come was written by a clock that was wrong.
fn is_within(time: SystemTime, limit: Duration) -> bool {
    SystemTime::now().duration_since(time).is_ok_and(|age| age < limit)
}
