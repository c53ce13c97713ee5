//! Giving the command what was read of standard input before.

use crate::entry::Condition;
use crate::runner::launch::Standard;
use crate::runner::left_behind::{GRACE, go_on, hangs_up};
use crate::stdin::Buffered;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

/// A thread that waits for what was read, to write it to the command as fast as that reads: the end of the run does
/// not wait for it.
pub(in crate::runner) struct Feed {
    held: Sender<Buffered>,
    /// What was given whole, as soon as it was.
    given: Arc<OnceLock<Condition>>,
    /// Whether nothing has to be read for it any more.
    is_whole: bool,
    thread: JoinHandle<Option<Rest>>,
    /// Closed at the end of the command.
    running: OwnedFd,
}

/// What a process that the command left behind can still read.
struct Rest {
    held: Buffered,
    to: Pipe,
}

/// Prepares what the command is to read from. Nothing has gone there yet.
pub(super) fn prepare(held: &Buffered) -> io::Result<(Standard, Option<Feed>)> {
    let (read, write) = io::pipe()?;
    let (ended, running) = io::pipe()?;
    let mut to = Pipe::new(write.into(), ended.into())?;
    let given = Arc::<OnceLock<Condition>>::default();
    let is_whole = held.condition.is_some();
    if let Some(known) = held.condition {
        let _ = given.set(known);
    }
    let (sender, receiver) = channel::<Buffered>();
    let tell = Arc::clone(&given);
    let feed = move || {
        // Nothing comes if the command was not started.
        let mut held = receiver.recv().ok()?;
        match held.copy_to(&mut to) {
            // Only now does the command see the end.
            Ok(whole) => _ = whole.map(|whole| tell.set(whole)),
            // The command has had enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && is_whole => {
                return Some(Rest { held, to });
            }
            // The command is not to take that for the end.
            Err(_) => std::mem::forget(to),
        }
        None
    };
    Ok(match std::thread::Builder::new().name("stdin".to_owned()).spawn(feed) {
        Ok(thread) => {
            let feed = Feed { held: sender, given, is_whole, thread, running: running.into() };
            (Standard::Given(read.into()), Some(feed))
        }
        // Without a thread the command reads where it is kept.
        Err(_) => (Standard::Given(held.as_file()?), None),
    })
}

impl Feed {
    /// Gives it to the command, which runs.
    pub(super) fn give(&self, held: Buffered) {
        // The thread waits for it.
        let _ = self.held.send(held);
    }

    /// What the command was given, if that was all, now that it has ended. Whoever was left behind still gets the rest.
    #[allow(unsafe_code)]
    pub(super) fn end(self) -> Option<Condition> {
        drop((self.held, self.running));
        if self.is_whole
            && let Ok(Some(Rest { held, mut to })) = self.thread.join()
        {
            let kept = vec![held.descriptor(), to.write.as_raw_fd(), to.ended.as_raw_fd()];
            let work = || _ = to.wait_for_ever().and_then(|()| held.copy_rest(to.written, &mut to));
            // SAFETY: the thread that had them has ended, and nothing else is used.
            unsafe { go_on(kept, work) };
        }
        self.given.get().copied()
    }
}

/// A pipe that is written to until the command has ended.
struct Pipe {
    write: OwnedFd,
    ended: OwnedFd,
    /// So many bytes.
    written: u64,
}

impl Pipe {
    fn new(write: OwnedFd, ended: OwnedFd) -> io::Result<Self> {
        fcntl_setfl(&write, fcntl_getfl(&write)? | OFlags::NONBLOCK)?;
        Ok(Self { write, ended, written: 0 })
    }

    fn wait_for_ever(&mut self) -> io::Result<()> {
        Ok(fcntl_setfl(&self.write, fcntl_getfl(&self.write)? - OFlags::NONBLOCK)?)
    }

    /// Waits until more can be written.
    fn wait(&self) -> io::Result<()> {
        let mut fds = [
            PollFd::new(&self.write, PollFlags::OUT),
            PollFd::new(&self.ended, PollFlags::empty()),
        ];
        match poll(&mut fds, None) {
            Ok(_) if !fds[0].revents().is_empty() => Ok(()),
            Ok(_) if hangs_up(&self.write, GRACE) => Err(io::ErrorKind::BrokenPipe.into()),
            Ok(_) => Err(io::ErrorKind::WouldBlock.into()),
            Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(&self.write, bytes) {
                Ok(count) => {
                    self.written += count as u64;
                    return Ok(count);
                }
                Err(Errno::AGAIN) => self.wait()?,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
