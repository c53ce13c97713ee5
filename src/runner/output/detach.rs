//! Output of a process that outlives the command: a small process of our own carries it on.

use crate::runner::process::{close_all_but, in_new_process};
use crate::terminal::Stream;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::stdio::{dup2_stderr, dup2_stdout};
use std::os::fd::{AsRawFd, OwnedFd};

/// Keeps forwarding from these pipes, after this process has ended, until they are closed; to nowhere
/// if it is to be discarded.
#[allow(unsafe_code)]
pub(in crate::runner) fn keep_forwarding(pipes: [(Stream, Option<OwnedFd>); 2], discard: bool) {
    if pipes.iter().all(|(_, pipe)| pipe.is_none()) {
        return;
    }
    // Others may wait for the end of all but the pipes and our two output streams.
    let [out, err] = pipes.each_ref().map(|(_, pipe)| pipe.as_ref().map_or(1, AsRawFd::as_raw_fd));
    let mut pipes = Some(pipes);
    let go_on = || {
        // SAFETY: nothing else is used from here on.
        unsafe { close_all_but(&mut [1, 2, out, err]) };
        if discard {
            lead_nowhere();
        }
        if let Some(pipes) = pipes.take() {
            forward(pipes);
        }
    };
    // SAFETY: the new process takes no lock.
    let begun = unsafe { in_new_process(go_on) };
    if let (Err(_), Some(pipes), false) = (begun, pipes, discard) {
        // Nothing is lost if this process goes on in its place.
        forward(pipes);
    }
}

fn lead_nowhere() {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    if let Ok(null) = rustix::fs::open(c"/dev/null", flags, Mode::empty()) {
        let _ = dup2_stdout(&null);
        let _ = dup2_stderr(&null);
    }
}

/// Forwards from the pipes until all are closed.
fn forward(mut pipes: [(Stream, Option<OwnedFd>); 2]) {
    let mut buffer = [0; 16 << 10];
    loop {
        for (to, pipe) in &mut pipes {
            let more = pipe.as_ref().is_some_and(|from| carry(*to, from, &mut buffer));
            if !more {
                *pipe = None;
                close(*to);
            }
        }
        let waited = match &pipes {
            [(_, Some(a)), (_, Some(b))] => {
                poll(&mut [PollFd::new(a, PollFlags::IN), PollFd::new(b, PollFlags::IN)], None)
            }
            [(_, Some(one)), _] | [_, (_, Some(one))] => {
                poll(&mut [PollFd::new(one, PollFlags::IN)], None)
            }
            _ => return,
        };
        if waited.is_err_and(|error| error != Errno::INTR) {
            return;
        }
    }
}

/// Lets go of our own stream, so that its reader sees the end as soon as there is one.
#[allow(unsafe_code)]
fn close(stream: Stream) {
    let fd = match stream {
        Stream::Stdout => libc::STDOUT_FILENO,
        Stream::Stderr => libc::STDERR_FILENO,
    };
    // SAFETY: nothing in this process writes to the stream from here on.
    unsafe { libc::close(fd) };
}

/// Forwards what is there now; `false` when there will be no more.
fn carry(to: Stream, from: &OwnedFd, buffer: &mut [u8]) -> bool {
    loop {
        match rustix::io::read(from, &mut *buffer) {
            Ok(0) => return false,
            Ok(count) if to.write_all(&buffer[..count]).is_ok() => {}
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return true,
            _ => return false,
        }
    }
}
