//! The file systems that paths lie on: whether a change of a file there moves its change time, and whether there are
//! files at all, or the kernel tells of itself.

use super::path_state::Facts;
use crate::key::FileStamp;
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::collections::HashMap;
use std::os::fd::OwnedFd;

/// A kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux can trace"))]
pub(super) enum Filesystem {
    /// A disk or memory of this machine, whose change times can be trusted.
    Local,
    /// An overlay, as in a container: as good as what is below, which cannot be told.
    Overlay,
    /// `/proc`.
    Process,
    /// `/sys` and its like.
    Kernel,
    /// Any other: of the network, of a process, without change times.
    Other,
}

/// The file systems of a run by their devices: each is asked once.
#[derive(Debug, Default)]
pub(super) struct Filesystems(HashMap<u64, Filesystem>);

impl Filesystems {
    /// The file system of what was found at this absolute path.
    pub(super) fn of(&mut self, path: &[u8], follow: bool, facts: &Facts) -> Filesystem {
        let known = self.0.entry(facts.stamp.device);
        *known.or_insert_with(|| open(path, follow).map_or(Filesystem::Other, Filesystem::of_open))
    }
}

fn open(path: &[u8], follow: bool) -> Option<OwnedFd> {
    #[cfg(target_os = "linux")]
    let how = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    let how = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let link = if follow { OFlags::empty() } else { OFlags::NOFOLLOW };
    openat(CWD, path, how | link | OFlags::CLOEXEC, Mode::empty()).ok()
}

impl Filesystem {
    fn of_open(file: OwnedFd) -> Self {
        if FileStamp::is_kept_for(&file) {
            return Self::Local;
        }
        Self::of_unknown(file)
    }

    #[cfg(target_os = "linux")]
    fn of_unknown(file: OwnedFd) -> Self {
        const PROC: u64 = 0x9fa0;
        const OVERLAY: u64 = 0x794c_7630;
        const SYSFS: u64 = 0x6265_6572;
        const CGROUP: u64 = 0x27_e0eb;
        const CGROUP2: u64 = 0x6367_7270;
        const DEVPTS: u64 = 0x1cd1;
        const DEBUGFS: u64 = 0x6462_6720;
        const TRACEFS: u64 = 0x7472_6163;
        const SECURITYFS: u64 = 0x7363_6673;
        const BPF: u64 = 0xcafe_4a11;
        let Ok(system) = rustix::fs::fstatfs(file) else { return Self::Other };
        #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast, reason = "it varies by platform")]
        match system.f_type as u64 & 0xffff_ffff {
            PROC => Self::Process,
            OVERLAY => Self::Overlay,
            SYSFS | CGROUP | CGROUP2 | DEVPTS | DEBUGFS | TRACEFS | SECURITYFS | BPF => {
                Self::Kernel
            }
            _ => Self::Other,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of_unknown(_: OwnedFd) -> Self {
        Self::Other
    }

    /// Whether a change of a file moves its change time, as far as one run goes.
    pub(super) fn keeps_times(self) -> bool {
        matches!(self, Self::Local | Self::Overlay)
    }

    /// Whether a stamp of a file there stands for its content later on.
    pub(super) fn vouches_later(self, is_in_project: bool) -> bool {
        self == Self::Local || self == Self::Overlay && !is_in_project
    }
}

/// Which device a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux can trace"))]
pub(super) enum DeviceKind {
    /// `/dev/null` and its like: always the same, or random.
    Memory,
    /// A terminal.
    Terminal,
    /// Another device, a FIFO or a socket.
    Other,
}

impl DeviceKind {
    /// The device that was found; `None` for files, directories and links.
    pub(super) fn of(facts: &Facts) -> Option<Self> {
        use rustix::fs::FileType;
        match facts.kind() {
            FileType::RegularFile | FileType::Directory | FileType::Symlink => None,
            FileType::CharacterDevice => Some(Self::of_characters(facts.device_number)),
            _ => Some(Self::Other),
        }
    }

    #[cfg(target_os = "linux")]
    fn of_characters(number: u64) -> Self {
        match rustix::fs::major(number) {
            1 => Self::Memory,
            4 | 5 | 136..=143 => Self::Terminal,
            _ => Self::Other,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of_characters(_: u64) -> Self {
        Self::Other
    }
}
