//! The structure of the source: arrows point down only, inside folders too, and each name means one thing.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod layers;
mod sources;

use layers::{FOLDERS, MODULES};
use sources::{Source, sources};
use std::collections::{BTreeMap, BTreeSet};

/// Lines of the longest file, its tests included.
const LONGEST: usize = 400;

/// Fails with all faults at once.
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// The children of each folder by the folder's path, `""` for the root: files and folders alike.
fn children(sources: &[Source]) -> BTreeMap<String, BTreeSet<&str>> {
    let mut children: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        for (depth, name) in source.module.iter().enumerate() {
            children.entry(source.module[..depth].join("/")).or_default().insert(name);
        }
    }
    children
}

/// The order of a folder's children: which may use which.
fn may_use(folder: &str, from: &str, to: &str) -> bool {
    if folder.is_empty() {
        let allowed = MODULES.iter().find(|(module, _)| *module == from);
        return allowed.is_some_and(|(_, allowed)| allowed.split(' ').any(|name| name == to));
    }
    let order = FOLDERS.iter().find(|(name, _)| *name == folder);
    order.is_some_and(|(_, order)| {
        let place = |wanted: &str| order.split(' ').position(|name| name == wanted);
        place(to).is_some_and(|to| Some(to) < place(from))
    })
}

#[test]
fn arrows_point_down_only() {
    let sources = sources();
    let children = children(&sources);
    let mut faults = BTreeSet::new();
    for source in sources.iter().filter(|source| !is_root(source)) {
        for path in source.named_paths() {
            let own = &source.module;
            let common = own.iter().zip(&path).take_while(|(one, other)| one == other).count();
            let folder = own[..common.min(own.len())].join("/");
            let (from, to) = (own.get(common), path.get(common));
            let is_module = to.is_some_and(|to| {
                children.get(&folder).is_some_and(|children| children.contains(to.as_str()))
            });
            let is_fine = match (from, to) {
                (Some(from), Some(to)) => is_module && may_use(&folder, from, to),
                // A file names its own items, a mod.rs its children, and `pub(in crate::a)` a folder around it.
                (None, _) | (_, None) => true,
            };
            if !is_fine {
                faults.insert(format!("{} uses {}", source.path.display(), path.join("::")));
            }
        }
    }
    assert_none(&faults.into_iter().collect::<Vec<_>>());
}

fn is_root(source: &Source) -> bool {
    ["lib", "main"].contains(&source.module[0].as_str()) && source.module.len() == 1
}

#[test]
fn the_tables_are_in_order_and_complete() {
    let sources = sources();
    let mut faults = Vec::new();
    for (place, (module, allowed)) in MODULES.iter().enumerate() {
        for name in allowed.split(' ').filter(|name| !name.is_empty()) {
            if !MODULES[..place].iter().any(|(lower, _)| *lower == name) {
                faults.push(format!("{module} may not use {name}: it does not stand below"));
            }
        }
    }
    for (folder, found) in children(&sources) {
        let listed: BTreeSet<&str> = if folder.is_empty() {
            MODULES.iter().map(|(module, _)| *module).chain(["lib", "main"]).collect()
        } else {
            let order = FOLDERS.iter().find(|(name, _)| *name == folder);
            order.map(|(_, order)| order.split(' ').collect()).unwrap_or_default()
        };
        for name in found.symmetric_difference(&listed) {
            faults.push(format!("{folder}/{name} is listed, or there, but not both"));
        }
    }
    assert_none(&faults);
}

#[test]
fn a_mod_file_only_introduces_its_folder() {
    let introduces = |line: &str| {
        let visible = line.strip_prefix("pub").map(|rest| match rest.split_once(") ") {
            Some((scope, rest)) if scope.starts_with('(') => rest,
            _ => rest.trim_start(),
        });
        let declares =
            ["mod ", "use "].iter().any(|word| visible.unwrap_or(line).starts_with(word));
        declares || line.is_empty() || line.starts_with([' ', '}', '#'])
    };
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| source.is_introduction()) {
        for line in source.code.lines().filter(|line| !introduces(line)) {
            faults.push(format!("{}: {line}", source.path.display()));
        }
    }
    assert_none(&faults);
}

#[test]
fn each_file_is_declared() {
    let sources = sources();
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| !is_root(source)) {
        let (name, folder) = source.module.split_last().expect("a name");
        let introduction = if folder.is_empty() { vec!["lib".to_owned()] } else { folder.to_vec() };
        let declaration = format!("mod {name};");
        let declares = |other: &Source| {
            other.module == introduction
                && other.code.lines().any(|line| line.ends_with(&declaration))
        };
        if !sources.iter().any(declares) {
            faults.push(format!("{} is not part of the program", source.path.display()));
        }
    }
    assert_none(&faults);
}

#[test]
fn each_type_name_is_used_once() {
    let sources = sources();
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for source in &sources {
        for name in source.types() {
            places.entry(name).or_default().push(source.path.display().to_string());
        }
    }
    places.retain(|_, places| places.iter().collect::<BTreeSet<_>>().len() > 1);
    let faults: Vec<String> =
        places.iter().map(|(name, places)| format!("{name}: {}", places.join(", "))).collect();
    assert_none(&faults);
}

#[test]
fn each_file_is_short_and_says_what_it_is_for() {
    let mut faults = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > LONGEST {
            faults.push(format!("{} has {lines} lines", source.path.display()));
        }
        if !source.text.starts_with("//!") {
            faults.push(format!("{} does not begin with a //!", source.path.display()));
        }
    }
    assert_none(&faults);
}
