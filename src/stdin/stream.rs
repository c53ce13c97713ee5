//! Looking into a pipe or a socket without taking anything: with `tee`, and with `MSG_PEEK`.

#[cfg(not(target_os = "linux"))]
use crate::entry::StdinKind;
use crate::key::Digest;

#[cfg(target_os = "linux")]
pub(super) use linux::{look_ahead, survey_pipe, survey_socket, wait_for_anything, whole};

/// What a pipe or a socket shows at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Nothing, and there will be nothing.
    Ended,
    /// Nothing yet.
    Silent,
    /// Something.
    Waiting,
}

/// What a pipe or a socket holds, without taking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamState {
    /// Nothing, and there will be nothing.
    Ended,
    /// Something, or nothing yet.
    Open,
    /// The same, and its end did not come while we waited for it.
    Endless,
    /// Just this, whole.
    Known {
        /// Its digest.
        digest: Digest,
        /// Its length in bytes.
        length: u64,
    },
}

/// What comes through a socket counts up to this length: that much can be looked at without taking it.
pub const SOCKET_LIMIT: u64 = 64 << 10;

#[cfg(target_os = "linux")]
mod linux {
    use super::{Readiness, SOCKET_LIMIT, StreamState};
    use crate::entry::StdinKind;
    use crate::key::Digest;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{OFlags, fcntl_getfl};
    use rustix::io::{Errno, ioctl_fionread};
    use rustix::net::{AddressFamily, RecvFlags, SocketType, recv, sockopt};
    use rustix::pipe::{
        PipeFlags, SpliceFlags, fcntl_getpipe_size, fcntl_setpipe_size, pipe_with, tee,
    };
    use std::io::{self, Read};
    use std::os::unix::net::UnixStream;
    use std::time::{Duration, Instant};

    /// How often to see whether there is more.
    const LOOK_AGAIN: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

    pub(in super::super) fn survey_pipe() -> Option<StreamState> {
        let flags = fcntl_getfl(rustix::stdio::stdin());
        // One that can be written as well: the command may do that, and there is no end.
        if flags.is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::RDWR) {
            return None;
        }
        Some(survey(StdinKind::Pipe))
    }

    /// Where a socket has a name the command may look who is at the other end; so it gets that very
    /// socket.
    pub(in super::super) fn survey_socket() -> Option<StreamState> {
        let stdin = rustix::stdio::stdin();
        let is_nameless_stream = || {
            let is_local = sockopt::socket_domain(stdin).ok()? == AddressFamily::UNIX;
            let is_stream = sockopt::socket_type(stdin).ok()? == SocketType::STREAM;
            let socket = UnixStream::from(rustix::io::fcntl_dupfd_cloexec(stdin, 3).ok()?);
            let is_nameless = is_local
                && socket.local_addr().ok()?.is_unnamed()
                && socket.peer_addr().ok()?.is_unnamed();
            Some(is_stream && is_nameless)
        };
        (is_nameless_stream() == Some(true)).then(|| survey(StdinKind::Socket))
    }

    fn survey(kind: StdinKind) -> StreamState {
        let has_ended = Readiness::now(kind) == Readiness::Ended;
        if has_ended { StreamState::Ended } else { StreamState::Open }
    }

    /// Waits for data or the end, but no longer than that.
    pub(in super::super) fn wait_for_anything(timeout: Duration) {
        let flags = PollFlags::IN | PollFlags::RDHUP;
        let mut fds = [PollFd::from_borrowed_fd(rustix::stdio::stdin(), flags)];
        let _ = poll(&mut fds, Timespec::try_from(timeout).ok().as_ref());
    }

    /// Waits for the end of what is there and sees what it is. If it is more than `longest`, or nothing
    /// has come for so long, nothing is known. Only what is longer than a pipe has to be read.
    pub(in super::super) fn look_ahead(
        kind: StdinKind,
        longest: u64,
        silence: Duration,
    ) -> io::Result<Option<StreamState>> {
        let stdin = rustix::stdio::stdin();
        let capacity = capacity(kind)?;
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
            // A pipe may be full with less in it than it can hold; half is a fair sign.
            if longest > capacity && length > capacity / 2 {
                return Ok(None);
            }
            let mut fds = [PollFd::from_borrowed_fd(stdin, PollFlags::RDHUP)];
            match poll(&mut fds, Some(&LOOK_AGAIN)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn capacity(kind: StdinKind) -> io::Result<u64> {
        Ok(match kind {
            StdinKind::Pipe => fcntl_getpipe_size(rustix::stdio::stdin())? as u64,
            _ => SOCKET_LIMIT,
        })
    }

    fn has_ended() -> bool {
        polled(PollFlags::RDHUP).intersects(PollFlags::HUP | PollFlags::RDHUP)
    }

    fn polled(flags: PollFlags) -> PollFlags {
        let mut fds = [PollFd::from_borrowed_fd(rustix::stdio::stdin(), flags)];
        poll(&mut fds, Some(&AT_ONCE)).map_or(PollFlags::empty(), |_| fds[0].revents())
    }

    fn peek(kind: StdinKind, length: u64, longest: u64) -> io::Result<StreamState> {
        if length == 0 {
            return Ok(StreamState::Ended);
        }
        let known = |content: Vec<u8>| StreamState::Known { digest: Digest::of(&content), length };
        let content = if length > longest { None } else { content(kind, length)? };
        Ok(content.map_or(StreamState::Open, known))
    }

    /// What is in a pipe or a socket that has ended, so much of it.
    fn content(kind: StdinKind, length: u64) -> io::Result<Option<Vec<u8>>> {
        let stdin = rustix::stdio::stdin();
        let wanted = usize::try_from(length).unwrap_or(usize::MAX);
        if kind == StdinKind::Socket {
            let mut content = vec![0; wanted];
            let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
            let (count, _) = recv(stdin, content.as_mut_slice(), flags)?;
            return Ok((count == wanted).then_some(content));
        }
        let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        // Without room for all of it, it is not known.
        let _ = fcntl_setpipe_size(&write, fcntl_getpipe_size(stdin)?);
        if tee(stdin, &write, wanted, SpliceFlags::NONBLOCK)? < wanted {
            return Ok(None);
        }
        let mut content = vec![0; wanted];
        std::fs::File::from(read).read_exact(&mut content)?;
        Ok(Some(content))
    }

    /// All that a pipe holds, once it has ended; `None` if that may be more than it can hold.
    pub(in super::super) fn whole() -> io::Result<Option<Vec<u8>>> {
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
        /// At standard input as it is now.
        #[must_use]
        pub fn now(kind: StdinKind) -> Self {
            let seen = polled(PollFlags::IN | PollFlags::RDHUP);
            // A socket that has ended can be read from as well.
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
}

/// Elsewhere nothing can be looked into.
#[cfg(not(target_os = "linux"))]
pub(super) fn survey_socket() -> Option<StreamState> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(super) fn wait_for_anything(_: std::time::Duration) {}

#[cfg(not(target_os = "linux"))]
pub(super) fn look_ahead(
    _: StdinKind,
    _: u64,
    _: std::time::Duration,
) -> std::io::Result<Option<StreamState>> {
    Ok(Some(StreamState::Open))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn whole() -> std::io::Result<Option<Vec<u8>>> {
    Ok(None)
}

#[cfg(not(target_os = "linux"))]
impl Readiness {
    /// What cannot be looked at may hold something.
    #[must_use]
    pub fn now(_: StdinKind) -> Self {
        Self::Waiting
    }
}
