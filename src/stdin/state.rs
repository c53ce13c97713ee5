//! Where standard input stands, and which stored results hold for it.

use super::buffered::Buffered;
use super::file::OpenFile;
use super::reading::take;
use super::stream::{self, Readiness, StreamState};
use crate::entry::{Condition, Entry, StdinKind};
use crate::inherited;
use crate::terminal::is_null_device;
use rustix::fs::{FileType, SeekFrom, fstat, seek};
use std::io;
use std::path::Path;
use std::time::Duration;

/// How long an input has to be silent until we no longer wait for its end.
const SILENCE: Duration = Duration::from_secs(1);

/// How long a caller may take to end our input.
const MOMENT: Duration = Duration::from_millis(10);

/// Where standard input stands.
#[derive(Debug)]
pub enum Stdin {
    /// There is none: the null device, a terminal, or left alone on request.
    Absent,
    /// It is closed.
    Closed,
    /// It was read.
    Buffered(Buffered),
    /// A pipe or a socket that can be looked into.
    Stream(StdinKind, StreamState),
    /// A regular file.
    File(OpenFile),
    /// Something else: the command gets it as it is, and nobody sees what it takes.
    Other,
}

impl Stdin {
    /// Whether it was closed when this process started.
    #[must_use]
    pub fn is_closed() -> bool {
        inherited::is_closed(rustix::stdio::stdin())
    }

    /// Looks at standard input without taking anything.
    #[must_use]
    pub fn survey() -> Self {
        if Self::is_closed() { Self::Closed } else { Self::survey_open() }
    }

    /// The same where it is known to be open.
    pub(super) fn survey_open() -> Self {
        let fd = rustix::stdio::stdin();
        let Ok(stat) = fstat(fd) else { return Self::Closed };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => OpenFile::now().map_or(Self::Other, Self::File),
            #[cfg(not(target_os = "linux"))]
            FileType::Fifo => Self::Absent,
            #[cfg(target_os = "linux")]
            FileType::Fifo => Self::of_stream(StdinKind::Pipe, stream::survey_pipe()),
            FileType::Socket => Self::of_stream(StdinKind::Socket, stream::survey_socket()),
            FileType::CharacterDevice if rustix::termios::isatty(fd) || is_null_device(&stat) => {
                Self::Absent
            }
            _ => Self::Other,
        }
    }

    fn of_stream(kind: StdinKind, state: Option<StreamState>) -> Self {
        state.map_or(Self::Other, |state| Self::Stream(kind, state))
    }

    /// Sees what a pipe or a socket holds, whole, where one of these entries was stored for a
    /// content: waits for its end, unless there is more already than any of them was stored for, or
    /// nothing comes for a while. What is longer than the pipe is read into `directory`; without one
    /// it is not looked at.
    ///
    /// # Errors
    /// When the pipe has to be read for that and cannot be.
    pub fn look_ahead(self, fresh: &[Entry], directory: Option<&Path>) -> io::Result<Self> {
        match self.longest_wanted(fresh) {
            Some((kind, longest)) => see_whole(kind, longest, directory, SILENCE),
            None => Ok(self.after_a_moment(fresh)),
        }
    }

    /// The same a moment later where nothing has come yet: many callers end the input just after they
    /// started us. It waits only if none of these entries holds for a silent input.
    fn after_a_moment(self, fresh: &[Entry]) -> Self {
        let Self::Stream(kind, StreamState::Open) = self else { return self };
        let holds = |it: &Entry| {
            [Condition::StdinUnread, Condition::StdinSilent(kind)].contains(&it.condition)
        };
        if fresh.iter().any(holds) || Readiness::now(kind) != Readiness::Silent {
            return self;
        }
        stream::wait_for_anything(MOMENT);
        let has_ended = Readiness::now(kind) == Readiness::Ended;
        Self::Stream(kind, if has_ended { StreamState::Ended } else { StreamState::Open })
    }

    /// The same without waiting or taking anything: sees what it holds only if it has ended.
    ///
    /// # Errors
    /// As the system.
    pub fn look_at_once(self, fresh: &[Entry]) -> io::Result<Self> {
        match self.longest_wanted(fresh) {
            Some((kind, longest)) => see_whole(kind, longest, None, Duration::ZERO),
            None => Ok(self),
        }
    }

    /// How much there can be of a content that one of these entries was stored for, if it pays to look
    /// for that.
    fn longest_wanted(&self, fresh: &[Entry]) -> Option<(StdinKind, u64)> {
        let Self::Stream(kind, StreamState::Open) = self else { return None };
        if fresh.iter().any(|entry| entry.condition == Condition::StdinUnread) {
            return None;
        }
        let lengths = fresh.iter().filter_map(|entry| match entry.condition {
            Condition::Stdin { kind: of, length, .. } if of == *kind => Some(length),
            _ => None,
        });
        Some((*kind, lengths.max()?))
    }

    /// What was read of it, if it was.
    #[must_use]
    pub fn into_buffered(self) -> Option<Buffered> {
        match self {
            Self::Buffered(held) => Some(held),
            _ => None,
        }
    }

    /// Whether knowing what it holds may take longer than a look-up.
    #[must_use]
    pub fn may_take_long(&self) -> bool {
        matches!(self, Self::Stream(_, StreamState::Open) | Self::File(_))
    }

    /// Whether what it holds may still come from the very run that one would wait for, as in
    /// `cachex cat | cachex cat`, or from somebody who waits for what our command says.
    #[must_use]
    pub fn may_depend_on_others(&self) -> bool {
        matches!(
            self,
            Self::Stream(_, StreamState::Open | StreamState::Endless)
                | Self::Buffered(Buffered { condition: None, .. })
                | Self::Other
        )
    }

    /// Whether it can be told what a result holds for because of it.
    #[must_use]
    pub fn can_be_told(&self) -> bool {
        match self {
            Self::Other | Self::Buffered(Buffered { condition: None, .. }) => false,
            Self::File(file) => file.condition(0).is_some(),
            _ => true,
        }
    }

    /// Whether it may turn out to be what one of these entries was stored for, when it is read.
    #[must_use]
    pub fn may_be_of(&self, entries: &[Entry]) -> bool {
        let Self::Stream(kind, StreamState::Open) = self else { return false };
        let waiting = rustix::io::ioctl_fionread(rustix::stdio::stdin()).unwrap_or(0);
        entries.iter().any(|entry| match entry.condition {
            // What a command made of the content has no length.
            Condition::Stdin { kind: of, length, .. } => {
                of == *kind && (length == 0 || length >= waiting)
            }
            _ => false,
        })
    }

    /// Which of the stored conditions hold for it.
    pub fn holds(&self, variants: &[Entry]) -> impl Fn(Condition) -> bool + use<> {
        let now = self.condition(variants);
        let may_be_unread = !matches!(self, Self::File(_) | Self::Closed | Self::Other);
        move |stored| {
            stored == Condition::StdinUnread && may_be_unread
                || now.is_some_and(|now| now.is_same_input(stored))
        }
    }

    /// What it is now, as far as that matters for these entries.
    fn condition(&self, variants: &[Entry]) -> Option<Condition> {
        let any = |matters: fn(Condition) -> bool| variants.iter().any(|it| matters(it.condition));
        match self {
            Self::Absent => Some(Condition::StdinAbsent),
            Self::Closed => Some(Condition::StdinClosed),
            Self::Stream(kind, StreamState::Ended) => Some(Condition::StdinEmpty(*kind)),
            Self::Stream(kind, StreamState::Known { digest, length }) => {
                Some(Condition::Stdin { kind: *kind, digest: *digest, length: *length })
            }
            // A command that is known to read would wait for what comes.
            Self::Stream(kind, StreamState::Open)
                if !any(Condition::shows_a_reader)
                    && Readiness::now(*kind) == Readiness::Silent =>
            {
                Some(Condition::StdinSilent(*kind))
            }
            Self::Buffered(held) => held.condition,
            Self::File(file) if any(|it| matches!(it, Condition::StdinFile { .. })) => {
                file.condition(0)
            }
            Self::Stream(..) | Self::File(_) | Self::Other => None,
        }
    }

    /// Whether a condition that held a moment ago still holds: an input may be silent no more.
    #[must_use]
    pub fn is_still(&self, condition: Condition) -> bool {
        match condition {
            Condition::StdinSilent(kind) => Readiness::now(kind) == Readiness::Silent,
            _ => true,
        }
    }

    /// Takes what the command took when this condition was recorded.
    pub fn take(&self, condition: Condition) {
        match (self, condition) {
            (Self::File(_), Condition::StdinFile { moved, .. }) => {
                let _ = seek(rustix::stdio::stdin(), SeekFrom::Current(moved));
            }
            (Self::Stream(_, StreamState::Known { length, .. }), Condition::Stdin { .. }) => {
                let _ = take(*length, &mut io::sink());
            }
            _ => {}
        }
    }
}

/// Waits for the end of a pipe or a socket and sees what it holds. Only what is longer than a pipe has to be read.
fn see_whole(
    kind: StdinKind,
    longest: u64,
    directory: Option<&Path>,
    silence: Duration,
) -> io::Result<Stdin> {
    Ok(match (stream::look_ahead(kind, longest, silence)?, directory) {
        (Some(state), _) => Stdin::Stream(kind, state),
        (None, Some(directory)) if kind == StdinKind::Pipe => {
            Stdin::Buffered(Buffered::read_beyond(longest, directory, Some(silence))?)
        }
        (None, _) => Stdin::Stream(kind, StreamState::Open),
    })
}
