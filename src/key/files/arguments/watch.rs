//! Watches FIFOs, sockets and devices while the command runs. The key does not hold the data that comes from them.

use std::path::{Path, PathBuf};

/// Paths that are watched.
#[derive(Debug)]
pub(super) struct UseWatch {
    /// The first path, for a message.
    first: PathBuf,
    #[cfg(target_os = "linux")]
    events: Option<std::os::fd::OwnedFd>,
}

impl UseWatch {
    /// Watches these paths from now on.
    pub(super) fn begin(paths: &[&Path]) -> Self {
        let first = paths.first().map(|path| (*path).to_owned()).unwrap_or_default();
        Self {
            first,
            #[cfg(target_os = "linux")]
            events: begin(paths).ok(),
        }
    }

    /// A path that may have been used since.
    #[cfg(target_os = "linux")]
    pub(super) fn used(&self) -> Option<PathBuf> {
        let is_silent = self
            .events
            .as_ref()
            .is_some_and(|events| rustix::io::ioctl_fionread(events).is_ok_and(|bytes| bytes == 0));
        (!is_silent).then(|| self.first.clone())
    }

    /// This system cannot watch paths, so any of them may have been used.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn used(&self) -> Option<PathBuf> {
        Some(self.first.clone())
    }
}

#[cfg(target_os = "linux")]
fn begin(paths: &[&Path]) -> rustix::io::Result<std::os::fd::OwnedFd> {
    use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
    let events = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    for path in paths {
        add_watch(&events, *path, WatchFlags::OPEN | WatchFlags::ACCESS | WatchFlags::MODIFY)?;
    }
    Ok(events)
}
