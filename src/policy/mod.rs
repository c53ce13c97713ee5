//! May this be replayed, may this be kept: pure decisions.
//!
//! What is fresh for a call, and what it may keep, is decided here and nowhere else. It knows of no
//! store, no process and no clock: the present is given. The same entries, policy and moment always
//! give the same verdict.

mod reasons;

pub use reasons::{Discarded, MissReason};

use crate::entry::{Condition, Entry};
use crate::exit::{Exit, ExitCodes};
use crate::time::{Lifetime, Timestamp};
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
    /// `--stale-while-revalidate`.
    pub stale_while_revalidate: Lifetime,
    /// `--stale-if-error`.
    pub stale_if_error: Lifetime,
}

/// What to do with a call.
#[derive(Debug)]
pub enum Verdict {
    /// Replay this entry, of this age.
    Replay(Box<Entry>, Duration),
    /// Replay this entry, of this age, and renew it in the background.
    ReplayStale(Box<Entry>, Duration),
    /// Run the command; if it fails, replay this entry.
    Execute(MissReason, Option<Box<Entry>>),
}

/// How long an entry whose renewal failed is not renewed again.
const REST: Lifetime = Lifetime::For(Duration::from_mins(1));

impl Policy {
    /// The same where nothing can be renewed in the background: as HTTP caches do, nothing is served stale then.
    #[must_use]
    pub fn without_renewals(&self) -> Self {
        Self { stale_while_revalidate: Lifetime::ZERO, ..self.clone() }
    }

    /// How long a result with this ending is replayed.
    #[must_use]
    pub fn lifetime(&self, exit: Exit) -> Lifetime {
        if self.is_success(exit) { self.ttl } else { self.failure_ttl.min(self.ttl) }
    }

    /// Whether a result with this ending is a success.
    #[must_use]
    pub fn is_success(&self, exit: Exit) -> bool {
        matches!(exit, Exit::Code(code) if self.success.contain(code))
    }

    /// Chooses among the entries of a key, the newest first, for a standard input that satisfies
    /// `condition_holds`. What was run since the call `asked` answers it whatever its policy.
    #[must_use]
    pub fn admit(
        &self,
        variants: Vec<Entry>,
        condition_holds: impl Fn(Condition) -> bool,
        asked: Timestamp,
        now: Timestamp,
    ) -> Verdict {
        let nothing = if variants.is_empty() { MissReason::Absent } else { MissReason::OtherStdin };
        let mut holding: Vec<Entry> =
            variants.into_iter().filter(|entry| condition_holds(entry.condition)).collect();
        let standing = |entry: &Entry| self.standing(entry, asked, now);
        let fresh = holding.iter().position(|entry| standing(entry).is_ok());
        if let Some((place, age)) = fresh.and_then(|at| Some((at, standing(&holding[at]).ok()?))) {
            return Verdict::Replay(Box::new(holding.swap_remove(place)), age);
        }
        let newest = |is_good: &dyn Fn(&Entry) -> bool| {
            let good = holding.iter().filter(|entry| is_good(entry));
            good.max_by_key(|entry| entry.created).cloned().map(Box::new)
        };
        if let Some(stale) = newest(&|entry| self.is_good_while_renewed(entry, now)) {
            let age = stale.created.age_at(now).unwrap_or_default();
            return Verdict::ReplayStale(stale, age);
        }
        let reason = holding.first().and_then(|entry| standing(entry).err());
        let reason = if self.refresh { MissReason::Refresh } else { reason.unwrap_or(nothing) };
        Verdict::Execute(reason, newest(&|entry| self.is_good_on_failure(entry, now)))
    }

    /// The age of an entry that answers a call, or why it does not.
    fn standing(
        &self,
        entry: &Entry,
        asked: Timestamp,
        now: Timestamp,
    ) -> Result<Duration, MissReason> {
        // Who asks for a new result means one that knows of all that was there before.
        let wants_new = self.refresh || self.lifetime(entry.exit) == Lifetime::ZERO;
        let since = if wants_new { entry.started() } else { entry.created };
        match entry.created.age_at(now) {
            Some(age) if since > asked => Ok(age),
            _ if self.refresh => Err(MissReason::Refresh),
            _ => self.freshness(entry.exit, entry.created, now),
        }
    }

    fn is_good_while_renewed(&self, entry: &Entry, now: Timestamp) -> bool {
        !self.refresh
            && self.keep(entry.exit).is_ok()
            && self.is_within(self.stale_while_revalidate, entry.exit, entry.created, now)
    }

    fn is_good_on_failure(&self, entry: &Entry, now: Timestamp) -> bool {
        self.is_success(entry.exit)
            && self.is_within(self.stale_if_error, entry.exit, entry.created, now)
    }

    /// Whether a result with this ending and date expired less than `grace` ago, or not yet.
    fn is_within(&self, grace: Lifetime, exit: Exit, created: Timestamp, now: Timestamp) -> bool {
        match self.freshness(exit, created, now) {
            Ok(_) => grace.covers(Duration::ZERO),
            Err(MissReason::Expired(ago)) => grace.covers(ago),
            Err(_) => false,
        }
    }

    /// Whether a stale entry is to be renewed now: not for a while after that has failed.
    #[must_use]
    pub fn may_renew(entry: &Entry, now: Timestamp) -> bool {
        let failed_ago = entry.renewal_failed.and_then(|failed| failed.age_at(now));
        !failed_ago.is_some_and(|ago| REST.covers(ago))
    }

    /// Those of the entries that a call may replay in some way.
    #[must_use]
    pub fn of_use(&self, variants: &[Entry], asked: Timestamp, now: Timestamp) -> Vec<Entry> {
        let is_of_use = |entry: &&Entry| {
            self.standing(entry, asked, now).is_ok()
                || self.is_good_while_renewed(entry, now)
                || self.is_good_on_failure(entry, now)
        };
        variants.iter().filter(is_of_use).cloned().collect()
    }

    /// Whether a result with this ending and date will never be replayed again for such a call.
    #[must_use]
    pub fn is_spent(&self, exit: Exit, created: Timestamp, now: Timestamp) -> bool {
        let grace = self.stale_while_revalidate.max(self.stale_if_error);
        self.freshness(exit, created, now).is_err() && !self.is_within(grace, exit, created, now)
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
            Exit::Signal(_) => Err(Discarded::Killed(exit)),
            Exit::Code(_) if self.is_success(exit) => Ok(()),
            Exit::Code(126 | 127) => Err(Discarded::NotStarted(exit)),
            Exit::Code(_) if self.failure_ttl == Lifetime::ZERO => Err(Discarded::Failure(exit)),
            Exit::Code(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{Digest, Key};
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
            stale_while_revalidate: Lifetime::ZERO,
            stale_if_error: Lifetime::ZERO,
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
        assert_eq!(policy().keep(Exit::Signal(15)), Err(Discarded::Killed(Exit::Signal(15))));
        assert_eq!(policy().keep(Exit::Code(127)), Err(Discarded::NotStarted(Exit::Code(127))));
        assert_eq!(policy().keep(Exit::Code(3)), Ok(()));
        let strict = Policy { failure_ttl: Lifetime::ZERO, ..policy() };
        assert_eq!(strict.keep(Exit::Code(3)), Err(Discarded::Failure(Exit::Code(3))));
        assert_eq!(strict.keep(Exit::Code(0)), Ok(()));
        let asked = Policy { success: "127".parse().expect("codes"), ..policy() };
        assert_eq!(asked.keep(Exit::Code(127)), Ok(()));
    }

    fn entry(exit: u8, created: i64) -> Entry {
        Entry {
            id: created,
            key: Key(Digest([1; 32])),
            condition: Condition::StdinAbsent,
            exit: Exit::Code(exit),
            created: Timestamp::from_millis(created),
            elapsed: Duration::ZERO,
            renewal_failed: None,
        }
    }

    /// What becomes of a call after so many seconds: the entries were stored at 0.
    fn verdict(policy: &Policy, exits: &[u8], after: i64) -> &'static str {
        let entries = exits.iter().map(|exit| entry(*exit, 0)).collect();
        let now = Timestamp::from_millis(after * 1000);
        match policy.admit(entries, |_| true, now, now) {
            Verdict::Replay(..) => "fresh",
            Verdict::ReplayStale(..) => "stale",
            Verdict::Execute(_, None) => "run",
            Verdict::Execute(_, Some(entry)) if entry.exit == Exit::Code(0) => "run or fall back",
            Verdict::Execute(_, Some(_)) => "fall back on a failure",
        }
    }

    #[test]
    fn what_expired_is_served_for_a_while_and_then_fallen_back_on() {
        let patient = Policy {
            stale_while_revalidate: seconds(50),
            stale_if_error: seconds(200),
            ..policy()
        };
        for (after, expected) in [
            (99, "fresh"),
            (100, "stale"),
            (149, "stale"),
            (150, "run or fall back"),
            (299, "run or fall back"),
            (300, "run"),
            (-1, "run"),
        ] {
            assert_eq!(verdict(&patient, &[0], after), expected, "{after}");
        }
        assert_eq!(verdict(&policy(), &[0], 100), "run");
        let refresh = Policy { refresh: true, ..patient.clone() };
        for (after, expected) in [(1, "run or fall back"), (120, "run or fall back"), (300, "run")]
        {
            assert_eq!(verdict(&refresh, &[0], after), expected, "{after}");
        }
        let for_ever = Policy { stale_while_revalidate: Lifetime::Unlimited, ..policy() };
        assert_eq!(verdict(&for_ever, &[0], 1_000_000), "stale");
    }

    #[test]
    fn failures_are_served_stale_only_where_they_are_kept_and_never_fallen_back_on() {
        let patient = Policy {
            stale_while_revalidate: seconds(50),
            stale_if_error: seconds(200),
            ..policy()
        };
        assert_eq!(verdict(&patient, &[3], 61), "stale");
        assert_eq!(verdict(&patient, &[3], 120), "run");
        assert_eq!(verdict(&patient, &[3, 0], 151), "run or fall back");
        let strict = Policy { failure_ttl: Lifetime::ZERO, ..patient };
        assert_eq!(verdict(&strict, &[3], 1), "run");
    }

    #[test]
    fn a_renewal_that_failed_rests_for_a_minute() {
        let at = Timestamp::from_millis;
        let failed = Entry { renewal_failed: Some(at(5_000)), ..entry(0, 0) };
        assert!(Policy::may_renew(&entry(0, 0), at(5_000)));
        assert!(!Policy::may_renew(&failed, at(5_000)));
        assert!(!Policy::may_renew(&failed, at(64_999)));
        assert!(Policy::may_renew(&failed, at(65_000)));
        assert!(Policy::may_renew(&failed, at(4_999)), "the clock was set back");
    }

    proptest! {
        #[test]
        fn what_is_spent_is_never_of_use(
            ttl in 0u64..100, revalidate in 0u64..100, error in 0u64..100, exit in 0u8..2,
            created in 0i64..400, now in 0i64..400, refresh in any::<bool>(),
        ) {
            let policy = Policy {
                ttl: seconds(ttl),
                stale_while_revalidate: seconds(revalidate),
                stale_if_error: seconds(error),
                refresh,
                ..policy()
            };
            let entry = entry(exit, created * 1000);
            let now = Timestamp::from_millis(now * 1000);
            let of_use = !policy.of_use(std::slice::from_ref(&entry), now, now).is_empty();
            let verdict = policy.admit(vec![entry.clone()], |_| true, now, now);
            prop_assert_eq!(of_use, !matches!(verdict, Verdict::Execute(_, None)));
            if policy.is_spent(entry.exit, entry.created, now) {
                prop_assert!(!of_use);
            }
        }

        #[test]
        fn an_entry_never_becomes_fresh_again(ttl in 0u64..1000, created in 0i64..1000, now in 0i64..2_000_000) {
            let policy = Policy { ttl: seconds(ttl), ..policy() };
            if created <= now && freshness(&policy, 0, created, now).is_err() {
                prop_assert!(freshness(&policy, 0, created, now + 1).is_err());
            }
        }
    }
}
