//! Whether a remote is asked at all: after an outage it is left alone for a while, by all calls of this machine.
//!
//! The state is a file for each address and direction: 30 seconds after the first fault, doubling to 10 minutes with each
//! attempt in vain. When the time is over, one call tries and the others go on without. Nothing waits for a lock, and a
//! file that cannot be read or written prevents nothing.

use super::engine::RemoteFault;
use super::url::RemoteUrl;
use crate::private_directory::open_private;
use crate::time::Timestamp;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The pause after the first fault.
const FIRST_PAUSE: Duration = Duration::from_secs(30);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// For how long a call that tries keeps the others out, should it never report.
const PROBE: Duration = Duration::from_secs(10);

/// What a remote is used for. A failed push does not keep anybody from reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteDirection {
    /// To fetch.
    Read,
    /// To push.
    Write,
}

/// Whether a remote may be asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerPermit {
    /// It may.
    Closed,
    /// It may, by this call only.
    Probe,
    /// It is left alone.
    Open {
        /// Until then.
        until: Timestamp,
    },
}

/// The memory of outages of one remote.
#[derive(Debug)]
pub struct Breaker {
    file: PathBuf,
}

/// An outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outage {
    until: Timestamp,
    pause: Duration,
}

impl Breaker {
    /// The breaker of a remote, in a private directory.
    #[must_use]
    pub fn new(directory: &Path, url: &RemoteUrl, direction: RemoteDirection) -> Self {
        let name = blake3::hash(format!("{direction:?} {url}").as_bytes()).to_hex();
        Self { file: directory.join(format!("breaker-{}", &name[..16])) }
    }

    /// Whether the remote may be asked at this time. After [`BreakerPermit::Probe`] the end has to be reported.
    #[must_use]
    pub fn ask(&self, now: Timestamp) -> BreakerPermit {
        let seen = self.opened().and_then(|file| Outage::read(&file));
        let Some(outage) = seen else { return BreakerPermit::Closed };
        if outage.is_on(now) {
            return BreakerPermit::Open { until: outage.until };
        }
        let Some(file) = self.locked(OFlags::empty()) else {
            return BreakerPermit::Open { until: now };
        };
        match Outage::read(&file) {
            None => BreakerPermit::Closed,
            Some(outage) if outage.is_on(now) => BreakerPermit::Open { until: outage.until },
            Some(outage) => {
                Outage { until: later(now, PROBE), ..outage }.write(&file);
                BreakerPermit::Probe
            }
        }
    }

    /// Until when the remote is left alone, if it is. For those who only look: it changes nothing.
    #[must_use]
    pub fn outage(&self, now: Timestamp) -> Option<Timestamp> {
        let outage = self.opened().and_then(|file| Outage::read(&file))?;
        outage.is_on(now).then_some(outage.until)
    }

    /// Notes that the remote answered.
    pub fn note_answer(&self) {
        let is_empty = |file: &File| file.metadata().is_ok_and(|metadata| metadata.len() == 0);
        if self.opened().is_none_or(|file| is_empty(&file)) {
            return;
        }
        if let Some(file) = self.locked(OFlags::empty()) {
            let _ = file.set_len(0);
        }
    }

    /// Notes a fault. Whether an outage begins with it, which is worth a warning.
    #[must_use]
    pub fn note_fault(&self, permit: BreakerPermit, fault: &RemoteFault, now: Timestamp) -> bool {
        if matches!(fault, RemoteFault::Local(_)) {
            // That says nothing of the remote.
            return false;
        }
        if !fault.is_an_outage() {
            // It did answer.
            self.note_answer();
            return false;
        }
        let Some(file) = self.locked(OFlags::CREATE) else { return false };
        let known = Outage::read(&file);
        let pause = match known {
            None => FIRST_PAUSE,
            Some(outage) if permit == BreakerPermit::Probe => outage.pause * 2,
            // Another call has noted this outage.
            Some(_) => return false,
        };
        let asked = fault.retry_after().unwrap_or_default();
        let pause = pause.max(asked).min(LONGEST_PAUSE);
        Outage { until: later(now, pause), pause }.write(&file);
        known.is_none()
    }

    /// The file, to be read. Whatever takes its place, such as a FIFO, nobody waits for.
    fn opened(&self) -> Option<File> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::open(&self.file, flags, Mode::empty()).ok().map(File::from)
    }

    /// The file, locked until it is dropped; `None` if another process has the lock.
    fn locked(&self, flags: OFlags) -> Option<File> {
        let file = if flags.contains(OFlags::CREATE) {
            open_private(&self.file, OFlags::RDWR).ok()?
        } else {
            File::options().read(true).write(true).open(&self.file).ok()?
        };
        flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
        Some(file)
    }
}

impl Outage {
    /// Whether it is not over yet. One whose end is too far away was noted by a clock that was wrong.
    fn is_on(self, now: Timestamp) -> bool {
        self.until > now && self.until <= later(now, LONGEST_PAUSE)
    }

    fn read(file: &File) -> Option<Self> {
        let mut bytes = [0; 64];
        let read = file.read_at(&mut bytes, 0).ok()?;
        let text = std::str::from_utf8(&bytes[..read]).ok()?.strip_suffix('\n')?;
        let (until, pause) = text.split_once(' ')?;
        let pause: u64 = pause.parse().ok()?;
        let pause = Duration::from_millis(pause).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        Some(Self { until: Timestamp::from_millis(until.parse().ok()?), pause })
    }

    fn write(self, file: &File) {
        let text = format!("{} {}\n", self.until.as_millis(), self.pause.as_millis());
        // What is left of a longer line would be garbage, and no outage.
        let _ =
            file.write_all_at(text.as_bytes(), 0).and_then(|()| file.set_len(text.len() as u64));
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_add(wait))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const START: i64 = 1_000_000_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(START + seconds * 1000)
    }

    fn outage() -> RemoteFault {
        RemoteFault::Unreachable("refused".to_owned())
    }

    fn breaker() -> (TempDir, Breaker) {
        let directory = tempfile::tempdir().expect("a directory");
        let url = "https://host/a".parse().expect("valid");
        let breaker = Breaker::new(directory.path(), &url, RemoteDirection::Read);
        (directory, breaker)
    }

    #[test]
    fn a_fault_keeps_calls_away_for_longer_each_time() {
        let (_directory, breaker) = breaker();
        assert_eq!(breaker.ask(at(0)), BreakerPermit::Closed);
        assert!(breaker.note_fault(BreakerPermit::Closed, &outage(), at(0)), "one warning");
        assert!(!breaker.note_fault(BreakerPermit::Closed, &outage(), at(1)), "and no other");
        let mut now = 0;
        for pause in [30, 60, 120, 240, 480, 600, 600] {
            let until = at(now + pause);
            assert_eq!(breaker.ask(at(now + pause - 1)), BreakerPermit::Open { until });
            assert_eq!(breaker.outage(at(now + pause - 1)), Some(until));
            now += pause;
            assert_eq!(breaker.outage(at(now)), None);
            assert_eq!(breaker.ask(at(now)), BreakerPermit::Probe);
            assert!(matches!(breaker.ask(at(now)), BreakerPermit::Open { .. }), "one at a time");
            assert!(!breaker.note_fault(BreakerPermit::Probe, &outage(), at(now)));
        }
        now += 600;
        assert_eq!(breaker.ask(at(now)), BreakerPermit::Probe);
        breaker.note_answer();
        assert_eq!(breaker.ask(at(now)), BreakerPermit::Closed);
        assert!(breaker.note_fault(BreakerPermit::Closed, &outage(), at(now)), "a new outage");
        assert_eq!(breaker.ask(at(now + 30)), BreakerPermit::Probe);
    }

    #[test]
    fn a_call_that_tries_and_never_reports_is_followed_by_another() {
        let (_directory, breaker) = breaker();
        assert!(breaker.note_fault(BreakerPermit::Closed, &outage(), at(0)));
        assert_eq!(breaker.ask(at(30)), BreakerPermit::Probe);
        assert!(matches!(breaker.ask(at(39)), BreakerPermit::Open { .. }));
        assert_eq!(breaker.ask(at(40)), BreakerPermit::Probe);
    }

    #[test]
    fn who_says_no_is_there() {
        let (directory, breaker) = breaker();
        for fault in [
            RemoteFault::Unauthorized("401".to_owned()),
            RemoteFault::TooLarge { bound: 1 },
            RemoteFault::Local("disk full".to_owned()),
        ] {
            assert!(!breaker.note_fault(BreakerPermit::Closed, &fault, at(0)));
            assert_eq!(breaker.ask(at(0)), BreakerPermit::Closed);
        }
        breaker.note_answer();
        assert_eq!(directory.path().read_dir().expect("listed").count(), 0);
        assert!(breaker.note_fault(BreakerPermit::Closed, &outage(), at(0)));
        assert_eq!(breaker.ask(at(30)), BreakerPermit::Probe);
        let full = RemoteFault::Local("disk full".to_owned());
        assert!(!breaker.note_fault(BreakerPermit::Probe, &full, at(30)));
        assert!(matches!(breaker.ask(at(31)), BreakerPermit::Open { .. }), "nobody answered");
    }

    #[test]
    fn a_remote_may_ask_for_a_longer_pause() {
        let (_directory, breaker) = breaker();
        let fault = RemoteFault::Throttled { retry_after: Some(90) };
        assert!(breaker.note_fault(BreakerPermit::Closed, &fault, at(0)));
        assert_eq!(breaker.ask(at(89)), BreakerPermit::Open { until: at(90) });
        assert_eq!(breaker.ask(at(90)), BreakerPermit::Probe);
        let fault = RemoteFault::Throttled { retry_after: Some(u64::MAX) };
        assert!(!breaker.note_fault(BreakerPermit::Probe, &fault, at(90)));
        assert_eq!(breaker.ask(at(90 + 600)), BreakerPermit::Probe);
    }

    #[test]
    fn a_failed_push_keeps_nobody_from_reading() {
        let (directory, reads) = breaker();
        let url = "https://host/a".parse().expect("valid");
        let pushes = Breaker::new(directory.path(), &url, RemoteDirection::Write);
        assert!(pushes.note_fault(BreakerPermit::Closed, &outage(), at(0)));
        assert_eq!(reads.ask(at(1)), BreakerPermit::Closed);
        assert!(matches!(pushes.ask(at(1)), BreakerPermit::Open { .. }));
    }

    #[test]
    fn a_file_that_makes_no_sense_prevents_nothing() {
        let (directory, breaker) = breaker();
        for text in ["", "\n", "x y\n", "1 2", "99999999999999999999 1\n", "\u{0}"] {
            std::fs::write(&breaker.file, text).expect("written");
            assert_eq!(breaker.ask(at(0)), BreakerPermit::Closed, "{text:?}");
        }
        std::fs::write(&breaker.file, format!("{} 30000\n", at(3600).as_millis()))
            .expect("written");
        assert_eq!(breaker.ask(at(0)), BreakerPermit::Probe, "a clock that was set back");
        drop(directory);
        assert_eq!(breaker.ask(at(0)), BreakerPermit::Closed);
        assert!(!breaker.note_fault(BreakerPermit::Closed, &outage(), at(0)));
    }

    #[test]
    fn a_process_that_holds_the_lock_stops_nobody() {
        let (_directory, breaker) = breaker();
        assert!(breaker.note_fault(BreakerPermit::Closed, &outage(), at(0)));
        let _lock = breaker.locked(OFlags::empty()).expect("free");
        assert_eq!(breaker.ask(at(30)), BreakerPermit::Open { until: at(30) });
        assert!(!breaker.note_fault(BreakerPermit::Probe, &outage(), at(30)));
        breaker.note_answer();
    }
}
