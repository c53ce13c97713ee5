//! When an entry is renewed in the background, and by which result.

use super::terms::Policy;
use crate::entry::Entry;
use crate::exit::Exit;
use crate::time::{Lifetime, Timestamp};
use std::time::Duration;

/// After a failed renewal, an entry is not renewed again for this long.
const PAUSE_AFTER_FAILURE: Lifetime = Lifetime::For(Duration::from_mins(1));

impl Policy {
    /// Whether a stale entry is to be renewed now.
    pub fn may_renew(entry: &Entry, now: Timestamp) -> bool {
        let failed_ago = entry.renewal_failed.and_then(|failed| failed.age_at(now));
        !failed_ago.is_some_and(|ago| PAUSE_AFTER_FAILURE.covers(ago))
    }

    /// Whether a renewal that is about to run is still due. Since it was `asked` for, another process may have renewed,
    /// tried to renew, or cleared the entry: `current` is the one that is stored now. `served` is the date of the entry
    /// that the caller got; `None` for `--warm`, which serves nothing.
    pub fn is_renewal_due(
        served: Option<Timestamp>,
        current: Option<&Entry>,
        asked: Timestamp,
        now: Timestamp,
    ) -> bool {
        match (served, current) {
            (Some(served), Some(current)) => {
                current.created == served && Self::may_renew(current, now)
            }
            (Some(_), None) => false,
            (None, Some(current)) => {
                current.created <= asked || current.created.age_at(now).is_none()
            }
            (None, None) => true,
        }
    }

    /// Whether a result with this exit may take the place of an entry. A failure does not replace a success.
    pub fn may_replace(&self, current: Option<&Entry>, exit: Exit) -> bool {
        self.is_success(exit) || !current.is_some_and(|current| self.is_success(current.exit))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, entry, policy};
    use super::*;

    #[test]
    fn a_renewal_that_failed_is_not_tried_again_for_a_minute() {
        let failed = Entry { renewal_failed: Some(at(5)), ..entry(0, 0) };
        assert!(Policy::may_renew(&entry(0, 0), at(5)));
        assert!(!Policy::may_renew(&failed, at(5)));
        assert!(!Policy::may_renew(&failed, at(64)));
        assert!(Policy::may_renew(&failed, at(65)));
        assert!(Policy::may_renew(&failed, at(4)), "the clock was set back");
    }

    #[test]
    fn only_the_entry_that_was_served_is_renewed() {
        let is_due =
            |current: Option<&Entry>| Policy::is_renewal_due(Some(at(10)), current, at(50), at(51));
        assert!(is_due(Some(&entry(0, 10))));
        assert!(!is_due(Some(&entry(0, 51))), "renewed meanwhile");
        assert!(!is_due(None), "cleared meanwhile");
        let failed = Entry { renewal_failed: Some(at(50)), ..entry(0, 10) };
        assert!(!is_due(Some(&failed)), "tried meanwhile");
    }

    #[test]
    fn a_call_that_warms_runs_unless_another_has_run_since() {
        let is_due =
            |current: Option<&Entry>| Policy::is_renewal_due(None, current, at(50), at(60));
        assert!(is_due(None));
        assert!(is_due(Some(&entry(0, 50))));
        assert!(!is_due(Some(&entry(0, 51))));
        assert!(!is_due(Some(&entry(0, 60))));
        assert!(is_due(Some(&entry(0, 61))), "from the future");
    }

    #[test]
    fn a_failure_does_not_replace_a_success() {
        let (success, failure) = (Exit::Code(0), Exit::Code(1));
        assert!(policy().may_replace(Some(&entry(0, 0)), success));
        assert!(!policy().may_replace(Some(&entry(0, 0)), failure));
        assert!(policy().may_replace(Some(&entry(1, 0)), failure));
        assert!(policy().may_replace(None, failure));
    }
}
