//! How a cachex that runs inside another one's command knows of it.
//!
//! One variable is all that a command sees of cachex. With it nobody waits for himself.

use std::ffi::OsString;
use std::fmt::Display;

/// Set for every command that cachex runs, to the keys that are being filled around it; the only
/// variable that it adds.
pub const ACTIVE_VARIABLE: &str = "CACHEX_ACTIVE";

/// Whether this process was started, however indirectly, by a command that cachex runs.
#[must_use]
pub fn is_nested() -> bool {
    std::env::var_os(ACTIVE_VARIABLE).is_some()
}

/// Whether the command that fills this key is one of those around us: it would wait for itself.
#[must_use]
pub fn is_inside(key: impl Display) -> bool {
    let key = key.to_string();
    active().to_string_lossy().split(':').any(|active| active == key)
}

/// Whether waiting for this key leads from the keys around us to a greater one. Where commands call each other,
/// all may wait in a ring; but there is no ring whose every step leads up.
#[must_use]
pub fn leads_up_to(key: impl Display) -> bool {
    leads_up(&active().to_string_lossy(), &key.to_string())
}

fn leads_up(active: &str, key: &str) -> bool {
    active.is_empty() || active.split(':').all(|active| active < key)
}

/// The first bytes of the keys that are being filled around us.
#[must_use]
pub fn around() -> Vec<[u8; 4]> {
    starts(&active().to_string_lossy())
}

fn starts(active: &str) -> Vec<[u8; 4]> {
    let start = |key: &str| u32::from_str_radix(key.get(..8)?, 16).ok().map(u32::to_be_bytes);
    active.split(':').filter_map(start).collect()
}

/// The variable and its value, if it is set.
#[must_use]
pub fn variable() -> Option<(OsString, OsString)> {
    Some((ACTIVE_VARIABLE.into(), std::env::var_os(ACTIVE_VARIABLE)?))
}

fn active() -> OsString {
    std::env::var_os(ACTIVE_VARIABLE).unwrap_or_default()
}

/// Marks what this process starts from now on as started while it fills this key. The rest of the
/// environment stays as it is, its order included.
///
/// # Safety
/// No other thread may run yet.
#[allow(unsafe_code)]
pub unsafe fn enter(key: impl Display) {
    let mut value = active();
    if !value.is_empty() {
        value.push(":");
    }
    value.push(key.to_string());
    // SAFETY: the caller's promise.
    unsafe { std::env::set_var(ACTIVE_VARIABLE, value) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_no_ring_does_everybody_wait() {
        assert!(leads_up("", "a"));
        for ring in [&["a"][..], &["a", "b"], &["c", "a", "b"]] {
            let steps = ring.iter().zip(ring.iter().cycle().skip(1));
            assert!(!steps.into_iter().all(|(held, wanted)| leads_up(held, wanted)), "{ring:?}");
        }
    }

    #[test]
    fn keys_are_known_by_what_they_begin_with() {
        assert_eq!(
            starts("nonsense:0a0b0cff00000000:ü:00000001ffffffff"),
            [[10, 11, 12, 255], [0, 0, 0, 1]]
        );
        assert!(starts("").is_empty());
    }

    #[test]
    fn all_that_is_held_counts() {
        assert!(leads_up("a:b", "c"));
        assert!(!leads_up("a:c", "b"));
        assert!(!leads_up("c:a", "b"));
    }
}
