//! Output of processes that outlive the command: a small process of cachex continues to forward it.

use crate::process::in_new_process_with;
use crate::terminal::Stream;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::stdio::{dup2_stderr, dup2_stdout};
use std::os::fd::{AsRawFd, OwnedFd};

/// Forwards from these pipes until they are closed, also after our end. If the output is to be discarded, it goes nowhere.
#[allow(unsafe_code)]
pub(crate) fn keep_forwarding(pipes: [(Stream, Option<OwnedFd>); 2], discard: bool) {
    if pipes.iter().all(|(_, pipe)| pipe.is_none()) {
        return;
    }
    // Other processes may wait for the end of all descriptors but the pipes and our two output streams.
    let [out, err] = pipes.each_ref().map(|(_, pipe)| pipe.as_ref().map_or(1, AsRawFd::as_raw_fd));
    let mut pipes = Some(pipes);
    let go_on = || {
        if discard {
            lead_nowhere();
        }
        if let Some(pipes) = pipes.take() {
            forward(pipes);
        }
    };
    // SAFETY: the new process takes no lock, and uses no other descriptor.
    let begun = unsafe { in_new_process_with(vec![1, 2, out, err], go_on) };
    if let (Err(_), Some(pipes), false) = (begun, pipes, discard) {
        // If no process can be made, this one continues, so that nothing is lost.
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

fn forward(mut pipes: [(Stream, Option<OwnedFd>); 2]) {
    let mut buffer = [0; 16 << 10];
    loop {
        for (to, pipe) in &mut pipes {
            let is_open = pipe.as_ref().is_some_and(|from| forward_ready(*to, from, &mut buffer));
            if !is_open {
                *pipe = None;
                close(*to);
            }
        }
        let open = pipes.iter().filter_map(|(_, pipe)| pipe.as_ref());
        let mut open: Vec<_> = open.map(|pipe| PollFd::new(pipe, PollFlags::IN)).collect();
        if open.is_empty() || poll(&mut open, None).is_err_and(|error| error != Errno::INTR) {
            return;
        }
    }
}

/// Closes our own stream, so that its reader sees the end as soon as there is one.
#[allow(unsafe_code)]
fn close(stream: Stream) {
    // SAFETY: nothing in this process writes to the stream from here on.
    unsafe { libc::close(stream.fd().as_raw_fd()) };
}

/// Forwards the output that is there now. Returns `false` when there will be no more.
fn forward_ready(to: Stream, from: &OwnedFd, buffer: &mut [u8]) -> bool {
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
