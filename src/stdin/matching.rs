//! Which stored results hold for standard input.

use super::state::Stdin;
use super::stream::{Readiness, StreamState};
use crate::entry::{Condition, Entry, StdinKind};

impl Stdin {
    /// Returns a function that tells which conditions of these entries hold for it.
    pub fn holds(&self, variants: &[Entry]) -> impl Fn(Condition) -> bool + use<> {
        let now = self.condition(variants);
        let may_be_unread = !matches!(self, Self::File(_) | Self::Closed | Self::Other);
        let is_closed = matches!(self, Self::Closed);
        move |stored| {
            stored == Condition::StdinUnread && may_be_unread
                || stored == Condition::StdinUntouched && !is_closed
                || now.is_some_and(|now| now.is_same_input(stored))
        }
    }

    /// The condition that it satisfies now, if it can be known and matters to these entries.
    fn condition(&self, variants: &[Entry]) -> Option<Condition> {
        let any = |matters: fn(Condition) -> bool| variants.iter().any(|it| matters(it.condition));
        match self {
            Self::Absent => Some(Condition::StdinAbsent),
            Self::Closed => Some(Condition::StdinClosed),
            Self::Stream(kind, StreamState::Ended) => Some(Condition::StdinEmpty(*kind)),
            Self::Stream(kind, StreamState::Known { digest, length }) => {
                Some(Condition::Stdin { kind: *kind, digest: *digest, length: *length })
            }
            Self::Stream(kind, StreamState::Open) => match Readiness::now(*kind) {
                Readiness::Ended => Some(Condition::StdinEmpty(*kind)),
                // A command that is known to read would wait for the input.
                Readiness::Silent if !any(Condition::shows_a_reader) => {
                    Some(Condition::StdinSilent(*kind))
                }
                _ => None,
            },
            Self::Buffered(buffered) => buffered.condition,
            Self::File(file) if any(|it| matches!(it, Condition::StdinFile { .. })) => {
                file.condition(0)
            }
            Self::Stream(..) | Self::File(_) | Self::Other => None,
        }
    }

    /// The condition that it satisfies now, as far as it is known.
    pub fn condition_now(&self) -> Option<Condition> {
        self.condition(&[])
    }

    /// Whether a condition that held a moment ago still holds: input may have come.
    pub fn is_still(&self, condition: Condition) -> bool {
        match condition {
            Condition::StdinSilent(kind) => Readiness::now(kind) == Readiness::Silent,
            _ => true,
        }
    }

    /// Whether one of these entries may hold for it once it is read.
    pub fn may_match_once_read(&self, entries: &[Entry]) -> bool {
        let Self::Stream(kind, StreamState::Open) = self else { return false };
        let waiting = rustix::io::ioctl_fionread(rustix::stdio::stdin()).unwrap_or(0);
        entries.iter().any(|entry| match entry.condition {
            // The output of a `--hash-with` command has no length.
            Condition::Stdin { kind: of, length, .. } => {
                of == *kind && (length == 0 || length >= waiting)
            }
            _ => false,
        })
    }

    /// The length of the longest content that one of these entries was stored for, if it is worth waiting for.
    pub(super) fn longest_wanted(&self, fresh: &[Entry]) -> Option<(StdinKind, u64)> {
        let Self::Stream(kind, StreamState::Open) = self else { return None };
        if fresh.iter().any(|entry| entry.condition.ignores_streams()) {
            return None;
        }
        let lengths = fresh.iter().filter_map(|entry| match entry.condition {
            Condition::Stdin { kind: of, length, .. } if of == *kind => Some(length),
            _ => None,
        });
        Some((*kind, lengths.max()?))
    }
}
