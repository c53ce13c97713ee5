//! The variables that stand for options: `CACHEX_TTL` for `--ttl`.
//!
//! The definitions do not name them, since looking for each of them would cost every call a scan of
//! its environment.

use super::{
    CommonOptions, FreshnessOptions, KeyOptions, ShowingOptions, StoreOptions, StoringOptions,
};
use crate::single_flight::is_nested;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Args, Command};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

const PREFIX: &[u8] = b"CACHEX_";

/// The options of a definition that variables stand for, each with its variable.
#[must_use]
pub fn variables(command: &Command) -> Vec<(&Arg, String)> {
    let groups = [
        KeyOptions::group_id(),
        FreshnessOptions::group_id(),
        StoringOptions::group_id(),
        ShowingOptions::group_id(),
        StoreOptions::group_id(),
        CommonOptions::group_id(),
    ];
    let ids = command.get_groups().filter(|group| groups.contains(&Some(group.get_id().clone())));
    let ids: HashSet<_> = ids.flat_map(clap::ArgGroup::get_args).collect();
    let options = command.get_arguments().filter(|option| ids.contains(option.get_id()));
    options.map(|option| (option, variable(option))).collect()
}

fn variable(option: &Arg) -> String {
    format!("CACHEX_{}", option.get_id().as_str().to_uppercase())
}

/// The option that a variable names, if it is one of ours that names one.
pub(super) fn named_by(variable: &OsStr) -> String {
    let name = variable.to_string_lossy().to_lowercase().replace('_', "-");
    name.strip_prefix("cachex-").unwrap_or_default().to_owned()
}

/// The definition with the variables that count.
pub(super) fn with_variables(command: Command, counted: &[OsString]) -> Command {
    if counted.is_empty() {
        return command;
    }
    let with_own = |command: Command| {
        let named = variables(&command).into_iter();
        let set: Vec<_> = named
            .filter(|(_, variable)| counted.iter().any(|name| name == variable.as_str()))
            .map(|(option, variable)| (option.get_id().clone(), variable))
            .collect();
        set.into_iter().fold(command, |command, (id, variable)| {
            command.mut_arg(id, |option| option.env(variable).hide_env(true))
        })
    };
    with_own(command).mut_subcommands(with_own)
}

/// The variables that count: an empty one says nothing, and when the off switch is set no other counts,
/// but for where the store is.
pub(super) fn counted() -> Vec<OsString> {
    let set = |name: OsString| {
        let value = std::env::var_os(&name).filter(|value| !value.is_empty())?;
        Some((name, value))
    };
    let mut ours: Vec<_> = names_of_ours().into_iter().filter_map(set).collect();
    let switch = "CACHEX_NO_CACHE";
    let is_off = ours.iter().any(|(name, value)| name == switch && !means_no(value));
    ours.retain(|(name, _)| {
        // Not for a cachex inside of what is being warmed, whose output is awaited.
        let is_inside = name == "CACHEX_WARM" && is_nested();
        !is_inside && (!is_off || name == switch || name == "CACHEX_CACHE_DIR")
    });
    ours.into_iter().map(|(name, _)| name).collect()
}

/// The names of the variables that begin as ours do. The language would copy the whole environment to
/// tell.
#[allow(unsafe_code)]
fn names_of_ours() -> Vec<OsString> {
    unsafe extern "C" {
        static environ: *const *const std::ffi::c_char;
    }
    let mut names = Vec::new();
    // SAFETY: an array of strings, which ends with a null pointer; there is one thread, which changes
    // nothing meanwhile.
    unsafe {
        let mut next = environ;
        while !next.is_null() && !(*next).is_null() {
            let variable = std::ffi::CStr::from_ptr(*next).to_bytes();
            if variable.starts_with(PREFIX) {
                let name = variable.split(|&byte| byte == b'=').next().unwrap_or_default();
                names.push(OsStr::from_bytes(name).to_owned());
            }
            next = next.add(1);
        }
    }
    names
}

/// The error, with the variable that a bad value comes from: the user may not know that it is set.
pub(super) fn blaming_variable(
    mut error: clap::Error,
    command: &Command,
    words: &[OsString],
) -> clap::Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (Some(option), Some(value)) =
        (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue))
    else {
        return error;
    };
    let is_typed = |word: &OsString| word.to_string_lossy().ends_with(&value);
    let name = option.trim_start_matches('-').split(['[', '=', ' ']).next();
    let known = command.get_arguments().find(|known| known.get_long() == name);
    let variable = known.and_then(Arg::get_env);
    if let Some(variable) = variable
        && std::env::var_os(variable).is_some_and(|set| set == *value)
        && !words.iter().skip(1).any(is_typed)
    {
        let tip = format!("the value is that of the variable {}", variable.display());
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// In any case of letters, as the switches are read.
fn means_no(value: &OsStr) -> bool {
    let nos = ["0", "false", "no", "off", "n", "f"];
    value.to_str().is_some_and(|value| nos.contains(&value.to_lowercase().as_str()))
}
