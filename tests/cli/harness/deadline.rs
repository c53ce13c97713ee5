//! One deadline per sandbox for everything that a test waits for: a process, its output, the other end of a FIFO.

use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Longer than any test takes on a busy machine.
pub const LIMIT: Duration = Duration::from_mins(5);

/// Ends everything that a sandbox waits for once it has passed. Then the test fails.
pub struct Deadline {
    is_over: Arc<AtomicBool>,
    /// Dropped when the test ends.
    _test: Sender<()>,
}

impl Deadline {
    /// The deadline of a test that works in this directory.
    pub fn new(directory: PathBuf) -> Self {
        Self::after(LIMIT, directory)
    }

    fn after(limit: Duration, directory: PathBuf) -> Self {
        let is_over = Arc::<AtomicBool>::default();
        let (test, has_ended) = channel::<()>();
        let over = Arc::clone(&is_over);
        std::thread::spawn(move || {
            let mut patience = limit;
            while has_ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                over.store(true, Ordering::SeqCst);
                end_what_is_waited_for(&directory);
                patience = Duration::from_millis(100);
            }
        });
        Self { is_over, _test: test }
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let is_over = self.is_over.load(Ordering::SeqCst);
        assert!(!is_over || std::thread::panicking(), "the test was not done in time");
    }
}

/// Kills the processes that work in a directory, and opens its FIFOs so that nobody waits for the other end.
fn end_what_is_waited_for(directory: &Path) {
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let works_there =
            fs::read_link(process.path().join("cwd")).is_ok_and(|it| it.starts_with(directory));
        let id = process.file_name().to_str().and_then(|name| name.parse().ok());
        if let (true, Some(id)) = (works_there, id.and_then(rustix::process::Pid::from_raw)) {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        }
    }
    for file in fs::read_dir(directory).into_iter().flatten().flatten() {
        if file.file_type().is_ok_and(|kind| kind.is_fifo()) {
            // Opening a FIFO for reading and writing opens both ends.
            let both = File::options()
                .read(true)
                .write(true)
                .custom_flags(libc::O_NONBLOCK)
                .open(file.path());
            drop(both);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_hanging_test_ends_and_fails() {
    let sandbox = super::Sandbox::new();
    sandbox.sh("mkfifo never").gives("");
    let deadline = Deadline::after(Duration::from_millis(200), sandbox.dir.clone());
    assert!(!sandbox.sh("read x < never").output().status.success());
    let _ = fs::read(sandbox.dir.join("never")).expect("opened");
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(deadline)));
    assert!(dropped.is_err());
    drop(Deadline::after(LIMIT, sandbox.dir.clone()));
}
