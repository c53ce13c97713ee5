//! Looking into a pipe without taking anything, with `tee`.

use super::{PipeState, Stdin};
use std::io;
use std::path::Path;

#[cfg(target_os = "linux")]
pub(super) use linux::{look_ahead, survey, whole};

/// What a pipe shows at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing, and there will be nothing.
    Ended,
    /// Nothing yet.
    Silent,
    /// Something.
    Waiting,
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{Look, Path, PipeState, Stdin, io};
    use crate::key::Digest;
    use crate::stdin::Held;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{OFlags, fcntl_getfl};
    use rustix::io::{Errno, ioctl_fionread};
    use rustix::pipe::{
        PipeFlags, SpliceFlags, fcntl_getpipe_size, fcntl_setpipe_size, pipe_with, tee,
    };
    use std::io::Read;

    /// How often to see whether there is too much.
    const LOOK_AGAIN: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

    pub(in super::super) fn survey() -> Stdin {
        let flags = fcntl_getfl(rustix::stdio::stdin());
        // One that can be written as well: the command may do that, and there is no end.
        if flags.is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::RDWR) {
            return Stdin::Other;
        }
        Stdin::Pipe(if Look::now() == Look::Ended { PipeState::Ended } else { PipeState::Open })
    }

    /// Waits for the end of what is in the pipe and sees what it is; if it is more than `longest`,
    /// nothing is taken and nothing is known. Only what is longer than the pipe has to be read.
    pub(in super::super) fn look_ahead(
        longest: u64,
        directory: Option<&Path>,
    ) -> io::Result<Stdin> {
        let stdin = rustix::stdio::stdin();
        let capacity = fcntl_getpipe_size(stdin)? as u64;
        loop {
            let length = ioctl_fionread(stdin)?;
            if length > longest {
                return Ok(Stdin::Pipe(PipeState::Open));
            }
            if has_ended() {
                return peek(ioctl_fionread(stdin)?, longest);
            }
            // A pipe may be full with less in it than it can hold; half is a fair sign.
            if longest > capacity && length > capacity / 2 {
                return match directory {
                    Some(directory) => Held::read_beyond(longest, directory).map(Stdin::Held),
                    None => Ok(Stdin::Pipe(PipeState::Open)),
                };
            }
            let mut fds = [PollFd::from_borrowed_fd(stdin, PollFlags::empty())];
            match poll(&mut fds, Some(&LOOK_AGAIN)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn has_ended() -> bool {
        let mut fds = [PollFd::from_borrowed_fd(rustix::stdio::stdin(), PollFlags::empty())];
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok()
            && fds[0].revents().contains(PollFlags::HUP)
    }

    fn peek(length: u64, longest: u64) -> io::Result<Stdin> {
        if length == 0 {
            return Ok(Stdin::Pipe(PipeState::Ended));
        }
        Ok(Stdin::Pipe(match content(length)?.filter(|_| length <= longest) {
            Some(content) => PipeState::Known { digest: Digest::of(&content), length },
            None => PipeState::Open,
        }))
    }

    /// What is in a pipe that has ended, so much of it.
    fn content(length: u64) -> io::Result<Option<Vec<u8>>> {
        let stdin = rustix::stdio::stdin();
        let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        fcntl_setpipe_size(&write, fcntl_getpipe_size(stdin)?)?;
        let wanted = usize::try_from(length).unwrap_or(usize::MAX);
        if tee(stdin, &write, wanted, SpliceFlags::NONBLOCK)? < wanted {
            return Ok(None);
        }
        let mut content = vec![0; wanted];
        std::fs::File::from(read).read_exact(&mut content)?;
        Ok(Some(content))
    }

    /// All that a pipe holds, once it has ended; `None` if that may be more than it can hold.
    pub(in super::super) fn whole() -> io::Result<Option<Vec<u8>>> {
        let ended = match survey() {
            Stdin::Pipe(PipeState::Open) => look_ahead(u64::MAX, None)?,
            other => other,
        };
        match ended {
            Stdin::Pipe(PipeState::Ended) => Ok(Some(Vec::new())),
            Stdin::Pipe(PipeState::Known { length, .. }) => content(length),
            _ => Ok(None),
        }
    }

    impl Look {
        /// At the pipe as it is now.
        #[must_use]
        pub fn now() -> Self {
            let mut fds = [PollFd::from_borrowed_fd(rustix::stdio::stdin(), PollFlags::IN)];
            let now = Timespec { tv_sec: 0, tv_nsec: 0 };
            let seen = poll(&mut fds, Some(&now)).map_or(PollFlags::empty(), |_| fds[0].revents());
            if seen.contains(PollFlags::IN) {
                Self::Waiting
            } else if seen.intersects(PollFlags::HUP | PollFlags::ERR) {
                Self::Ended
            } else {
                Self::Silent
            }
        }
    }
}

/// Elsewhere a pipe cannot be looked into.
#[cfg(not(target_os = "linux"))]
pub(super) fn survey() -> Stdin {
    Stdin::Absent
}

#[cfg(not(target_os = "linux"))]
pub(super) fn look_ahead(_: u64, _: Option<&Path>) -> io::Result<Stdin> {
    Ok(Stdin::Pipe(PipeState::Open))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn whole() -> io::Result<Option<Vec<u8>>> {
    Ok(None)
}
