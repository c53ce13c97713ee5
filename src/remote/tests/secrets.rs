//! Keys and signers: who may write, and whom readers believe.

use super::fixture::{key, name, open, refusal, seal, secrets, team};
use crate::remote::access::access;
use crate::remote::child::Transfer;
use crate::remote::{ObjectKind, Refusal, SealFault, SealedWriter, Secrets, new_secrets};
use std::collections::BTreeMap;
use std::time::Duration;

/// New secrets by their names.
fn generated() -> BTreeMap<String, String> {
    let text = new_secrets().expect("random bytes");
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn fault(variables: &[(&str, &str)]) -> String {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let secrets = Secrets::new(|name| variables.get(name).map(ToString::to_string));
    secrets.err().expect("a fault").to_string()
}

#[test]
fn generated_secrets_can_be_used_and_are_new_each_time() {
    let (one, other) = (generated(), generated());
    let names = ["CACHEX_REMOTE_KEY", "CACHEX_REMOTE_SIGN_KEY", "CACHEX_REMOTE_TRUST"];
    assert_eq!(one.keys().collect::<Vec<_>>(), names);
    assert!(names.iter().all(|name| one[*name] != other[*name]));
    let secrets = Secrets::new(|name| one.get(name).cloned()).expect("usable");
    assert!(secrets.may_write());
}

#[test]
fn nothing_shows_a_secret_to_who_looks_for_faults() {
    let variable = |_: &str| Some("hidden".to_owned());
    let access = access("redis://hidden:hidden@localhost", variable).expect("an address");
    let shown = format!("{access:?} {:?}", Transfer::new(access.clone(), Duration::ZERO));
    assert!(shown.contains("localhost") && !shown.contains("hidden"), "{shown}");
}

#[test]
fn a_fault_names_the_variable_and_shows_no_secret() {
    let good = key("ab");
    let secret = "c0ffee";
    for (variables, name) in [
        (vec![], "CACHEX_REMOTE_KEY"),
        (vec![("CACHEX_REMOTE_KEY", " ")], "CACHEX_REMOTE_KEY"),
        (vec![("CACHEX_REMOTE_KEY", secret)], "CACHEX_REMOTE_KEY"),
        (vec![("CACHEX_REMOTE_KEY", "c0ffee!")], "CACHEX_REMOTE_KEY"),
        (
            vec![("CACHEX_REMOTE_KEY", &good), ("CACHEX_REMOTE_SIGN_KEY", secret)],
            "CACHEX_REMOTE_SIGN_KEY",
        ),
        (
            vec![("CACHEX_REMOTE_KEY", &good), ("CACHEX_REMOTE_TRUST", secret)],
            "CACHEX_REMOTE_TRUST",
        ),
        (vec![("CACHEX_REMOTE_KEY", &good), ("CACHEX_REMOTE_TRUST", ",")], "CACHEX_REMOTE_TRUST"),
        (vec![("CACHEX_REMOTE_KEY", &good), ("CACHEX_REMOTE_TRUST", "")], "CACHEX_REMOTE_TRUST"),
    ] {
        let fault = fault(&variables);
        assert!(fault.starts_with(name) && !fault.contains(secret), "{fault}");
    }
}

#[test]
fn readers_of_signed_objects_cannot_write_and_believe_signers_only() {
    let (signer, foreign, team_key) = (generated(), generated(), key("ab"));
    let machine = |seed: Option<&BTreeMap<String, String>>, trusted: &str| {
        let mut variables = vec![("CACHEX_REMOTE_KEY", &*team_key)];
        if let Some(seed) = seed {
            variables.push(("CACHEX_REMOTE_SIGN_KEY", &seed["CACHEX_REMOTE_SIGN_KEY"]));
        }
        variables.push(("CACHEX_REMOTE_TRUST", trusted));
        secrets(&variables)
    };
    let trusted = &signer["CACHEX_REMOTE_TRUST"];
    let (writer, reader) = (machine(Some(&signer), trusted), machine(None, trusted));
    let name = name(&reader, 1);
    let bytes = seal(&writer, &name, b"hello");
    assert_eq!(open(&bytes, &name, &reader).expect("believed"), b"hello");
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        refusal(&changed, &name, &reader);
    }
    // A reader.
    assert!(!reader.may_write());
    let begun = SealedWriter::new(Vec::new(), ObjectKind::Pack, &name, &reader);
    assert_eq!(begun.err().expect("refused").kind(), std::io::ErrorKind::PermissionDenied);
    // A member of the team without a seed.
    let by_key = seal(&team(), &name, b"hello");
    assert_eq!(refusal(&by_key, &name, &reader), Refusal::Seal(SealFault::OtherKind));
    assert_eq!(refusal(&bytes, &name, &team()), Refusal::Seal(SealFault::OtherKind));
    // A seed that is not trusted.
    let by_other = seal(&machine(Some(&foreign), trusted), &name, b"hello");
    assert_eq!(refusal(&by_other, &name, &reader), Refusal::Seal(SealFault::Foreign));
    // Rotation: both are trusted for a while.
    let both = format!("{}, {trusted}", foreign["CACHEX_REMOTE_TRUST"]);
    let rotated = machine(None, &both);
    for bytes in [&bytes, &by_other] {
        assert_eq!(open(bytes, &name, &rotated).expect("believed"), b"hello");
    }
}

#[test]
fn who_signs_believes_itself() {
    let (signer, key) = (generated(), key("ab"));
    let seed = &signer["CACHEX_REMOTE_SIGN_KEY"];
    let machine = secrets(&[("CACHEX_REMOTE_KEY", &key), ("CACHEX_REMOTE_SIGN_KEY", seed)]);
    let name = name(&machine, 1);
    assert_eq!(open(&seal(&machine, &name, b"x"), &name, &machine).expect("believed"), b"x");
}
