//! Which entry answers a call, and why none does.

use super::reasons::MissReason;
use super::terms::Policy;
use crate::entry::{Condition, Entry};
use crate::key::Key;
use crate::time::{Lifetime, Timestamp};
use std::time::Duration;

/// The decision for a call.
#[derive(Debug)]
pub enum Verdict {
    /// Replay an entry.
    Replay {
        /// Which one.
        entry: Box<Entry>,
        /// Its age.
        age: Duration,
        /// Whether it has expired and is to be renewed in the background.
        is_stale: bool,
    },
    /// Run the command.
    Execute {
        /// Why.
        reason: MissReason,
        /// The entry to replay if the command fails.
        fallback: Option<Box<Entry>>,
    },
}

impl Policy {
    /// Chooses among the entries of a key, the newest first, for a standard input that satisfies `condition_holds`. A
    /// result that was stored since the call `asked` is an answer under every policy.
    pub fn admit(
        &self,
        variants: &[Entry],
        condition_holds: impl Fn(Condition) -> bool,
        asked: Timestamp,
        now: Timestamp,
    ) -> Verdict {
        let holding: Vec<_> =
            variants.iter().filter(|entry| condition_holds(entry.condition)).collect();
        let answers = holding.iter().map(|entry| (*entry, self.answer(entry, asked, now)));
        let fresh = answers.clone().find_map(|(entry, answer)| Some((entry, answer.ok()?)));
        if let Some((entry, age)) = fresh {
            return Verdict::Replay { entry: Box::new(entry.clone()), age, is_stale: false };
        }
        let newest = |is_good: &dyn Fn(&Entry) -> bool| {
            let good = holding.iter().filter(|entry| is_good(entry));
            good.max_by_key(|entry| entry.created).map(|entry| Box::new((*entry).clone()))
        };
        if let Some(entry) = newest(&|entry| self.is_good_while_renewed(entry, now)) {
            let age = entry.created.age_at(now).unwrap_or_default();
            return Verdict::Replay { entry, age, is_stale: true };
        }
        let nothing = if variants.is_empty() { MissReason::Absent } else { MissReason::OtherStdin };
        let reason = answers.clone().find_map(|(_, answer)| answer.err()).unwrap_or(nothing);
        let reason = if self.refresh { MissReason::Refresh } else { reason };
        let fallback = newest(&|entry| self.is_good_on_failure(entry, now));
        Verdict::Execute { reason, fallback }
    }

    /// The entries that a call may replay, fresh, stale or in place of a failure.
    pub fn usable(&self, variants: &[Entry], asked: Timestamp, now: Timestamp) -> Vec<Entry> {
        let is_usable = |entry: &&Entry| {
            self.answer(entry, asked, now).is_ok()
                || self.is_good_while_renewed(entry, now)
                || self.is_good_on_failure(entry, now)
        };
        variants.iter().filter(is_usable).cloned().collect()
    }

    /// Whether a run of this key has stored an entry since a call `asked`, whether or not that answers it.
    pub fn was_stored_since(
        variants: &[Entry],
        key: Key,
        condition_holds: impl Fn(Condition) -> bool,
        asked: Timestamp,
    ) -> bool {
        let is_newer = |entry: &Entry| entry.key == key && entry.created > asked;
        variants.iter().any(|entry| is_newer(entry) && condition_holds(entry.condition))
    }

    /// The age of an entry that answers a call, or why it does not.
    fn answer(
        &self,
        entry: &Entry,
        asked: Timestamp,
        now: Timestamp,
    ) -> Result<Duration, MissReason> {
        // A caller that asks for a new result wants a run that began after the question.
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
            && self.may_store(entry.exit).is_ok()
            && self.is_within(self.stale_while_revalidate, entry.exit, entry.created, now)
    }

    fn is_good_on_failure(&self, entry: &Entry, now: Timestamp) -> bool {
        self.is_success(entry.exit)
            && self.is_within(self.stale_if_error, entry.exit, entry.created, now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, entry, policy, seconds};
    use super::*;
    use crate::exit::Exit;
    use crate::key::Digest;
    use proptest::prelude::*;

    /// The decision for a call that asks at this moment, with entries that were stored at 0.
    fn verdict(policy: &Policy, exits: &[u8], now: i64) -> &'static str {
        let entries: Vec<_> = exits.iter().map(|exit| entry(*exit, 0)).collect();
        match policy.admit(&entries, |_| true, at(now), at(now)) {
            Verdict::Replay { is_stale: false, .. } => "fresh",
            Verdict::Replay { is_stale: true, .. } => "stale",
            Verdict::Execute { fallback: None, .. } => "run",
            Verdict::Execute { fallback: Some(entry), .. } if entry.exit == Exit::Code(0) => {
                "run or fall back"
            }
            Verdict::Execute { .. } => "fall back on a failure",
        }
    }

    fn patient() -> Policy {
        Policy { stale_while_revalidate: seconds(50), stale_if_error: seconds(200), ..policy() }
    }

    fn refreshing() -> Policy {
        Policy { refresh: true, ..policy() }
    }

    #[test]
    fn an_expired_entry_is_served_for_a_while_and_then_fallen_back_on() {
        for (now, expected) in [
            (99, "fresh"),
            (100, "stale"),
            (149, "stale"),
            (150, "run or fall back"),
            (299, "run or fall back"),
            (300, "run"),
            (-1, "run"),
        ] {
            assert_eq!(verdict(&patient(), &[0], now), expected, "{now}");
        }
        assert_eq!(verdict(&policy(), &[0], 100), "run");
        assert_eq!(verdict(&patient().without_renewals(), &[0], 100), "run or fall back");
        let for_ever = Policy { stale_while_revalidate: Lifetime::Unlimited, ..policy() };
        assert_eq!(verdict(&for_ever, &[0], 1_000_000), "stale");
    }

    #[test]
    fn a_refresh_falls_back_on_what_is_stored_and_never_serves_it() {
        let refresh = Policy { refresh: true, ..patient() };
        for (now, expected) in [(1, "run or fall back"), (120, "run or fall back"), (300, "run")] {
            assert_eq!(verdict(&refresh, &[0], now), expected, "{now}");
        }
    }

    #[test]
    fn failures_are_served_stale_only_where_they_are_kept_and_never_fallen_back_on() {
        assert_eq!(verdict(&patient(), &[3], 61), "stale");
        assert_eq!(verdict(&patient(), &[3], 120), "run");
        assert_eq!(verdict(&patient(), &[3, 0], 151), "run or fall back");
        let strict = Policy { failure_ttl: Lifetime::ZERO, ..patient() };
        assert_eq!(verdict(&strict, &[3], 1), "run");
    }

    /// The age in seconds of an entry that answers a call which asked at 100 and looks at 200.
    fn age_of_answer(policy: &Policy, entry: &Entry) -> Result<u64, MissReason> {
        let verdict = policy.admit(std::slice::from_ref(entry), |_| true, at(100), at(200));
        let usable = policy.usable(std::slice::from_ref(entry), at(100), at(200));
        match verdict {
            Verdict::Replay { age, .. } => {
                assert_eq!(usable.len(), 1);
                Ok(age.as_secs())
            }
            Verdict::Execute { reason, .. } => {
                assert!(usable.is_empty());
                Err(reason)
            }
        }
    }

    #[test]
    fn a_result_stored_since_the_call_asked_answers_it_whatever_its_ttl() {
        let short = Policy { ttl: seconds(10), ..policy() };
        assert_eq!(age_of_answer(&short, &entry(0, 101)), Ok(99));
        assert_eq!(age_of_answer(&short, &entry(1, 101)), Ok(99), "a failure too");
        let expired = Err(MissReason::Expired(Duration::from_secs(90)));
        assert_eq!(age_of_answer(&short, &entry(0, 100)), expired, "it was there already");
        let future = Err(MissReason::FromTheFuture);
        assert_eq!(age_of_answer(&short, &entry(0, 201)), future);
    }

    #[test]
    fn only_a_run_that_began_after_the_question_answers_a_call_for_a_new_result() {
        let began = |second: i64, ended: i64| Entry {
            elapsed: Duration::from_secs((ended - second).unsigned_abs()),
            ..entry(0, ended)
        };
        let zero = Policy { ttl: Lifetime::ZERO, ..policy() };
        for (policy, reason) in [
            (refreshing(), MissReason::Refresh),
            (zero, MissReason::Expired(Duration::from_secs(50))),
        ] {
            assert_eq!(age_of_answer(&policy, &began(101, 150)), Ok(50));
            assert_eq!(age_of_answer(&policy, &began(100, 150)), Err(reason));
        }
        assert_eq!(age_of_answer(&policy(), &began(99, 150)), Ok(50), "any other call takes it");
    }

    #[test]
    fn a_call_that_discards_failures_takes_only_failures_of_runs_that_began_later() {
        let strict = Policy { failure_ttl: Lifetime::ZERO, ..policy() };
        let long = Entry { elapsed: Duration::from_secs(10), ..entry(1, 105) };
        assert!(age_of_answer(&strict, &long).is_err());
        assert_eq!(age_of_answer(&strict, &entry(1, 105)), Ok(95));
    }

    #[test]
    fn the_reason_of_a_miss_is_that_of_the_newest_entry_whose_condition_holds() {
        let reason = |policy: &Policy, entries: &[Entry], holds: bool| match policy.admit(
            entries,
            |_| holds,
            at(500),
            at(500),
        ) {
            Verdict::Execute { reason, .. } => reason,
            verdict @ Verdict::Replay { .. } => panic!("{verdict:?}"),
        };
        let expired = |seconds| MissReason::Expired(Duration::from_secs(seconds));
        assert_eq!(reason(&policy(), &[], true), MissReason::Absent);
        assert_eq!(reason(&policy(), &[entry(0, 0)], false), MissReason::OtherStdin);
        assert_eq!(reason(&policy(), &[entry(0, 300), entry(0, 0)], true), expired(100));
        assert_eq!(reason(&refreshing(), &[], true), MissReason::Refresh);
    }

    #[test]
    fn of_several_entries_the_first_fresh_and_the_newest_stale_one_is_replayed() {
        let chosen = |policy: &Policy, created: [i64; 2], now: i64| match policy.admit(
            &created.map(|it| entry(0, it)),
            |_| true,
            at(now),
            at(now),
        ) {
            Verdict::Replay { entry, age, .. } => (entry.id, age.as_secs()),
            Verdict::Execute { fallback, .. } => (fallback.expect("one").id, 0),
        };
        assert_eq!(chosen(&patient(), [20, 10], 50), (20, 30));
        assert_eq!(chosen(&patient(), [10, 20], 115), (20, 95));
        assert_eq!(chosen(&patient(), [10, 20], 125), (20, 105), "stale");
        assert_eq!(chosen(&patient(), [10, 20], 250), (20, 0), "a fallback");
    }

    #[test]
    fn an_entry_counts_as_new_by_its_key_its_date_and_its_condition() {
        let key = entry(0, 0).key;
        let other = Key(Digest([2; 32]));
        let entries = [entry(0, 5), entry(0, 10)];
        let is_new =
            |key, holds, asked| Policy::was_stored_since(&entries, key, |_| holds, at(asked));
        assert!(is_new(key, true, 9));
        assert!(!is_new(key, true, 10), "it was there already");
        assert!(!is_new(key, false, 9));
        assert!(!is_new(other, true, 9));
        assert!(!Policy::was_stored_since(&[], key, |_| true, at(0)));
    }

    proptest! {
        #[test]
        fn an_entry_is_usable_exactly_if_it_is_replayed_or_a_fallback(
            ttl in 0u64..100, revalidate in 0u64..100, error in 0u64..100, exit in 0u8..2,
            created in 0i64..400, asked in 0i64..400, waited in 0i64..100, refresh in any::<bool>(),
        ) {
            let policy = Policy {
                ttl: seconds(ttl),
                stale_while_revalidate: seconds(revalidate),
                stale_if_error: seconds(error),
                refresh,
                ..policy()
            };
            let entries = [entry(exit, created)];
            let (asked, now) = (at(asked), at(asked + waited));
            let usable = !policy.usable(&entries, asked, now).is_empty();
            let verdict = policy.admit(&entries, |_| true, asked, now);
            prop_assert_eq!(usable, !matches!(verdict, Verdict::Execute { fallback: None, .. }));
        }
    }
}
