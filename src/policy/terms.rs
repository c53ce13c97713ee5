//! The terms of a call: what it counts as success, and how long a result is fresh for it.

use super::reasons::MissReason;
use crate::exit::{Exit, ExitCodes};
use crate::time::{Lifetime, Timestamp};
use std::time::Duration;

/// The options of a call that decide about replaying and keeping.
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
    /// `--stale-while-revalidate`.
    pub stale_while_revalidate: Lifetime,
    /// `--stale-if-error`.
    pub stale_if_error: Lifetime,
}

impl Policy {
    /// This policy for a call that cannot renew anything in the background. As in HTTP caches, nothing is served stale
    /// then.
    pub fn without_renewals(&self) -> Self {
        Self { stale_while_revalidate: Lifetime::ZERO, ..self.clone() }
    }

    /// How long a result with this exit is replayed.
    pub fn lifetime(&self, exit: Exit) -> Lifetime {
        if self.is_success(exit) { self.ttl } else { self.failure_ttl.min(self.ttl) }
    }

    /// Whether a result with this exit is a success.
    pub fn is_success(&self, exit: Exit) -> bool {
        matches!(exit, Exit::Code(code) if self.success.contain(code))
    }

    /// The age of a result with this exit and date if it is fresh, or else why it may not be replayed.
    pub(super) fn freshness(
        &self,
        exit: Exit,
        created: Timestamp,
        now: Timestamp,
    ) -> Result<Duration, MissReason> {
        let age = created.age_at(now).ok_or(MissReason::FromTheFuture)?;
        match self.lifetime(exit) {
            Lifetime::For(limit) if age >= limit => {
                Err(MissReason::Expired(age.saturating_sub(limit)))
            }
            _ => Ok(age),
        }
    }

    /// Whether a result with this exit and date is fresh or expired less than `grace` ago. Without any grace, fresh
    /// results are excluded as well.
    pub(super) fn is_within(
        &self,
        grace: Lifetime,
        exit: Exit,
        created: Timestamp,
        now: Timestamp,
    ) -> bool {
        match self.freshness(exit, created, now) {
            Ok(_) => grace.covers(Duration::ZERO),
            Err(MissReason::Expired(ago)) => grace.covers(ago),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, policy, seconds};
    use super::*;
    use proptest::prelude::*;

    fn freshness(policy: &Policy, exit: u8, created: i64, now: i64) -> Result<u128, MissReason> {
        let at = Timestamp::from_millis;
        policy.freshness(Exit::Code(exit), at(created), at(now)).map(|age| age.as_millis())
    }

    #[test]
    fn fresh_is_age_below_the_ttl_of_the_call_that_asks() {
        assert_eq!(freshness(&policy(), 0, 0, 99_999), Ok(99_999));
        let expired = |millis| Err(MissReason::Expired(Duration::from_millis(millis)));
        assert_eq!(freshness(&policy(), 0, 0, 100_000), expired(0));
        let shorter = Policy { ttl: seconds(1), ..policy() };
        assert_eq!(freshness(&shorter, 0, 0, 5_000), expired(4_000));
        assert_eq!(freshness(&policy(), 0, 1, 0), Err(MissReason::FromTheFuture));
        let for_ever = Policy { ttl: Lifetime::Unlimited, ..policy() };
        assert_eq!(freshness(&for_ever, 0, 0, 1 << 50), Ok(1 << 50));
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
    fn death_by_a_signal_is_no_success() {
        assert!(policy().is_success(Exit::Code(0)));
        assert!(!policy().is_success(Exit::Signal(0)));
    }

    #[test]
    fn grace_begins_when_a_result_expires() {
        let is_within = |grace, now| policy().is_within(grace, Exit::Code(0), at(10), at(now));
        for (now, expected) in [(9, false), (10, true), (109, true), (110, true), (119, true)] {
            assert_eq!(is_within(seconds(10), now), expected, "{now}");
        }
        assert!(!is_within(seconds(10), 120));
        assert!(!is_within(Lifetime::ZERO, 10), "no grace at all");
    }

    proptest! {
        #[test]
        fn an_entry_never_becomes_fresh_again(
            ttl in 0u64..1000, created in 0i64..1000, now in 0i64..2_000_000,
        ) {
            let policy = Policy { ttl: seconds(ttl), ..policy() };
            if created <= now && freshness(&policy, 0, created, now).is_err() {
                prop_assert!(freshness(&policy, 0, created, now + 1).is_err());
            }
        }
    }
}
