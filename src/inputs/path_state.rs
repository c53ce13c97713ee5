//! What is found at a path without opening it. Only `at` asks the system.

use super::look::{Look, Looks};
use crate::key::{FileStamp, TraceTimes};
#[cfg(target_os = "linux")]
use crate::opening::open_to_read;
use rustix::fs::{AtFlags, FileType, Stat, statat};
#[cfg(target_os = "linux")]
use rustix::fs::{OFlags, major, minor};
use rustix::io::Errno;
use std::os::fd::AsFd;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;

/// What is found at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathState {
    /// Nothing.
    Absent,
    /// An error: a directory of it is none, or may not be entered.
    Refused(i32),
    /// Something.
    Found(Facts),
}

/// What is known of a file, directory or link without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) stamp: FileStamp,
    /// Its kind and permissions.
    pub(super) mode: u32,
    pub(super) owner: u32,
    pub(super) group: u32,
    /// Which device it is, if it is one.
    pub(super) device_number: u64,
}

impl PathState {
    /// Nothing either: a directory of the path is a file.
    pub(super) const BELOW_A_FILE: Self = Self::Refused(Errno::NOTDIR.raw_os_error());

    /// The name of the terminal is there, but this session has none.
    pub(super) const NO_TERMINAL: Self = Self::Refused(Errno::NXIO.raw_os_error());

    /// What is found now.
    pub(super) fn at(directory: impl AsFd, path: &[u8], follow: bool) -> Self {
        let flags = if follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
        match statat(&directory, path, flags) {
            Ok(stat) if leads_to_no_terminal(directory, path, &stat) => Self::NO_TERMINAL,
            Ok(stat) => Self::Found(Facts::of(&stat)),
            Err(Errno::NOENT) => Self::Absent,
            Err(error) => Self::Refused(error.raw_os_error()),
        }
    }

    /// The facts, of what is there.
    pub(super) fn found(&self) -> Option<&Facts> {
        match self {
            Self::Found(facts) => Some(facts),
            Self::Absent | Self::Refused(_) => None,
        }
    }

    pub(super) fn is_directory(&self) -> bool {
        self.found().is_some_and(Facts::is_directory)
    }

    /// Whether both give the same answers, but for content, listing and target.
    pub(super) fn answers_as(&self, other: &Self, looks: Looks, times: TraceTimes) -> bool {
        let (Self::Found(one), Self::Found(other)) = (self, other) else { return self == other };
        let times_of = |facts: &Facts| match times {
            TraceTimes::Exact => facts.stamp.modified,
            TraceTimes::Ignore => 0,
        };
        let sized = |facts: &Facts| (facts.stamp.size, times_of(facts));
        let is_same =
            |a: &Facts, b: &Facts| (a.mode, a.owner, a.group) == (b.mode, b.owner, b.group);
        let changed =
            |facts: &Facts| facts.shows_change(looks, times).then_some(facts.stamp.changed);
        is_same(one, other)
            && changed(one) == changed(other)
            && (!looks.contains(Look::Stat) || !one.has_size() || sized(one) == sized(other))
    }
}

impl Facts {
    /// Whether these looks show the change time.
    pub(super) fn shows_change(&self, looks: Looks, times: TraceTimes) -> bool {
        looks.contains(Look::Attributes) && self.has_size() && times == TraceTimes::Exact
    }

    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        reason = "field types vary by platform"
    )]
    pub(super) fn of(stat: &Stat) -> Self {
        Self {
            stamp: FileStamp::of(stat),
            mode: stat.st_mode as u32,
            owner: stat.st_uid,
            group: stat.st_gid,
            device_number: stat.st_rdev as u64,
        }
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::useless_conversion,
        reason = "the type varies by platform"
    )]
    pub(super) fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.mode as rustix::fs::RawMode)
    }

    /// Its device and inode, which are the same under all its names.
    pub(super) fn file(&self) -> (u64, u64) {
        (self.stamp.device, self.stamp.inode)
    }

    pub(super) fn is_directory(&self) -> bool {
        self.kind() == FileType::Directory
    }

    pub(super) fn is_link(&self) -> bool {
        self.kind() == FileType::Symlink
    }

    pub(super) fn is_file(&self) -> bool {
        self.kind() == FileType::RegularFile
    }

    /// Whether its size and modification time are answers: those of directories and devices are nothing that a program
    /// depends on.
    pub(super) fn has_size(&self) -> bool {
        self.is_file() || self.is_link()
    }

    /// The look that shows what is in it.
    pub(super) fn body_look(&self) -> Option<Look> {
        match self.kind() {
            FileType::RegularFile => Some(Look::Content),
            FileType::Directory => Some(Look::Listing),
            FileType::Symlink => Some(Look::Link),
            _ => None,
        }
    }

    /// Whether these looks ask what is in it.
    pub(super) fn shows_body(&self, looks: Looks) -> bool {
        self.body_look().is_some_and(|look| looks.contains(look))
    }
}

/// Whether this is `/dev/tty` in a session without a terminal: only opening it tells.
#[cfg(target_os = "linux")]
fn leads_to_no_terminal(directory: impl AsFd, path: &[u8], stat: &Stat) -> bool {
    let opened = || open_to_read::<OwnedFd>(directory, path, OFlags::empty());
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && (major(stat.st_rdev), minor(stat.st_rdev)) == (5, 0)
        && opened().err() == Some(Errno::NXIO)
}

#[cfg(not(target_os = "linux"))]
fn leads_to_no_terminal(_: impl AsFd, _: &[u8], _: &Stat) -> bool {
    false
}
