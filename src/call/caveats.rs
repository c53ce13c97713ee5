//! Hints about mistyped options: values that match nothing, with a guess at the intended one, and variables whose names
//! are almost those of options.

use super::context::Call;
use crate::key::{Caveat, Observation};
use crate::options::{RUN_OPTIONS, trust};
use crate::single_flight::ACTIVE_VARIABLE;
use crate::terminal::escape_os;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

impl Call<'_> {
    /// With `-v`: options that may be slips, and after a miss those that keep the result from being shared. On a miss a certain slip costs a warning, since the command may have run in
    /// vain.
    pub fn tell_caveats(&self, observation: &Observation, is_miss: bool) {
        if !is_miss && !self.notices.are_detailed() {
            return;
        }
        let warns = |it: &Caveat| is_miss && self.request.typed.hashes && it.is_certain();
        let caveats = observation.caveats().into_iter().filter(|it| self.is_worth_a_word(it));
        // Files that a configuration names are often optional.
        let is_told =
            |it: &Caveat| self.request.typed.files || !matches!(it, Caveat::MissingFiles(_));
        let (slips, others): (Vec<_>, Vec<_>) = caveats.filter(is_told).partition(warns);
        if !slips.is_empty() {
            let slips = slips.iter().map(Caveat::to_string).collect::<Vec<_>>();
            self.notices.advise(&slips.join("; "));
        }
        if self.notices.are_detailed() {
            for caveat in others {
                self.notices.detail(&with_guess(&caveat));
            }
            for slip in mistyped_variables() {
                self.notices.detail(&slip);
            }
            if let Some(reason) = self.request.not_shared.filter(|_| is_miss) {
                self.notices.detail(&format_args!("not shared: {reason}"));
            }
        }
    }

    /// The same for `explain`.
    pub fn notes(&self, observation: &Observation) -> Vec<String> {
        let caveats = observation.caveats().into_iter().filter(|it| self.is_worth_a_word(it));
        caveats.map(|caveat| with_guess(&caveat)).chain(mistyped_variables()).collect()
    }

    /// Variables that a configuration names are often not set.
    fn is_worth_a_word(&self, caveat: &Caveat) -> bool {
        self.request.typed.variables || !matches!(caveat, Caveat::UnsetVariables(_))
    }
}

/// Hints about variables whose names are almost those of options.
fn mistyped_variables() -> Vec<String> {
    let known: Vec<_> =
        RUN_OPTIONS.iter().map(|option| OsString::from(option.variable())).collect();
    let is_known = |name: &OsString| {
        known.contains(name) || name == ACTIVE_VARIABLE || name == trust::VARIABLE
    };
    let names = std::env::vars_os().map(|(name, _)| name);
    let ours = names.filter(|name| name.as_bytes().starts_with(b"CACHEX_") && !is_known(name));
    let slips = ours.filter_map(|name| {
        let meant = nearest(&name, known.iter().cloned())?;
        let name = escape_os(&name);
        Some(format!("the variable {name} means nothing to cachex; did you mean {meant}?"))
    });
    slips.collect()
}

/// A caveat, with what may have been meant instead.
fn with_guess(caveat: &Caveat) -> String {
    let meant = match caveat {
        Caveat::MissingFiles(words) => words.iter().find_map(|word| near_file(Path::new(word))),
        Caveat::UnsetVariables(names) => names.iter().find_map(|name| near_variable(name)),
        _ => None,
    };
    match meant {
        Some(meant) => format!("{caveat}; did you mean {meant}?"),
        None => caveat.to_string(),
    }
}

/// The file beside this missing one whose name is nearest to its name.
fn near_file(missing: &Path) -> Option<String> {
    /// In a directory with more files than this, a guess would take long.
    const MOST: usize = 10_000;
    let name = missing.file_name()?;
    let parent = missing.parent().filter(|parent| !parent.as_os_str().is_empty());
    let beside = std::fs::read_dir(parent.unwrap_or(Path::new("."))).ok()?;
    let names = beside.take(MOST).filter_map(|entry| Some(entry.ok()?.file_name()));
    Some(missing.with_file_name(nearest(name, names)?).display().to_string())
}

fn near_variable(unset: &OsStr) -> Option<String> {
    nearest(unset, std::env::vars_os().map(|(name, _)| name))
}

/// The nearest of these names, if it is a slip away: one letter, or two of a long name.
fn nearest(name: &OsStr, names: impl Iterator<Item = OsString>) -> Option<String> {
    let name = name.to_str()?;
    let slips = match name.chars().count() {
        0..4 => return None,
        4..8 => 1,
        _ => 2,
    };
    let near = names.filter_map(|other| {
        let other = other.into_string().ok()?;
        let distance = strsim::damerau_levenshtein(name, &other);
        (distance <= slips).then_some((distance, other))
    });
    near.min().map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_guessed() {
        let nearest = |name: &str, names: &[&str]| {
            nearest(OsStr::new(name), names.iter().map(OsString::from))
        };
        let files = ["schema.sql", "schemas.sql", "data.csv"];
        assert_eq!(nearest("shcema.sql", &files).as_deref(), Some("schema.sql"));
        assert_eq!(nearest("schema.sqll", &files).as_deref(), Some("schema.sql"));
        assert_eq!(nearest("other.sql", &files), None);
        assert_eq!(nearest("ab", &["ac"]), None);
    }
}
