//! The runs that this process is part of: cachex inside a command that cachex runs.
//!
//! One environment variable passes the keys that are being filled around a command to every cachex below it. A caller
//! waits only for a key that is greater than all of these. So commands that call each other never wait in a ring, since
//! the keys cannot get greater at every step of a ring.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;

/// The only variable that cachex adds to a command's environment: the keys that are being filled around it, separated
/// by colons.
pub const ACTIVE_VARIABLE: &str = "CACHEX_ACTIVE";

/// The number of hexadecimal digits of a key that decide which claim it has, see [`super::ClaimSlot`].
const DIGITS: usize = 8;

/// Whether this process was started, however indirectly, by a command that cachex runs.
pub fn is_nested() -> bool {
    std::env::var_os(ACTIVE_VARIABLE).is_some()
}

/// The variable's value in our own environment; empty if it is unset.
pub fn active() -> OsString {
    std::env::var_os(ACTIVE_VARIABLE).unwrap_or_default()
}

/// The variable's value for a command that fills this key, run by a process with the value `active`.
pub fn active_within(active: &OsStr, key: impl Display) -> OsString {
    let mut value = active.to_owned();
    if !value.is_empty() {
        value.push(":");
    }
    value.push(key.to_string());
    value
}

/// Whether a process with the value `active` may wait for another run of this key.
pub fn may_wait(active: &OsStr, key: impl Display) -> bool {
    let key = key.to_string();
    let active = active.to_string_lossy();
    active.is_empty() || active.split(':').all(|around| start(around) < start(&key))
}

/// The part of a key that decides which claim it is.
fn start(key: &str) -> &str {
    key.get(..DIGITS).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_wait(active: &str, key: &str) -> bool {
        super::may_wait(OsStr::new(active), key)
    }

    #[test]
    fn outside_of_all_runs_everybody_waits() {
        assert!(may_wait("", "a"));
    }

    #[test]
    fn only_a_key_above_all_keys_around_is_waited_for() {
        assert!(may_wait("a", "b"));
        assert!(may_wait("a:b", "c"));
        assert!(!may_wait("a:c", "b"));
        assert!(!may_wait("c:a", "b"));
        assert!(!may_wait("a", "a"));
    }

    #[test]
    fn callers_in_a_ring_never_all_wait() {
        for ring in [&["a"][..], &["a", "b"], &["c", "a", "b"]] {
            let steps = ring.iter().zip(ring.iter().cycle().skip(1));
            assert!(!steps.into_iter().all(|(held, wanted)| may_wait(held, wanted)), "{ring:?}");
        }
    }

    #[test]
    fn keys_that_share_a_claim_do_not_wait_for_each_other() {
        assert!(!may_wait("0123456700000000", "01234567ffffffff"));
        assert!(may_wait("0123456700000000", "01234568ffffffff"));
    }

    #[test]
    fn a_run_adds_its_key_to_those_around_it() {
        let outer = active_within(OsStr::new(""), "b");
        assert_eq!(outer, "b");
        assert_eq!(active_within(&outer, "a"), "b:a");
    }
}
