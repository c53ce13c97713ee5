//! Looking into a pipe or a socket without taking anything, with `tee` and with `MSG_PEEK`. Linux only.

use super::stream::{Readiness, SOCKET_LIMIT, StreamState};
use crate::entry::StdinKind;
use crate::key::Digest;
use crate::poll::poll_one;
use rustix::event::PollFlags;
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::{Errno, ioctl_fionread};
use rustix::net::{AddressFamily, RecvFlags, SocketType, recv, sockopt};
use rustix::pipe::{
    PipeFlags, SpliceFlags, fcntl_getpipe_size, fcntl_setpipe_size, pipe_with, tee,
};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// How often to look for more while the end is waited for.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// The state of a pipe. `None` for a pipe that is open for writing too: the command may write to it, and it never ends.
pub(super) fn survey_pipe() -> Option<StreamState> {
    let flags = fcntl_getfl(rustix::stdio::stdin());
    let is_writable = flags.is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::RDWR);
    (!is_writable).then(|| survey(StdinKind::Pipe))
}

/// The state of a socket. `None` for a socket with a name: the command may look at the name of its peer, so it gets the
/// socket itself.
pub(super) fn survey_socket() -> Option<StreamState> {
    let stdin = rustix::stdio::stdin();
    let is_local = sockopt::socket_domain(stdin).ok()? == AddressFamily::UNIX;
    let is_stream = sockopt::socket_type(stdin).ok()? == SocketType::STREAM;
    let socket = UnixStream::from(stdin.try_clone_to_owned().ok()?);
    let is_nameless =
        is_local && socket.local_addr().ok()?.is_unnamed() && socket.peer_addr().ok()?.is_unnamed();
    (is_stream && is_nameless).then(|| survey(StdinKind::Socket))
}

fn survey(kind: StdinKind) -> StreamState {
    let has_ended = Readiness::now(kind) == Readiness::Ended;
    if has_ended { StreamState::Ended } else { StreamState::Open }
}

/// Waits for data or the end, at most this long.
pub(super) fn wait_for_anything(timeout: Duration) {
    let _ = poll_one(rustix::stdio::stdin(), PollFlags::IN | PollFlags::RDHUP, Some(timeout));
}

/// Waits for the end of the input and looks at the content before it. The content stays unknown if it is longer than
/// `longest`, or if nothing comes for as long as `silence`. Returns `None` if it is more than the pipe can hold, so
/// that it has to be read.
pub(super) fn look_ahead(
    kind: StdinKind,
    longest: u64,
    silence: Duration,
) -> io::Result<Option<StreamState>> {
    let stdin = rustix::stdio::stdin();
    let (mut seen, mut since) = (ioctl_fionread(stdin)?, Instant::now());
    loop {
        let length = ioctl_fionread(stdin)?;
        if length > longest {
            return Ok(Some(StreamState::Open));
        }
        if has_ended() {
            return peek(kind, ioctl_fionread(stdin)?, longest).map(Some);
        }
        if length != seen {
            (seen, since) = (length, Instant::now());
        } else if since.elapsed() >= silence {
            return Ok(Some(StreamState::Endless));
        }
        let is_full = match kind {
            StdinKind::Socket => longest > SOCKET_LIMIT && length > SOCKET_LIMIT / 2,
            _ => is_pipe_full(length)?,
        };
        if is_full {
            return Ok(None);
        }
        poll_one(stdin, PollFlags::RDHUP, Some(LOOK_INTERVAL))?;
    }
}

/// Whether a pipe with so many bytes has no room. It is full when its pages are in use, and each may hold a single byte.
fn is_pipe_full(length: u64) -> io::Result<bool> {
    let (_read, write, _) = tee_all(length)?;
    Ok(poll_one(&write, PollFlags::OUT, Some(Duration::ZERO))?.is_empty())
}

/// Copies what is in a pipe into another one that holds as many pages, if that is allowed. Returns how many bytes found
/// room.
fn tee_all(length: u64) -> io::Result<(OwnedFd, OwnedFd, usize)> {
    let stdin = rustix::stdio::stdin();
    let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let _ = fcntl_setpipe_size(&write, fcntl_getpipe_size(stdin)?);
    let wanted = usize::try_from(length).unwrap_or(usize::MAX);
    match tee(stdin, &write, wanted, SpliceFlags::NONBLOCK) {
        // It is empty.
        Err(Errno::AGAIN) => Ok((read, write, 0)),
        copied => Ok((read, write, copied?)),
    }
}

fn has_ended() -> bool {
    polled(PollFlags::RDHUP).intersects(PollFlags::HUP | PollFlags::RDHUP)
}

fn polled(flags: PollFlags) -> PollFlags {
    let seen = poll_one(rustix::stdio::stdin(), flags, Some(Duration::ZERO));
    seen.unwrap_or(PollFlags::empty())
}

fn peek(kind: StdinKind, length: u64, longest: u64) -> io::Result<StreamState> {
    if length == 0 {
        return Ok(StreamState::Ended);
    }
    let known = |content: Vec<u8>| StreamState::Known { digest: Digest::of(&content), length };
    let content = if length > longest { None } else { content(kind, length)? };
    Ok(content.map_or(StreamState::Open, known))
}

/// The content of a pipe or a socket that has ended, of this length.
fn content(kind: StdinKind, length: u64) -> io::Result<Option<Vec<u8>>> {
    let stdin = rustix::stdio::stdin();
    let wanted = usize::try_from(length).unwrap_or(usize::MAX);
    if kind == StdinKind::Socket {
        let mut content = vec![0; wanted];
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        let (count, _) = recv(stdin, content.as_mut_slice(), flags)?;
        return Ok((count == wanted).then_some(content));
    }
    let (read, _write, copied) = tee_all(length)?;
    if copied < wanted {
        return Ok(None);
    }
    let mut content = vec![0; wanted];
    File::from(read).read_exact(&mut content)?;
    Ok(Some(content))
}

/// The whole content of a pipe, once it has ended; `None` if it may be more than the pipe can hold.
pub(super) fn whole() -> io::Result<Option<Vec<u8>>> {
    let state = match survey_pipe() {
        Some(StreamState::Open) => look_ahead(StdinKind::Pipe, u64::MAX, Duration::MAX)?,
        other => other,
    };
    match state {
        Some(StreamState::Ended) => Ok(Some(Vec::new())),
        Some(StreamState::Known { length, .. }) => content(StdinKind::Pipe, length),
        _ => Ok(None),
    }
}

impl Readiness {
    /// The readiness of standard input now.
    pub fn now(kind: StdinKind) -> Self {
        let seen = polled(PollFlags::IN | PollFlags::RDHUP);
        // A socket that has ended is readable as well.
        let is_waiting = seen.contains(PollFlags::IN)
            && (kind == StdinKind::Pipe
                || ioctl_fionread(rustix::stdio::stdin()).is_ok_and(|bytes| bytes > 0));
        if is_waiting {
            Self::Waiting
        } else if seen.intersects(PollFlags::HUP | PollFlags::RDHUP | PollFlags::ERR) {
            Self::Ended
        } else {
            Self::Silent
        }
    }
}
