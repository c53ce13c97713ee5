//! Waiting for the content of a pipe or a socket before it is known whether the command runs.

use super::buffered::Buffered;
use super::peek;
use super::state::Stdin;
use super::stream::{Readiness, StreamState};
use crate::entry::{Condition, Entry, StdinKind};
use std::io;
use std::path::Path;
use std::time::Duration;

/// After a silence of this length cachex no longer waits for the end of an input.
const SILENCE_LIMIT: Duration = Duration::from_secs(1);

/// How long a caller may take to end our input after it has started us.
const START_GRACE: Duration = Duration::from_millis(10);

impl Stdin {
    /// Learns the whole content of a pipe or a socket, if one of these entries was stored for a content. It waits for the
    /// end, and gives up when the content is longer than any of theirs, or when nothing comes for a while. What
    /// does not fit into the pipe is read into a file in `directory`, or stays there if there is no directory.
    ///
    /// # Errors
    /// When the pipe has to be read and cannot be.
    pub fn look_ahead<'d>(
        self,
        fresh: &[Entry],
        directory: impl FnOnce() -> Option<&'d Path>,
    ) -> io::Result<Self> {
        match self.longest_wanted(fresh) {
            Some((kind, longest)) => see_whole(kind, longest, directory, SILENCE_LIMIT),
            None => Ok(self.after_start_grace(fresh)),
        }
    }

    /// Like [`look_ahead`](Self::look_ahead), but the caller says up to which length a content is of use. For 0 it waits no
    /// longer than a moment.
    ///
    /// # Errors
    /// When the pipe has to be read and cannot be.
    pub fn look_ahead_to<'d>(
        self,
        longest: u64,
        directory: impl FnOnce() -> Option<&'d Path>,
    ) -> io::Result<Self> {
        match self {
            Self::Stream(kind, StreamState::Open) if longest > 0 => {
                see_whole(kind, longest, directory, SILENCE_LIMIT)
            }
            other => Ok(other.after_start_grace(&[])),
        }
    }

    /// Like [`look_ahead`](Self::look_ahead), but neither waits nor takes anything: the content is known only if the
    /// input has ended.
    ///
    /// # Errors
    /// When a system call fails.
    pub fn look_at_once(self, fresh: &[Entry]) -> io::Result<Self> {
        match self.longest_wanted(fresh) {
            Some((kind, longest)) => see_whole(kind, longest, || None, Duration::ZERO),
            None => Ok(self),
        }
    }

    /// Gives a silent input a moment to end, unless one of these entries holds for it anyway: many callers end the input
    /// just after they have started us.
    fn after_start_grace(self, fresh: &[Entry]) -> Self {
        let Self::Stream(kind, StreamState::Open) = self else { return self };
        let holds = |it: &Entry| {
            it.condition.ignores_streams() || it.condition == Condition::StdinSilent(kind)
        };
        if fresh.iter().any(holds) {
            return self;
        }
        if Readiness::now(kind) == Readiness::Silent {
            peek::wait_for_anything(START_GRACE);
        }
        let has_ended = Readiness::now(kind) == Readiness::Ended;
        Self::Stream(kind, if has_ended { StreamState::Ended } else { StreamState::Open })
    }
}

/// Waits for the end of the input and looks at the content before it. The content is read only if it does not fit into
/// the pipe.
fn see_whole<'d>(
    kind: StdinKind,
    longest: u64,
    directory: impl FnOnce() -> Option<&'d Path>,
    silence: Duration,
) -> io::Result<Stdin> {
    if let Some(state) = peek::look_ahead(kind, longest, silence)? {
        return Ok(Stdin::Stream(kind, state));
    }
    match directory().filter(|_| kind == StdinKind::Pipe) {
        Some(directory) => {
            Buffered::read_beyond(longest, directory, Some(silence)).map(Stdin::Buffered)
        }
        None => Ok(Stdin::Stream(kind, StreamState::Open)),
    }
}
