//! The right to run and fill one key, across processes.
//!
//! A claim is a lock on one byte of the file `claims` in the directory of the store, at an offset that the key's first
//! four bytes give. An exclusive lock means: wait for this run. A shared lock means: the run goes on, but do not wait
//! for it; the next caller then claims the key's second byte instead. Two keys with the same first bytes wait for each
//! other needlessly, which is rare and harmless.
//!
//! The system frees a lock with its process, however that ends, so nothing is left behind for any key. It also frees
//! all locks that a process has on a file as soon as it closes *any* descriptor of that file: never open a second
//! [`ClaimSlot`] while holding a [`Claim`].

use crate::file_lock::{self, ByteRange, LockHolders};
use crate::private_directory::open_private;
use rustix::fs::OFlags;
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The name of the file in the directory of the store.
const FILE: &str = "claims";

/// Where the first bytes of all keys begin.
const FIRST: libc::off_t = 0;

/// Where the second bytes of all keys begin.
const SECOND: libc::off_t = 1 << 34;

/// A byte that belongs to no key.
const PROBED: ByteRange = ByteRange { start: 1 << 32, length: 1 };

/// The right to run and fill a key. Dropping it gives it up, and so does the end of the process.
#[derive(Debug)]
pub struct Claim(ClaimSlot);

impl Claim {
    /// Tells the callers that wait to wait no longer, and lets one of them claim the key while this run goes on.
    pub fn hand_on(&self) {
        // The lock is converted in one step, so that the run never seems to be over.
        let _ = file_lock::share(&self.0.file, self.0.byte);
    }
}

/// The result of an attempt to claim a key.
#[derive(Debug)]
pub enum Claimed {
    /// This process holds the claim.
    Ours(Claim),
    /// Another process holds it.
    Theirs(ClaimSlot),
    /// Two other processes run the key, and callers must not wait for either.
    HandedOnTwice,
}

impl Claimed {
    /// The claim, if it is ours.
    pub fn ours(self) -> Option<Claim> {
        match self {
            Self::Ours(claim) => Some(claim),
            Self::Theirs(_) | Self::HandedOnTwice => None,
        }
    }
}

/// The state of the run that another process claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Callers have to wait for it.
    Running,
    /// It goes on, and callers must not wait for it.
    HandedOn,
    /// It is over.
    Over,
}

/// The place of one key in the file of claims.
#[derive(Debug)]
pub struct ClaimSlot {
    file: File,
    byte: ByteRange,
    offset: libc::off_t,
}

impl ClaimSlot {
    /// Opens the slot of a key.
    ///
    /// # Errors
    /// When the file of claims cannot be opened or made.
    pub fn open(directory: &Path, key: &[u8; 32]) -> io::Result<Self> {
        let file = open_private(&directory.join(FILE), OFlags::RDWR)?;
        let [a, b, c, d, ..] = *key;
        let offset = u32::from_le_bytes([a, b, c, d]).into();
        Ok(Self { file, byte: byte(FIRST, offset), offset })
    }

    /// Claims the key, unless another process holds the claim.
    ///
    /// # Errors
    /// When the file cannot be locked.
    pub fn claim(mut self) -> io::Result<Claimed> {
        for start in [FIRST, SECOND] {
            self.byte = byte(start, self.offset);
            if file_lock::take(&self.file, self.byte)? {
                return Ok(Claimed::Ours(Claim(self)));
            }
            if self.state() != RunState::HandedOn {
                return Ok(Claimed::Theirs(self));
            }
        }
        Ok(Claimed::HandedOnTwice)
    }

    /// The state of another process's run of the key.
    pub fn state(&self) -> RunState {
        match file_lock::holders(&self.file, self.byte) {
            Ok(LockHolders::None) => RunState::Over,
            Ok(LockHolders::Sharing) => RunState::HandedOn,
            Ok(LockHolders::Exclusive) | Err(_) => RunState::Running,
        }
    }
}

fn byte(start: libc::off_t, offset: libc::off_t) -> ByteRange {
    ByteRange { start: start + offset, length: 1 }
}

/// Whether keys can be claimed here; `false` when there is no file of claims yet.
///
/// # Errors
/// When the file cannot be locked.
pub fn can_claim(directory: &Path) -> io::Result<bool> {
    let mut options = File::options();
    options.read(true).write(true).custom_flags(libc::O_NOFOLLOW);
    match options.open(directory.join(FILE)) {
        // If the byte is locked, another `doctor` is checking.
        Ok(file) => file_lock::take(&file, PROBED).map(|_| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::{Child, Command, Stdio};

    const KEY: [u8; 32] = [7; 32];

    /// The variable that makes the test below the other process, and says what to do there.
    const ROLE: &str = "CLAIMS_TEST_ROLE";

    fn claim(directory: &Path, key: &[u8; 32]) -> Claimed {
        ClaimSlot::open(directory, key).and_then(ClaimSlot::claim).expect("the file of claims")
    }

    fn state(directory: &Path) -> RunState {
        ClaimSlot::open(directory, &KEY).expect("the file of claims").state()
    }

    /// This is the other process rather than a test: a process cannot see its own locks.
    #[test]
    fn another_process() {
        let Some(role) = std::env::var_os(ROLE) else { return };
        let role = role.into_string().expect("text");
        let (action, directory) = role.split_once(' ').expect("two words");
        let directory = Path::new(directory);
        let held = (action != "probe").then(|| claim(directory, &KEY).ours().expect("free"));
        match action {
            "hand-on" => held.iter().for_each(Claim::hand_on),
            "give-up" => drop(held),
            "probe" => assert!(can_claim(directory).expect("it can be locked")),
            _ => {}
        }
        std::io::stderr().write_all(b"done\n").expect("written");
        // It waits for the end of its input, which comes at the latest when the process that started it ends.
        let _ = std::io::stdin().read(&mut [0]);
    }

    struct OtherProcess(Child);

    impl OtherProcess {
        /// Starts another process, and waits until it has done this `action`.
        fn new(action: &str, directory: &Path) -> Self {
            let mut process = Command::new(std::env::current_exe().expect("ourselves"))
                .args(["--exact", "single_flight::claims::tests::another_process", "--nocapture"])
                .env(ROLE, format!("{action} {}", directory.display()))
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("started");
            let stderr = BufReader::new(process.stderr.take().expect("a pipe"));
            let mut lines = stderr.lines().map_while(Result::ok);
            assert!(lines.any(|line| line == "done"), "it failed");
            Self(process)
        }
    }

    impl Drop for OtherProcess {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().expect("a directory")
    }

    #[test]
    fn a_claim_excludes_other_processes_until_its_process_ends() {
        let directory = directory();
        let directory = directory.path();
        assert_eq!(state(directory), RunState::Over);
        let other = OtherProcess::new("claim", directory);
        let Claimed::Theirs(slot) = claim(directory, &KEY) else { panic!("it is claimed") };
        assert_eq!(slot.state(), RunState::Running);
        assert!(matches!(claim(directory, &[8; 32]), Claimed::Ours(_)), "another key");
        drop(other);
        assert_eq!(slot.state(), RunState::Over);
        drop(slot);
        assert!(claim(directory, &KEY).ours().is_some());
    }

    #[test]
    fn a_claim_that_is_dropped_is_free() {
        let directory = directory();
        let _other = OtherProcess::new("give-up", directory.path());
        assert_eq!(state(directory.path()), RunState::Over);
    }

    #[test]
    fn a_run_that_was_handed_on_leaves_room_for_one_more() {
        let directory = directory();
        let directory = directory.path();
        let first = OtherProcess::new("hand-on", directory);
        assert_eq!(state(directory), RunState::HandedOn);
        let second = OtherProcess::new("claim", directory);
        let Claimed::Theirs(slot) = claim(directory, &KEY) else { panic!("both are claimed") };
        assert_eq!(slot.state(), RunState::Running, "the second run is waited for");
        drop(slot);
        drop(second);
        let _second = OtherProcess::new("hand-on", directory);
        assert!(matches!(claim(directory, &KEY), Claimed::HandedOnTwice));
        drop(first);
        assert!(claim(directory, &KEY).ours().is_some(), "the first place is free again");
    }

    #[test]
    fn a_probe_disturbs_no_claim_and_no_other_probe() {
        let directory = directory();
        let directory = directory.path();
        assert!(!can_claim(directory).expect("no file yet"));
        let _other = OtherProcess::new("claim", directory);
        let _probe = OtherProcess::new("probe", directory);
        assert!(can_claim(directory).expect("it can be locked"));
        assert_eq!(state(directory), RunState::Running);
    }

    #[test]
    fn a_file_of_claims_that_cannot_be_opened_is_an_error_and_not_missing() {
        let directory = directory();
        std::os::unix::fs::symlink("/dev/null", directory.path().join(FILE)).expect("linked");
        assert!(can_claim(directory.path()).is_err());
    }

    #[test]
    fn no_two_purposes_share_a_byte() {
        let last = libc::off_t::from(u32::MAX);
        assert!(byte(FIRST, last).start < PROBED.start);
        assert!(PROBED.start < byte(SECOND, 0).start);
    }
}
