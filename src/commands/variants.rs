//! The column VARIANT of `list`: how entries of one command line in one directory differ.
//!
//! It shows names of inputs and short digests, never values: the store does not have the values of variables and of
//! standard input.

use crate::entry::{Description, Entry};
use crate::error::Error;
use crate::hex::Hex;
use crate::key::{Digest, StoredPart};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;

/// How each entry differs from the others of its command line, by the id of the entry. An entry that is the only one of
/// its command line is left out.
pub(super) type Variants = HashMap<i64, String>;

/// Finds the variants among these entries. `distinctions` reads the parts in which entries can differ.
pub(super) fn variants(
    entries: &[Description],
    distinctions: impl FnOnce(&[&Entry]) -> Result<Vec<Vec<StoredPart>>, Error>,
) -> Result<Variants, Error> {
    let mut groups = HashMap::new();
    for one in entries {
        groups.entry((&one.words, &one.directory)).or_insert_with(Vec::new).push(one);
    }
    let groups: Vec<_> = groups.into_values().filter(|group| group.len() > 1).collect();
    if groups.is_empty() {
        return Ok(Variants::new());
    }
    let members: Vec<_> = groups.iter().flatten().map(|one| &one.entry).collect();
    let mut distinctions = distinctions(&members)?.into_iter();
    let mut variants = Variants::new();
    for group in &groups {
        let members: Vec<_> = group.iter().copied().zip(distinctions.by_ref()).collect();
        let varying = varying_names(&members);
        variants.extend(
            members.iter().map(|(one, parts)| (one.entry.id, describe(one, parts, &varying))),
        );
    }
    Ok(variants)
}

/// The names of the parts in which members of a group differ, in the order of the parts.
fn varying_names<'p>(members: &'p [(&Description, Vec<StoredPart>)]) -> Vec<&'p OsStr> {
    let mut names: Vec<&OsStr> = Vec::new();
    let mut seen: HashMap<&OsStr, (usize, [u8; 8], bool)> = HashMap::new();
    for StoredPart { name, digest } in members.iter().flat_map(|(_, parts)| parts) {
        let (count, first, differs) = seen.entry(name).or_insert_with(|| {
            names.push(name);
            (0, *digest, false)
        });
        *count += 1;
        *differs |= first != digest;
    }
    names.retain(|name| {
        seen.get(name).is_some_and(|(n, _, differs)| *differs || *n < members.len())
    });
    names
}

/// Up to two of the varying names, and a digest that tells entries with the same names apart.
fn describe(one: &Description, parts: &[StoredPart], varying: &[&OsStr]) -> String {
    const NAMED: usize = 2;
    let digest_of =
        |name: &OsStr| parts.iter().find(|part| part.name == name).map(|part| part.digest);
    let names: Vec<_> = varying.iter().take(NAMED).map(|name| short_name(name, one)).collect();
    let names = names.join(", ");
    let more = match varying {
        [only] if *only == "scope" => return names,
        [only] if digest_of(only).is_none() => return format!("no {names}"),
        [_, _, more @ ..] if !more.is_empty() => format!(" +{}", more.len()),
        _ => String::new(),
    };
    let digests = varying.iter().flat_map(|name| digest_of(name).unwrap_or_default());
    let digest = Digest::of(&digests.collect::<Vec<_>>());
    format!("{names}{more} #{}", Hex(&digest.as_bytes()[..3]))
}

/// A short form of the name of a part. The command line, which is shown beside it, says the rest.
fn short_name(name: &OsStr, one: &Description) -> String {
    let name = name.to_string_lossy();
    match name.split_once(' ') {
        None if name == "scope" && one.scope.is_empty() => "no scope".to_owned(),
        None if name == "scope" => format!("scope {}", one.scope),
        Some((kind @ ("script" | "program"), _)) => kind.to_owned(),
        Some(("file", path)) => {
            let last = Path::new(path).file_name().unwrap_or(path.as_ref());
            format!("file {}", last.to_string_lossy())
        }
        _ => name.into_owned(),
    }
}
