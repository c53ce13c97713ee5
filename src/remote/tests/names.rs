//! Names of objects.

use super::fixture::{key, secrets, team};
use crate::key::Digest;
use crate::remote::{Namer, Namespace, ObjectName};
use std::collections::BTreeSet;

#[test]
fn a_name_is_a_path_that_tells_nothing() {
    let team = team();
    let namespace = Namespace::default();
    let name = Namer::new(&team, &namespace).first(Digest([1; 32]), b"").to_string();
    let parts: Vec<_> = name.split('/').collect();
    assert_eq!(parts[..2], ["v1", "main"]);
    assert_eq!((parts[2].len(), parts[3].len()), (2, 64));
    assert!(parts[3].starts_with(parts[2]));
    assert_eq!(name.parse::<ObjectName>().expect("a name").to_string(), name);
}

#[test]
fn names_differ_by_all_that_they_are_made_of() {
    let (team, other) = (team(), secrets(&[("CACHEX_REMOTE_KEY", &key("cd"))]));
    let (main, branch) = (Namespace::default(), "pr-1".parse().expect("a namespace"));
    let mut names = BTreeSet::new();
    for secrets in [&team, &other] {
        for namespace in [&main, &branch] {
            let of = Namer::new(secrets, namespace);
            for byte in 0..4 {
                let digest = Digest([byte; 32]);
                names.insert(of.first(digest, b""));
                names.insert(of.conditional(digest, b""));
                names.insert(of.conditional(digest, b"x"));
            }
        }
    }
    assert_eq!(names.len(), 2 * 2 * 4 * 3);
}

#[test]
fn a_namespace_is_one_plain_word() {
    for text in ["main", "pr-17", "release_1.2", "A", &"x".repeat(64)] {
        assert_eq!(text.parse::<Namespace>().expect("fine").to_string(), text);
    }
    for text in ["", ".", "..", ".x", "a/b", "a b", "ä", "a?", &"x".repeat(65)] {
        assert!(text.parse::<Namespace>().is_err(), "{text}");
    }
}

#[test]
fn only_names_are_names() {
    let digits = "ab".repeat(32);
    assert!(format!("v1/main/ab/{digits}").parse::<ObjectName>().is_ok());
    for text in [
        "",
        "v1/main/ab",
        &format!("v2/main/ab/{digits}"),
        &format!("v1/main/cd/{digits}"),
        &format!("v1/main/ab/{}", digits.to_uppercase()),
        &format!("v1/main/ab/{digits}0"),
        &format!("v1/main/ab/{digits}/x"),
        &format!("v1/../ab/{digits}"),
        &format!("/v1/main/ab/{digits}"),
    ] {
        assert!(text.parse::<ObjectName>().is_err(), "{text}");
    }
}
