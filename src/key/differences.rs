//! The differences between the parts of two keys, of which one was stored.

use crate::terminal::escape_os;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

/// A part as it is stored: its name, and a digest of its value keyed with the store's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// The part's name.
    pub name: OsString,
    /// The keyed digest.
    pub digest: [u8; 8],
}

/// A part that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The part's name.
    pub name: OsString,
    /// `changed`, `is new` or `is gone`.
    pub what: &'static str,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", escape_os(&self.name), self.what)
    }
}

/// The parts that differ from those that were stored.
#[must_use]
pub fn differences(now: &[StoredPart], then: &[StoredPart]) -> Vec<Difference> {
    let (known_now, known_then) = (by_name(now), by_name(then));
    let difference = |part: &StoredPart, what| Difference { name: part.name.clone(), what };
    let here = now.iter().filter_map(|part| match known_then.get(&*part.name) {
        Some(digest) if *digest == part.digest => None,
        Some(_) => Some(difference(part, "changed")),
        None => Some(difference(part, "is new")),
    });
    let gone = then.iter().filter(|part| !known_now.contains_key(&*part.name));
    here.chain(gone.map(|part| difference(part, "is gone"))).collect()
}

fn by_name(parts: &[StoredPart]) -> HashMap<&OsStr, [u8; 8]> {
    parts.iter().map(|part| (&*part.name, part.digest)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(parts: &[(&str, u8)]) -> Vec<StoredPart> {
        let part =
            |(name, digest): &(&str, u8)| StoredPart { name: (*name).into(), digest: [*digest; 8] };
        parts.iter().map(part).collect()
    }

    #[test]
    fn parts_that_differ_are_named() {
        let then = parts(&[("scope", 1), ("argument 1", 2), ("env A", 3)]);
        assert_eq!(differences(&then, &then), []);
        let now = parts(&[("scope", 1), ("argument 1", 5), ("file x", 6)]);
        let expected = [("argument 1", "changed"), ("file x", "is new"), ("env A", "is gone")];
        let expected = expected.map(|(name, what)| Difference { name: name.into(), what });
        assert_eq!(differences(&now, &then), expected);
    }
}
