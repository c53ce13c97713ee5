//! Which results are stored, and which entries are of no more use.

use super::reasons::Discarded;
use super::terms::Policy;
use crate::exit::Exit;
use crate::time::{Lifetime, Timestamp};

impl Policy {
    /// Whether a result with this exit may be stored.
    ///
    /// # Errors
    /// When it may not be stored.
    pub fn may_store(&self, exit: Exit) -> Result<(), Discarded> {
        match exit {
            Exit::Signal(_) => Err(Discarded::Killed(exit)),
            Exit::Code(_) if self.is_success(exit) => Ok(()),
            Exit::Code(126 | 127) => Err(Discarded::NotStarted(exit)),
            Exit::Code(_) if self.failure_ttl == Lifetime::ZERO => Err(Discarded::Failure(exit)),
            Exit::Code(_) => Ok(()),
        }
    }

    /// Whether a result with this exit and date will never be replayed again for such a call.
    pub fn is_spent(&self, exit: Exit, created: Timestamp, now: Timestamp) -> bool {
        let grace = self.stale_while_revalidate.max(self.stale_if_error);
        self.freshness(exit, created, now).is_err() && !self.is_within(grace, exit, created, now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, entry, policy, seconds};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn results_that_say_nothing_about_the_command_are_not_stored() {
        let killed = Exit::Signal(15);
        assert_eq!(policy().may_store(killed), Err(Discarded::Killed(killed)));
        for code in [126, 127] {
            let exit = Exit::Code(code);
            assert_eq!(policy().may_store(exit), Err(Discarded::NotStarted(exit)));
        }
        assert_eq!(policy().may_store(Exit::Code(3)), Ok(()));
        let strict = Policy { failure_ttl: Lifetime::ZERO, ..policy() };
        assert_eq!(strict.may_store(Exit::Code(3)), Err(Discarded::Failure(Exit::Code(3))));
        assert_eq!(strict.may_store(Exit::Code(0)), Ok(()));
        let asked = Policy { success: "127".parse().expect("codes"), ..policy() };
        assert_eq!(asked.may_store(Exit::Code(127)), Ok(()));
    }

    #[test]
    fn a_result_is_spent_when_the_longer_grace_is_over() {
        for (revalidate, error) in [(50, 20), (20, 50)] {
            let policy = Policy {
                stale_while_revalidate: seconds(revalidate),
                stale_if_error: seconds(error),
                ..policy()
            };
            let is_spent = |now| policy.is_spent(Exit::Code(0), at(0), at(now));
            for (now, expected) in [(0, false), (99, false), (149, false), (150, true)] {
                assert_eq!(is_spent(now), expected, "{now}");
            }
            assert!(is_spent(-1), "from the future");
        }
        assert!(policy().is_spent(Exit::Code(0), at(0), at(100)));
        assert!(!policy().is_spent(Exit::Code(0), at(0), at(99)));
    }

    proptest! {
        #[test]
        fn a_success_is_spent_exactly_when_it_is_of_no_use(
            ttl in 0u64..100, revalidate in 0u64..100, error in 0u64..100,
            created in 0i64..400, now in 0i64..400,
        ) {
            let policy = Policy {
                ttl: seconds(ttl),
                stale_while_revalidate: seconds(revalidate),
                stale_if_error: seconds(error),
                ..policy()
            };
            let (entry, now) = (entry(0, created), at(now));
            let usable = !policy.usable(std::slice::from_ref(&entry), now, now).is_empty();
            prop_assert_eq!(policy.is_spent(entry.exit, entry.created, now), !usable);
        }

        #[test]
        fn a_spent_failure_is_of_no_use(
            ttl in 0u64..100, revalidate in 0u64..100, created in 0i64..400, now in 0i64..400,
        ) {
            let policy =
                Policy { ttl: seconds(ttl), stale_while_revalidate: seconds(revalidate), ..policy() };
            let (entry, now) = (entry(1, created), at(now));
            if policy.is_spent(entry.exit, entry.created, now) {
                prop_assert!(policy.usable(&[entry], now, now).is_empty());
            }
        }
    }
}
