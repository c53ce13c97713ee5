//! The differences between the parts of two keys, of which one was stored.

use crate::terminal::escape_os;
use std::collections::{HashMap, HashSet};
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
pub fn differences(now: &[StoredPart], then: &[StoredPart]) -> Vec<Difference> {
    let (known_now, known_then) = (by_name(now), by_name(then));
    let names = now.iter().chain(then).map(|part| &*part.name);
    let mut seen = HashSet::new();
    let difference = |name: &OsStr| {
        let what = match (known_now.get(name), known_then.get(name)) {
            (Some(now), Some(then)) if now == then => return None,
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "is new",
            (None, _) => "is gone",
        };
        Some(Difference { name: name.to_owned(), what })
    };
    names.filter(|name| seen.insert(*name)).filter_map(difference).collect()
}

/// The digests under each name: an argument and `--file` can name the same file.
fn by_name(parts: &[StoredPart]) -> HashMap<&OsStr, Vec<[u8; 8]>> {
    let mut digests = HashMap::<_, Vec<_>>::new();
    for part in parts {
        digests.entry(&*part.name).or_default().push(part.digest);
    }
    digests
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

    #[test]
    fn parts_of_the_same_name_are_compared_together() {
        let then = parts(&[("file x", 1), ("file x", 2)]);
        assert_eq!(differences(&then, &then), []);
        let now = parts(&[("file x", 1), ("file x", 3)]);
        let expected = [Difference { name: "file x".into(), what: "changed" }];
        assert_eq!(differences(&now, &then), expected);
    }
}
