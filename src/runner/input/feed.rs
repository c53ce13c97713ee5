//! Feeding the command with standard input that was read before.
//!
//! A thread writes it to a pipe as fast as the command reads. The end of the run does not wait for that thread.

use crate::entry::Condition;
use crate::process::in_new_process_with;
use crate::runner::launch::Standard;
use crate::runner::left_behind::{CLOSING_GRACE, hangs_up};
use crate::stdin::Buffered;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// The thread that feeds the command.
pub(crate) struct Feed {
    buffered: Sender<Buffered>,
    /// The condition for the content, if that was read to its end before.
    known: Option<Condition>,
    /// Receives the condition for content that is read meanwhile, as soon as all of it was written.
    given: Receiver<Condition>,
    thread: JoinHandle<Option<Unfed>>,
    /// Closed when the command has ended.
    running: OwnedFd,
}

/// The input that a process left behind by the command can still read.
struct Unfed {
    buffered: Buffered,
    to: FeedPipe,
}

/// Prepares the standard input of the command. Nothing is written to it yet. There is no feed if the command reads the
/// file that holds the input.
pub(super) fn prepare(buffered: &Buffered) -> io::Result<(Standard, Option<Feed>)> {
    let (read, write) = io::pipe()?;
    let (ended, running) = io::pipe()?;
    ioctl_fionbio(&write, true)?;
    let to = FeedPipe { write: write.into(), ended: ended.into(), written: 0 };
    let known = buffered.condition;
    let (sender, receiver) = channel();
    let (report, given) = channel();
    let feed = move || {
        // The receiver fails if the command was not started.
        let buffered = receiver.recv().ok()?;
        feed_all(buffered, to, known.is_some(), &report)
    };
    Ok(match std::thread::Builder::new().name("stdin".to_owned()).spawn(feed) {
        Ok(thread) => {
            let feed = Feed { buffered: sender, known, given, thread, running: running.into() };
            (Standard::Given(read.into()), Some(feed))
        }
        Err(_) => (Standard::Given(buffered.as_file()?), None),
    })
}

/// Writes everything to the command, which then sees the end. If the command ends earlier, the rest is returned.
fn feed_all(
    mut buffered: Buffered,
    mut to: FeedPipe,
    is_whole: bool,
    given: &Sender<Condition>,
) -> Option<Unfed> {
    match buffered.copy_to(&mut to) {
        Ok(whole) => _ = whole.map(|whole| given.send(whole)),
        // The command no longer reads.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) if error.kind() == io::ErrorKind::WouldBlock && is_whole => {
            return Some(Unfed { buffered, to });
        }
        // The pipe stays open: the command must not take this for the end of its input.
        Err(_) => std::mem::forget(to),
    }
    None
}

impl Feed {
    /// Starts to feed the command, which runs now.
    pub(super) fn give(&self, buffered: Buffered) {
        // The thread waits for this message.
        let _ = self.buffered.send(buffered);
    }

    /// Ends the feed after the command has ended. Returns the condition for the whole input, if the command was given
    /// all of it. Processes that it left behind still get the rest.
    #[allow(unsafe_code)]
    pub(super) fn end(self) -> Option<Condition> {
        drop((self.buffered, self.running));
        if self.known.is_some()
            && let Ok(Some(Unfed { buffered, mut to })) = self.thread.join()
        {
            let kept = vec![buffered.descriptor(), to.write.as_raw_fd(), to.ended.as_raw_fd()];
            let work = || {
                if ioctl_fionbio(&to.write, false).is_ok() {
                    let _ = buffered.copy_rest(to.written, &mut to);
                }
            };
            // SAFETY: the thread that had these descriptors has ended, and no others are used.
            // If no process can be made, the rest of the input is lost.
            let _ = unsafe { in_new_process_with(kept, work) };
        }
        self.known.or_else(|| self.given.try_recv().ok())
    }
}

/// A pipe that is written to until the command has ended.
struct FeedPipe {
    write: OwnedFd,
    ended: OwnedFd,
    /// Bytes written so far.
    written: u64,
}

impl FeedPipe {
    /// Waits until more can be written.
    fn wait(&self) -> io::Result<()> {
        let mut fds = [
            PollFd::new(&self.write, PollFlags::OUT),
            PollFd::new(&self.ended, PollFlags::empty()),
        ];
        match poll(&mut fds, None) {
            Ok(_) if !fds[0].revents().is_empty() => Ok(()),
            Ok(_) if hangs_up(&self.write, CLOSING_GRACE) => Err(io::ErrorKind::BrokenPipe.into()),
            Ok(_) => Err(io::ErrorKind::WouldBlock.into()),
            Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Write for FeedPipe {
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
