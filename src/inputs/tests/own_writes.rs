//! What a run changed: its own files are no inputs, and what it changed after looking at it forbids to store.

use super::project::{
    asked_of, assert_kept_by, assert_spoiled_by, create, file, gone, link_to, list, make_directory,
    read, remove, rename, sandbox, sly, stat, write,
};
use super::run::{Call, SECRET, Sandbox, after};
use crate::inputs::NotTraceable;

/// What is stored though the program writes, and how many conditions there are.
#[test]
fn own_writes_are_no_inputs() {
    for (calls, expected) in [
        // Made and removed again. All names that it used must be free.
        (vec![create("t"), read("t"), stat("t"), remove("t")], 1),
        (vec![write("t"), read("t"), remove("t")], 1),
        (
            vec![
                make_directory("t"),
                write("t/x"),
                list("t"),
                stat("t/none"),
                remove("t/x"),
                Call::RemoveDirectory("t".into()),
            ],
            1,
        ),
        (vec![create("t"), rename("t", "u"), read("u"), remove("u")], 2),
        (
            vec![
                make_directory("t"),
                write("t/x"),
                rename("t", "u"),
                read("u/x"),
                remove("u/x"),
                Call::RemoveDirectory("u".into()),
            ],
            2,
        ),
        (vec![link_to("a", "t"), remove("t")], 1),
        (vec![Call::Append("t".into(), "1"), remove("t")], 1),
        // It has to be absent, or more would be read.
        (vec![Call::Append("t".into(), "1"), read("t"), remove("t")], 2),
        // Written without a look, and left.
        (vec![write("t")], 1),
        (vec![write("a")], 1),
        (vec![write("t"), read("t"), stat("t")], 1),
        (vec![write("t"), rename("t", "a")], 2),
        (vec![Call::Append("a".into(), "more")], 1),
        (vec![Call::Touch("a".into())], 1),
        (
            vec![
                make_directory("t"),
                write("t/x"),
                Call::RemoveDirectory("t".into()),
                remove("t/x"),
                Call::RemoveDirectory("t".into()),
            ],
            1,
        ),
        // Left as it was: its size could be seen.
        (vec![Call::Append("a".into(), "")], 1),
        // Looked at, and left as it was.
        (vec![Call::Update { path: "a".into(), creates: true, text: "" }], 1),
        (vec![read("a"), Call::Append("a".into(), "")], 1),
        (vec![read("a"), Call::Write("a".into(), "one")], 1),
        (vec![list("d"), create("d/t"), remove("d/t")], 2),
        (vec![stat("d"), write("d/x"), list("d")], 2),
        (vec![Call::Chmod("a".into(), 0o644), read("a")], 1),
        (vec![stat("d"), write("d/new"), list("d")], 2),
        // What is behind the run's own link is not its own.
        (vec![link_to("a", "t"), read("t"), remove("t")], 2),
        (
            vec![
                make_directory("t"),
                link_to("../d", "t/l"),
                stat("t/l/none"),
                remove("t/l"),
                Call::RemoveDirectory("t".into()),
            ],
            2,
        ),
    ] {
        let sandbox = sandbox();
        match sandbox.run(&calls) {
            Err(reason) => panic!("{calls:?}: {reason}"),
            Ok(seen) => {
                // The directory in which names change has to be there, too.
                let asked = asked_of(&seen).into_iter().filter(|path| path != ".");
                assert_eq!(asked.count(), expected, "{calls:?}");
                assert!(sandbox.holds(&seen), "{calls:?}");
            }
        }
    }
}

#[test]
fn what_the_run_left_must_stay_as_it_is() {
    assert_spoiled_by(&[write("t")], &[("a change", &file("t", "x")), ("its removal", &gone("t"))]);
    assert_spoiled_by(&[write("t"), rename("t", "a")], &[("a change", &file("a", "one"))]);
    let calls = [link_to("a", "t"), rename("t", "u")];
    assert_spoiled_by(&calls, &[("its removal", &gone("u"))]);
    assert_kept_by(&calls, &[("a change of what the link leads to", &file("a", "other"))]);
    assert_spoiled_by(&[Call::Append("a".into(), "x")], &[("its removal", &gone("a"))]);
}

#[test]
fn what_it_changed_after_looking_is_not_stored() {
    let by_itself = |name: &str| {
        format!(
            "it changed {name} after reading it; if that does not matter, --trace-ignore {name}"
        )
    };
    for (calls, name) in [
        (vec![read("a"), write("a")], "a"),
        (vec![write("t"), read("a"), rename("t", "a")], "a"),
        (vec![stat("t"), write("t")], "t"),
        (vec![create("t")], "t"),
        (vec![make_directory("t")], "t"),
        (vec![remove("a")], "a"),
        (vec![list("d"), write("d/new")], "d"),
        (vec![read("a"), Call::Append("a".into(), "x")], "a"),
        (vec![Call::Append("a".into(), "x"), read("a")], "a"),
        (vec![Call::Update { path: "a".into(), creates: false, text: "1" }], "a"),
        (vec![Call::Update { path: "t".into(), creates: true, text: "1" }], "t"),
        (vec![Call::Update { path: "t".into(), creates: true, text: "" }, write("t")], "t"),
        (vec![Call::Append("t".into(), "1"), stat("t")], "t"),
        (vec![Call::Append("l".into(), "1"), read("l")], "a"),
        (vec![Call::Append("d/x".into(), "1"), stat("m/x")], "d/x"),
        (vec![Call::Append("d/t".into(), "1"), read("m/t")], "d/t"),
        (vec![stat("a"), Call::Chmod("a".into(), 0o600)], "a"),
        (vec![rename("a", "b")], "a"),
        (vec![Call::Link("a".into(), "t".into()), remove("a")], "a"),
        (vec![read("l"), Call::Write("l".into(), "x")], "l"),
    ] {
        let sandbox = sandbox();
        let reason = sandbox.run(&calls).expect_err("not stored").to_string();
        assert_eq!(reason, by_itself(name), "{calls:?}");
    }
    let sandbox = sandbox();
    let reason = sandbox.run(&[rename("d", "f")]).expect_err("not stored");
    assert_eq!(reason, NotTraceable::Moved("d".into()));
}

#[test]
fn what_others_change_meanwhile_is_not_stored() {
    for (call, edit) in [
        (read("a"), &file("a", "other") as &dyn Fn(&Sandbox)),
        (read("a"), &sly("a", "eno")),
        (stat("a"), &file("a", "other")),
        (list("d"), &file("d/new", "")),
        (stat("none"), &file("none", "")),
        (read("l"), &gone("a")),
    ] {
        let sandbox = sandbox();
        let (ledger, _) = sandbox.play(std::slice::from_ref(&call));
        edit(&sandbox);
        let reason = ledger.finish(SECRET, false, after(10)).expect_err("not stored");
        assert!(matches!(reason, NotTraceable::ChangedByOthers(_)), "{call:?}: {reason:?}");
    }
    // An edit between a look and the run's own write.
    let sandbox = sandbox();
    let (mut ledger, _) = sandbox.play(&[read("a")]);
    sandbox.write("a", "other");
    sandbox.announce(&write("a"), &mut ledger);
    sandbox.write("a", "one");
    let reason = ledger.finish(SECRET, false, after(10)).expect_err("not stored");
    assert_eq!(reason, NotTraceable::ChangedByOthers("a".into()));
}

/// With `--outputs` a run may look for what it writes and list the names around it, and reads nothing of it.
#[test]
fn what_an_output_was_before_does_not_count() {
    let with_outputs = || {
        let mut sandbox = sandbox();
        sandbox.terms.outputs.finds_written = true;
        sandbox
    };
    let calls = [list("."), stat("t"), Call::ReadLink("t".into()), write("t"), stat("t")];
    for (name, edit, holds) in [
        ("its removal", &gone("t") as &dyn Fn(&Sandbox), true),
        ("another content", &file("t", "other"), true),
        ("a new name beside it", &file("new", ""), false),
        ("the removal of another name", &gone("a"), false),
    ] {
        let sandbox = with_outputs();
        let seen = sandbox.run(&calls).expect("stored");
        assert_eq!(seen.written, [std::path::Path::new("t")]);
        assert!(!asked_of(&seen).is_empty() && sandbox.holds(&seen));
        sandbox.wait();
        edit(&sandbox);
        assert_eq!(sandbox.holds(&seen), holds, "{name}");
        assert_eq!(sandbox.differences(&seen).is_empty(), holds, "{name}");
    }
    for calls in [
        vec![list("."), create("t"), remove("a")],
        vec![Call::ReadLink("l".into()), remove("l"), write("l")],
        vec![read("t"), write("t")],
        vec![list("d"), remove("d/x")],
        vec![list("m"), write("d/t")],
        vec![list("../o"), write("../o/t")],
    ] {
        with_outputs().run(&calls).expect_err("not stored");
    }
}

/// A failed attempt to write makes nothing the run's own.
#[test]
fn a_write_that_failed_hides_no_look() {
    let sandbox = sandbox();
    let mut ledger = sandbox.ledger();
    for call in [write("a"), remove("d/x"), create("t")] {
        sandbox.announce(&call, &mut ledger);
    }
    for call in [read("a"), read("d/x"), read("t")] {
        sandbox.announce(&call, &mut ledger);
    }
    let seen = ledger.finish(SECRET, false, after(10)).expect("stored");
    sandbox.wait();
    for (name, old, new) in [("a", "one", "eno"), ("d/x", "two", "owt")] {
        assert!(sandbox.holds(&seen));
        sly(name, new)(&sandbox);
        assert!(!sandbox.holds(&seen), "{name}");
        sly(name, old)(&sandbox);
    }
    assert!(sandbox.holds(&seen));
    file("t", "")(&sandbox);
    assert!(!sandbox.holds(&seen));
}
