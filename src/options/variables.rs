//! Reads the variables that stand for options (`CACHEX_TTL` for `--ttl`) into a [`Layer`].

use super::layer::{Layer, RUN_OPTIONS};
use super::source::Source;
use super::values::is_on;
use crate::error::Error;
use crate::single_flight::is_nested;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// Reads the variables that no flag overrides.
///
/// # Errors
/// A bad value. The message names the variable, since the user may not know that it is set.
pub(super) fn read(flags: &Layer) -> Result<Layer, Error> {
    let set = counted(std::env::vars_os().collect(), is_nested());
    if set.is_empty() { Ok(Layer::default()) } else { layer(&set, flags) }
}

fn layer(set: &[(OsString, OsString)], flags: &Layer) -> Result<Layer, Error> {
    let mut layer = Layer::default();
    for option in RUN_OPTIONS.iter().filter(|option| option.given(flags).is_none()) {
        let variable = option.variable();
        if let Some((_, value)) = set.iter().find(|(name, _)| *name == *variable) {
            let read = option.read(&mut layer, vec![value.clone()], Source::Variable);
            read.map_err(|bad| {
                let message = bad.of(option.name());
                Error::Usage(format!("{message}; the value is that of the variable {variable}"))
            })?;
        }
    }
    Ok(layer)
}

/// Those of all variables that count. An empty one does not, but for the list of trusted keys: if it got lost on its way,
/// nobody must be believed. While cachex is switched off, only the place of the store counts.
fn counted(mut all: Vec<(OsString, OsString)>, is_nested: bool) -> Vec<(OsString, OsString)> {
    const SWITCH: &str = "CACHEX_NO_CACHE";
    let is_filled =
        |name: &OsStr, value: &OsStr| !value.is_empty() || name == "CACHEX_REMOTE_TRUST";
    all.retain(|(name, value)| name.as_bytes().starts_with(b"CACHEX_") && is_filled(name, value));
    let means_off = |value: &OsStr| is_on(value).unwrap_or(true);
    let is_off = all.iter().any(|(name, value)| name == SWITCH && means_off(value));
    all.retain(|(name, _)| {
        // It is meant for the outer cachex. The command that this warms needs the output of the inner one.
        let is_for_outer = name == "CACHEX_WARM" && is_nested;
        !is_for_outer && (!is_off || name == SWITCH || name == "CACHEX_CACHE_DIR")
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[(&str, &str)], is_nested: bool) -> Vec<String> {
        let all = all.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let names = counted(all, is_nested).into_iter().map(|(name, _)| name.into_string());
        names.collect::<Result<_, _>>().expect("UTF-8")
    }

    const SOME: [(&str, &str); 5] = [
        ("CACHEX_TTL", "1"),
        ("CACHEX_CACHE_DIR", "x"),
        ("CACHEX_ENV", ""),
        ("TTL", "1"),
        ("CACHEX_WARM", "1"),
    ];

    #[test]
    fn a_variable_is_read_where_no_flag_is() {
        let set = [("CACHEX_TTL", "1h"), ("CACHEX_ENV", "A,B"), ("CACHEX_no_store", "1")];
        let set = set.map(|(name, value)| (name.into(), value.into()));
        let read = layer(&set, &Layer::default()).expect("a layer");
        assert_eq!(read.ttl.given().expect("set").words, ["1h"]);
        assert_eq!(read.ttl.source(), Some(&Source::Variable));
        assert_eq!(read.env.value().map(Vec::len), Some(2));
        assert!(read.no_store.given().is_none());
        assert!(layer(&set, &read).expect("a layer").ttl.given().is_none());
    }

    #[test]
    fn a_bad_value_counts_where_no_flag_is() {
        let set = [("CACHEX_NO_STORE".into(), "banana".into())];
        assert!(layer(&set, &Layer::default()).is_err());
        let flag = layer(&[("CACHEX_NO_STORE".into(), "1".into())], &Layer::default());
        assert!(layer(&set, &flag.expect("a layer")).is_ok());
    }

    #[test]
    fn ours_count_if_they_are_not_empty() {
        assert_eq!(names(&SOME, false), ["CACHEX_TTL", "CACHEX_CACHE_DIR", "CACHEX_WARM"]);
    }

    #[test]
    fn warming_is_for_the_outer_one() {
        assert_eq!(names(&SOME, true), ["CACHEX_TTL", "CACHEX_CACHE_DIR"]);
    }

    #[test]
    fn when_cachex_is_off_only_the_place_of_the_store_counts() {
        for (value, is_off) in [("1", true), ("yes", true), ("nonsense", true), ("off", false)] {
            let all = [&SOME[..], &[("CACHEX_NO_CACHE", value)]].concat();
            let counted = names(&all, false);
            assert_eq!(counted.contains(&"CACHEX_TTL".to_owned()), !is_off, "{value}");
            assert!(counted.contains(&"CACHEX_CACHE_DIR".to_owned()), "{value}");
            assert!(counted.contains(&"CACHEX_NO_CACHE".to_owned()), "{value}");
        }
    }
}
