//! Fixtures for the tests of this folder: a policy, an entry, moments.

use super::terms::Policy;
use crate::entry::{Condition, Entry};
use crate::exit::{Exit, ExitCodes};
use crate::key::{Digest, Key};
use crate::time::{Lifetime, Timestamp};
use std::time::Duration;

pub(super) fn seconds(seconds: u64) -> Lifetime {
    Lifetime::For(Duration::from_secs(seconds))
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

/// 100 s for successes, 60 s for failures.
pub(super) fn policy() -> Policy {
    Policy {
        ttl: seconds(100),
        failure_ttl: seconds(60),
        success: ExitCodes::default(),
        refresh: false,
        stale_while_revalidate: Lifetime::ZERO,
        stale_if_error: Lifetime::ZERO,
    }
}

/// An entry that was stored at this second by a run that took no time. The second is also its id.
pub(super) fn entry(exit: u8, created: i64) -> Entry {
    Entry {
        id: created,
        key: Key(Digest([1; 32])),
        condition: Condition::StdinAbsent,
        inputs: None,
        exit: Exit::Code(exit),
        created: at(created),
        elapsed: Duration::ZERO,
        renewal_failed: None,
    }
}
