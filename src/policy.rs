//! May this be replayed, may this be kept: pure decisions.

use crate::entry::{Condition, Entry};
use crate::exit::{Exit, ExitCodes};
use crate::time::{Lifetime, Timestamp, brief};
use std::fmt;
use std::time::Duration;

/// What the call that asks thinks of time and of failures.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `--ttl`.
    pub ttl: Lifetime,
    /// `--failure-ttl`; zero discards failures.
    pub failure_ttl: Lifetime,
    /// `--cache-exit`.
    pub success: ExitCodes,
    /// `--refresh`.
    pub refresh: bool,
}

/// What to do with a call.
#[derive(Debug)]
pub enum Verdict {
    /// Replay this entry, of this age.
    Replay(Box<Entry>, Duration),
    /// Run the command.
    Execute(MissReason),
}

/// Why a command has to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissReason {
    /// `--refresh`.
    Refresh,
    /// Nothing is stored under this key.
    Absent,
    /// Something is stored, for another standard input.
    OtherStdin,
    /// What is stored expired so long ago.
    Expired(Duration),
    /// What is stored comes from the future: the clock was set back.
    FromTheFuture,
    /// What is stored is damaged.
    Damaged,
    /// What is stored cannot be read now.
    Unreadable,
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refresh => f.write_str("asked to refresh"),
            Self::Absent => f.write_str("nothing stored for this call"),
            Self::OtherStdin => f.write_str("stored for another standard input only"),
            Self::Expired(ago) => write!(f, "expired {} ago", brief(*ago)),
            Self::FromTheFuture => f.write_str("stored in the future, by the clock of today"),
            Self::Damaged => f.write_str("the stored entry is damaged"),
            Self::Unreadable => f.write_str("the stored entry cannot be read"),
        }
    }
}

/// Why a result is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discarded {
    /// A signal killed it.
    Killed(i32),
    /// 126 and 127 say that something could not be started; that may change at any time.
    NotStarted(u8),
    /// It failed, and failures are not to be kept.
    Failure(u8),
}

impl fmt::Display for Discarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed(signal) => write!(f, "killed by signal {signal}"),
            Self::NotStarted(code) => write!(f, "exit code {code}: something could not be started"),
            Self::Failure(code) => write!(f, "exit code {code}, and failures are discarded"),
        }
    }
}

impl Policy {
    /// How long a result with this ending is replayed.
    #[must_use]
    pub fn lifetime(&self, exit: Exit) -> Lifetime {
        match exit {
            Exit::Code(code) if self.success.contain(code) => self.ttl,
            _ => self.failure_ttl.min(self.ttl),
        }
    }

    /// Chooses among the entries of a key for a standard input that satisfies `condition_holds`.
    /// What ended since the call `asked` answers it whatever its policy: it was run for others that
    /// asked the same.
    #[must_use]
    pub fn admit(
        &self,
        variants: Vec<Entry>,
        condition_holds: impl Fn(Condition) -> bool,
        asked: Timestamp,
        now: Timestamp,
    ) -> Verdict {
        let mut reason =
            if variants.is_empty() { MissReason::Absent } else { MissReason::OtherStdin };
        for entry in variants.into_iter().filter(|entry| condition_holds(entry.condition)) {
            let fresh = match entry.created.age_at(now) {
                Some(age) if entry.created > asked => Ok(age),
                _ if self.refresh => Err(MissReason::Refresh),
                _ => self.freshness(entry.exit, entry.created, now),
            };
            match fresh {
                Ok(age) => return Verdict::Replay(Box::new(entry), age),
                Err(expired) => reason = expired,
            }
        }
        if self.refresh {
            reason = MissReason::Refresh;
        }
        Verdict::Execute(reason)
    }

    /// Those of the entries that may be replayed.
    #[must_use]
    pub fn fresh(&self, variants: &[Entry], now: Timestamp) -> Vec<Entry> {
        let is_fresh = |entry: &&Entry| {
            !self.refresh && self.freshness(entry.exit, entry.created, now).is_ok()
        };
        variants.iter().filter(is_fresh).cloned().collect()
    }

    /// The age of a result with this ending and date, if it is fresh.
    ///
    /// # Errors
    /// Why it may not be replayed.
    pub fn freshness(
        &self,
        exit: Exit,
        created: Timestamp,
        now: Timestamp,
    ) -> Result<Duration, MissReason> {
        let age = created.age_at(now).ok_or(MissReason::FromTheFuture)?;
        match self.lifetime(exit) {
            lifetime if lifetime.covers(age) => Ok(age),
            Lifetime::For(limit) => Err(MissReason::Expired(age.saturating_sub(limit))),
            Lifetime::Unlimited => Ok(age),
        }
    }

    /// Whether a result with this ending may be stored.
    ///
    /// # Errors
    /// Why not.
    pub fn keep(&self, exit: Exit) -> Result<(), Discarded> {
        match exit {
            Exit::Signal(signal) => Err(Discarded::Killed(signal)),
            Exit::Code(code) if self.success.contain(code) => Ok(()),
            Exit::Code(code @ (126 | 127)) => Err(Discarded::NotStarted(code)),
            Exit::Code(code) if self.failure_ttl == Lifetime::ZERO => Err(Discarded::Failure(code)),
            Exit::Code(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(seconds: u64) -> Lifetime {
        Lifetime::For(Duration::from_secs(seconds))
    }

    fn policy() -> Policy {
        Policy {
            ttl: seconds(100),
            failure_ttl: seconds(60),
            success: ExitCodes::default(),
            refresh: false,
        }
    }

    fn freshness(policy: &Policy, exit: u8, created: i64, now: i64) -> Result<u64, MissReason> {
        let at = Timestamp::from_millis;
        policy
            .freshness(Exit::Code(exit), at(created), at(now))
            .map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
    }

    #[test]
    fn fresh_is_age_below_the_ttl_of_the_call_that_asks() {
        assert_eq!(freshness(&policy(), 0, 0, 99_999), Ok(99_999));
        let expired = |millis| Err(MissReason::Expired(Duration::from_millis(millis)));
        assert_eq!(freshness(&policy(), 0, 0, 100_000), expired(0));
        let shorter = Policy { ttl: seconds(1), ..policy() };
        assert_eq!(freshness(&shorter, 0, 0, 5_000), expired(4_000));
        assert_eq!(freshness(&policy(), 0, 1, 0), Err(MissReason::FromTheFuture));
    }

    #[test]
    fn failures_live_for_the_failure_ttl_and_never_longer_than_the_ttl() {
        assert!(freshness(&policy(), 1, 0, 59_999).is_ok());
        assert!(freshness(&policy(), 1, 0, 60_000).is_err());
        let shorter = Policy { ttl: seconds(10), ..policy() };
        assert!(freshness(&shorter, 1, 0, 10_000).is_err());
        let lenient = Policy { success: "0,1".parse().expect("codes"), ..policy() };
        assert!(freshness(&lenient, 1, 0, 99_999).is_ok());
    }

    #[test]
    fn what_says_nothing_about_the_command_is_not_kept() {
        assert_eq!(policy().keep(Exit::Signal(15)), Err(Discarded::Killed(15)));
        assert_eq!(policy().keep(Exit::Code(127)), Err(Discarded::NotStarted(127)));
        assert_eq!(policy().keep(Exit::Code(3)), Ok(()));
        let strict = Policy { failure_ttl: Lifetime::ZERO, ..policy() };
        assert_eq!(strict.keep(Exit::Code(3)), Err(Discarded::Failure(3)));
        assert_eq!(strict.keep(Exit::Code(0)), Ok(()));
        let asked = Policy { success: "127".parse().expect("codes"), ..policy() };
        assert_eq!(asked.keep(Exit::Code(127)), Ok(()));
    }

    proptest! {
        #[test]
        fn an_entry_never_becomes_fresh_again(ttl in 0u64..1000, created in 0i64..1000, now in 0i64..2_000_000) {
            let policy = Policy { ttl: seconds(ttl), ..policy() };
            if created <= now && freshness(&policy, 0, created, now).is_err() {
                prop_assert!(freshness(&policy, 0, created, now + 1).is_err());
            }
        }
    }
}
