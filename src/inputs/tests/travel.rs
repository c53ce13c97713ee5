//! A run on one machine and the same questions on another.

use super::project::{Edit, access, file, gone, list, read, sandbox, stat};
use super::run::{Call, SECRET, Sandbox, after, set_mode, set_time};
use crate::inputs::{
    InputShape, ObservedInputs, PortablePlaces, TraceTerms, names_places, observe_here,
    portable_shape, verify,
};
use crate::key::{Digest, TraceTimes};
use crate::time::Timestamp;
use std::fs;

fn places(sandbox: &Sandbox) -> PortablePlaces {
    let terms = &sandbox.terms;
    PortablePlaces::new(&terms.project, terms, Some(&terms.store.with_file_name("o")))
}

/// The portable questions of a run, and what is found where it ran.
fn gives(sandbox: &Sandbox, calls: &[Call]) -> (InputShape, Digest) {
    let seen = sandbox.run(calls).expect("stored");
    let (terms, places) = (&sandbox.terms, places(sandbox));
    let is_exact = names_places(&seen.shape, terms, &places);
    let shape = portable_shape(&seen.shape, terms, &places, is_exact);
    let observed = observe_here(&shape, terms, &places, SECRET).expect("observed");
    assert!(observed.agrees_with(&seen));
    (shape, observed.digest)
}

fn finds(sandbox: &Sandbox, shape: &InputShape) -> Option<ObservedInputs> {
    let terms = TraceTerms { now: Timestamp::now(), ..sandbox.terms.clone() };
    observe_here(shape, &terms, &places(sandbox), b"another secret")
}

/// Whether another machine finds the result after an edit.
fn travels(calls: &[Call], edit: &dyn Fn(&Sandbox)) -> bool {
    let (one, other) = (sandbox(), sandbox());
    let (shape, digest) = gives(&one, calls);
    edit(&other);
    let found = finds(&other, &shape);
    if let Some(found) = &found {
        let (seen, terms) = (&found.seen, &other.terms);
        let holds =
            verify(&seen.shape, std::slice::from_ref(&seen.states), terms, b"another secret");
        assert!(!holds.is_empty(), "{calls:?} at once");
    }
    found.is_some_and(|found| found.digest == digest)
}

fn assert_lost_by(calls: &[Call], edits: &[Edit<'_>]) {
    assert!(travels(calls, &|_| ()), "{calls:?}");
    for (name, edit) in edits {
        assert!(!travels(calls, edit), "{calls:?} after {name}");
    }
}

#[test]
fn what_was_asked_decides_on_any_machine() {
    assert_lost_by(
        &[read("a"), read("none"), list("d"), access("d/e"), stat("d/x")],
        &[
            ("a change", &file("a", "other")),
            ("a removal", &gone("a")),
            ("a new file", &file("none", "")),
            ("a name", &file("d/new", "")),
            ("a mode", &|it| set_mode(&it.path("d/e"), 0o700)),
            ("a time", &|it| set_time(&it.path("d/x"), 2_000_000)),
        ],
    );
    assert!(travels(&[read("a")], &|it| set_time(&it.path("a"), 2_000_000)));
    assert!(travels(&[read("a")], &file("b", "new")));
}

#[test]
fn files_at_home_and_of_the_system_count_by_content() {
    assert!(travels(&[Call::Read("/etc/passwd".into())], &|_| ()));
    let homes = [0, 1].map(|_| tempfile::tempdir().expect("a directory"));
    let [one, other] = [sandbox(), sandbox()];
    let homes = homes.each_ref().map(|home| fs::canonicalize(home.path()).expect("there"));
    let places = |sandbox: &Sandbox, home| {
        PortablePlaces::new(&sandbox.terms.project, &sandbox.terms, Some(home))
    };
    for home in &homes {
        fs::write(home.join("z"), "four").expect("written");
    }
    let path = homes[0].join("z").into_os_string().into_string().expect("UTF-8");
    let seen = one.run(&[Call::Read(path)]).expect("stored");
    let here = places(&one, &homes[0]);
    let shape = portable_shape(&seen.shape, &one.terms, &here, false);
    let digest = observe_here(&shape, &one.terms, &here, SECRET).expect("found").digest;
    let digest_there = || {
        let there = places(&other, &homes[1]);
        observe_here(&shape, &other.terms, &there, SECRET).expect("found").digest
    };
    assert_eq!(digest_there(), digest);
    fs::write(homes[1].join("z"), "five").expect("written");
    assert_ne!(digest_there(), digest);
}

#[test]
fn directories_above_the_project_may_be_others_of_their_kind() {
    let upward = [access(".."), Call::Access("/".into(), true), Call::ReadLink("..".into())];
    assert!(travels(&upward, &|_| ()));
    assert!(!travels(&upward, &|it| set_mode(&it.path(".."), 0o711)));
}

#[test]
fn a_program_that_looked_beside_the_project_depends_on_its_place() {
    for beside in [access("../none"), list("..")] {
        assert!(!travels(&[beside], &|_| ()));
    }
}

#[test]
fn a_file_that_names_the_project_keeps_a_result_at_that_place() {
    let one = sandbox();
    fs::write(one.path("a"), format!("see {}/x", one.terms.project.display())).expect("written");
    let (shape, digest) = gives(&one, &[read("a")]);
    assert_eq!(finds(&one, &shape).expect("found").digest, digest);
    let other = sandbox();
    fs::copy(one.path("a"), other.path("a")).expect("copied");
    assert_ne!(finds(&other, &shape).expect("found").digest, digest);
}

#[test]
fn times_count_unless_they_are_not_to() {
    let mut one = sandbox();
    let seen = one.run(&[stat("a")]).expect("stored");
    let shape = portable_shape(&seen.shape, &one.terms, &places(&one), false);
    set_time(&one.path("a"), 3_000_000);
    let exact = finds(&one, &shape).expect("found").digest;
    one.terms.times = TraceTimes::Ignore;
    let without = finds(&one, &shape).expect("found").digest;
    set_time(&one.path("a"), 4_000_000);
    assert_eq!(finds(&one, &shape).expect("found").digest, without);
    one.terms.times = TraceTimes::Exact;
    assert_ne!(finds(&one, &shape).expect("found").digest, exact);
}

#[test]
fn what_changed_since_the_run_is_noticed() {
    let calls = [read("a"), read("none"), list("d"), stat("d/x"), read("../o/z")];
    let edits: [Edit<'_>; 6] = [
        ("a change", &file("a", "other")),
        ("a new file", &file("none", "")),
        ("a name", &file("d/new", "")),
        ("a time", &|it| set_time(&it.path("d/x"), 2_000_000)),
        ("a removal", &gone("a")),
        ("a change elsewhere", &file("../o/z", "five")),
    ];
    for (name, edit) in edits {
        let one = sandbox();
        let seen = one.run(&calls).expect("stored");
        let shape = portable_shape(&seen.shape, &one.terms, &places(&one), false);
        let terms = TraceTerms { now: after(10), ..one.terms.clone() };
        let observe = || observe_here(&shape, &terms, &places(&one), SECRET).expect("found");
        assert!(observe().agrees_with(&seen));
        one.wait();
        edit(&one);
        assert!(!observe().agrees_with(&seen), "{name}");
    }
}

#[test]
fn questions_that_make_no_sense_are_not_asked() {
    let one = sandbox();
    let (shape, _) = gives(&one, &[read("a")]);
    let shapes = [&b"a"[..], b"//x"].map(|path| {
        let mut bytes = vec![4, 0, u8::try_from(path.len()).expect("short")];
        bytes.extend(path);
        InputShape::decode(bytes).expect("a shape")
    });
    assert!(finds(&one, &shape).is_some());
    assert!(shapes.iter().all(|shape| finds(&one, shape).is_none()));
}
