//! Arrows point down only: a module uses modules of lower layers, or of its own where named.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Each module and those that it may use.
const ALLOWED: &[(&str, &str)] = &[
    ("time", ""),
    ("size", ""),
    ("hex", ""),
    ("exit", ""),
    ("home", ""),
    ("file_lock", ""),
    ("inherited", ""),
    ("die_with_parent", ""),
    ("memory_file", ""),
    ("terminal", ""),
    ("ownership", ""),
    ("private_directory", "home ownership terminal"),
    ("single_flight", "file_lock private_directory"),
    ("output_streams", "inherited terminal"),
    ("error", "terminal"),
    (
        "key",
        "exit hex inherited die_with_parent memory_file output_streams single_flight terminal time",
    ),
    ("recording", "exit size terminal time"),
    ("progress", "terminal"),
    ("entry", "exit key recording time"),
    ("policy", "entry exit key time"),
    ("stdin", "entry inherited key memory_file terminal"),
    (
        "store",
        "entry exit file_lock hex key ownership private_directory recording single_flight size terminal time",
    ),
    (
        "runner",
        "entry exit inherited key die_with_parent memory_file output_streams progress recording single_flight stdin terminal time",
    ),
    ("replay", "recording terminal"),
    (
        "options",
        "error exit hex home key output_streams ownership policy private_directory progress single_flight size store terminal time",
    ),
    (
        "call",
        "entry error exit inherited key options policy progress recording replay runner single_flight stdin store \
         terminal time",
    ),
    ("commands", "call entry error exit hex key options recording size store terminal time"),
];

fn sources(path: &Path, found: &mut Vec<String>) {
    if path.is_dir() {
        for child in fs::read_dir(path).expect("readable") {
            sources(&child.expect("readable").path(), found);
        }
    } else {
        found.push(fs::read_to_string(path).expect("readable"));
    }
}

/// The modules of this crate that a source names, in any way but a comment.
fn used(source: &str) -> BTreeSet<&str> {
    source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .inspect(|rest| assert!(!rest.starts_with('{'), "one `use` a module, please: {rest}"))
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""))
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn arrows_point_down_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (module, allowed) in ALLOWED {
        let mut found = Vec::new();
        for path in [root.join(format!("{module}.rs")), root.join(module)] {
            if path.exists() {
                sources(&path, &mut found);
            }
        }
        for source in &found {
            for name in used(source) {
                assert!(name == *module || allowed.contains(name), "{module} uses {name}");
            }
        }
    }
}

#[test]
fn the_table_is_in_order_and_complete() {
    let known: Vec<&str> = ALLOWED.iter().map(|(module, _)| *module).collect();
    for (place, (module, allowed)) in ALLOWED.iter().enumerate() {
        for name in allowed.split_whitespace() {
            assert!(known[..place].contains(&name), "{module} may not use {name}: it comes later");
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for child in fs::read_dir(root).expect("readable") {
        let path = child.expect("readable").path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        assert!(["lib", "main"].contains(&name) || known.contains(&name), "{name} has no layer");
    }
}
