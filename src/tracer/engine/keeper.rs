//! A process that lets calls go on when cachex does not any more: after its end, also by `kill -9`.
//!
//! Without it the calls of processes that outlive cachex would fail. It holds nothing of ours but the listener and our
//! memory, has a session of its own, and ends as soon as every process of the command has ended. It makes system calls
//! only, and by ways that leave `errno` alone: that one is ours.

use super::answer::answer;
use super::notification::Listener;
use crate::process::{close_all_but, in_process_beside};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{chdir, setsid};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

/// Holds the keeper back. When this is dropped, or this process ends, the keeper goes to work.
#[derive(Debug)]
pub(crate) struct Keeper {
    /// The end of a pipe: the keeper sees when it is closed.
    _held_back: OwnedFd,
}

impl Keeper {
    /// Starts a keeper for the command behind this listener.
    #[allow(unsafe_code)]
    pub(crate) fn start(listener: &Arc<Listener>) -> io::Result<Self> {
        let (release, held_back) = io::pipe()?;
        let release = OwnedFd::from(release);
        let (listener, released) = (Arc::clone(listener), release.as_raw_fd());
        // SAFETY: it makes system calls only. We handle no signal: those that we care for are blocked.
        unsafe { in_process_beside(move || keep(&listener, released)) }?;
        Ok(Self { _held_back: held_back.into() })
    }
}

/// In the new process.
#[allow(unsafe_code)]
fn keep(listener: &Listener, release: RawFd) {
    let mut kept = [listener.as_fd().as_raw_fd(), release];
    // SAFETY: nothing else is used from here on. The set is filled before it is read.
    unsafe {
        close_all_but(&mut kept);
        let mut all = std::mem::MaybeUninit::uninit();
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut());
    }
    // A mount can be taken away though this process lives on, and no hang-up of a terminal reaches it.
    let _ = (setsid(), chdir("/"));
    // SAFETY: it was kept, and is not closed here.
    let release = unsafe { BorrowedFd::borrow_raw(release) };
    if is_released(listener, release) {
        answer(listener);
    }
}

/// Waits until cachex does not answer any more. `false`: the command has ended before.
fn is_released(listener: &Listener, release: BorrowedFd<'_>) -> bool {
    loop {
        // Calls wake cachex only.
        let mut fds =
            [PollFd::new(&release, PollFlags::IN), PollFd::new(listener, PollFlags::empty())];
        match poll(&mut fds, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return true,
        }
        let [release, listener] = fds.map(|fd| fd.revents());
        if listener.contains(PollFlags::HUP) {
            return false;
        }
        if !release.is_empty() {
            return true;
        }
    }
}
