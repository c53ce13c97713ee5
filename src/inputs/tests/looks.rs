//! What a run asked decides, and nothing else.

use super::project::{
    Edit, access, assert_kept_by, assert_spoiled_by, file, gone, list, read, sandbox, sly, stat,
};
use super::run::{Call, SECRET, Sandbox, after, set_mode, set_time};
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn content_that_was_read_decides() {
    assert_spoiled_by(
        &[read("a")],
        &[
            ("a change", &file("a", "other")),
            ("a sly change", &sly("a", "eno")),
            ("its removal", &gone("a")),
            ("a mode", &|sandbox| set_mode(&sandbox.path("a"), 0o600)),
            ("a directory in its place", &|sandbox| {
                fs::remove_file(sandbox.path("a")).expect("removed");
                fs::create_dir(sandbox.path("a")).expect("made");
            }),
        ],
    );
    assert_kept_by(
        &[read("a")],
        &[
            ("the same content anew", &sly("a", "one")),
            ("a time", &|sandbox| set_time(&sandbox.path("a"), 2_000_000)),
            ("another name", &file("b", "new")),
            ("a copy in its place", &|sandbox| {
                fs::copy(sandbox.path("a"), sandbox.path("b")).expect("copied");
                fs::rename(sandbox.path("b"), sandbox.path("a")).expect("renamed");
            }),
        ],
    );
}

#[test]
fn outside_of_the_project_the_stamp_decides() {
    assert_spoiled_by(
        &[read("../o/z")],
        &[
            ("a change", &file("../o/z", "other")),
            ("the same content anew", &sly("../o/z", "four")),
        ],
    );
    let sandbox = sandbox();
    let seen = sandbox.play(&[read("../o/z")]).0;
    let seen = seen.finish(SECRET, false, after(0)).expect("stored");
    sly("../o/z", "four")(&sandbox);
    assert!(sandbox.holds(&seen), "the file was too young, so its content decided");
    sly("../o/z", "ruof")(&sandbox);
    assert!(!sandbox.holds(&seen));
}

#[test]
fn what_was_looked_for_in_vain_must_stay_away() {
    assert_spoiled_by(&[read("none")], &[("a file", &file("none", ""))]);
    assert_spoiled_by(
        &[access("none/deeper/x")],
        &[("a directory above it", &|sandbox| {
            fs::create_dir(sandbox.path("none")).expect("made");
        })],
    );
    assert_spoiled_by(
        &[stat("a/x")],
        &[
            ("a directory in place of the file above it", &|sandbox| {
                fs::remove_file(sandbox.path("a")).expect("removed");
                fs::create_dir(sandbox.path("a")).expect("made");
            }),
            ("the absence of the file above it", &gone("a")),
        ],
    );
    let sandbox = sandbox();
    let seen = sandbox.run(&[stat("none/1"), stat("none/2/3"), read("d/none")]).expect("stored");
    assert_eq!(seen.shape.len(), 2, "the topmost missing directories");
    assert_eq!(seen.counts.to_string(), "0 files read, 2 looked for in vain, 0 listed");
}

#[test]
fn a_stat_shows_mode_size_and_time_of_a_file_only() {
    let change_time: Edit<'_> = ("a time", &|sandbox| set_time(&sandbox.path("a"), 5));
    let change_mode: Edit<'_> = ("a mode", &|sandbox| set_mode(&sandbox.path("a"), 0o755));
    assert_spoiled_by(&[stat("a")], &[change_time, change_mode, ("a size", &sly("a", "longer"))]);
    assert_kept_by(&[stat("a")], &[("a sly change", &sly("a", "eno"))]);
    assert_spoiled_by(&[access("a")], &[change_mode]);
    assert_kept_by(&[access("a")], &[change_time, ("a change", &file("a", "other"))]);
    assert_kept_by(&[stat("d"), access("d")], &[("a new name in it", &file("d/new", ""))]);
    assert_spoiled_by(&[stat("d")], &[("a mode", &|sandbox| set_mode(&sandbox.path("d"), 0o700))]);
}

#[test]
fn times_can_be_ignored() {
    let mut sandbox = sandbox();
    sandbox.terms.times = crate::key::TraceTimes::Ignore;
    let seen = sandbox.run(&[stat("a"), read("a")]).expect("stored");
    sandbox.wait();
    set_time(&sandbox.path("a"), 5);
    assert!(sandbox.holds(&seen));
    file("a", "longer than before")(&sandbox);
    assert!(!sandbox.holds(&seen));
}

#[test]
fn listings_and_links_decide() {
    assert_spoiled_by(
        &[list("d")],
        &[
            ("a new name", &file("d/new", "")),
            ("a name that is gone", &gone("d/x")),
            ("another kind", &|sandbox| {
                fs::remove_file(sandbox.path("d/x")).expect("removed");
                fs::create_dir(sandbox.path("d/x")).expect("made");
            }),
        ],
    );
    assert_kept_by(
        &[list("d")],
        &[
            ("a content", &file("d/x", "other")),
            ("a name below", &file("d/e/new", "")),
            ("a name that came and went", &|sandbox| {
                file("d/new", "")(sandbox);
                gone("d/new")(sandbox);
            }),
        ],
    );
    let retarget = |name: &'static str, target: &'static str| {
        move |sandbox: &Sandbox| {
            fs::remove_file(sandbox.path(name)).expect("removed");
            symlink(target, sandbox.path(name)).expect("linked");
        }
    };
    assert_spoiled_by(&[Call::ReadLink("l".into())], &[("a new target", &retarget("l", "d/x"))]);
    assert_spoiled_by(&[read("l")], &[("a new target", &retarget("l", "d/x"))]);
    assert_spoiled_by(&[read("m/x")], &[("a link above it", &retarget("m", "d/e"))]);
    assert_spoiled_by(&[access("m"), read("d/x")], &[("a link to it", &retarget("m", "d/e"))]);
    assert_kept_by(
        &[read("l")],
        &[("a link to the same content", &|sandbox| {
            fs::copy(sandbox.path("a"), sandbox.path("b")).expect("copied");
            retarget("l", "b")(sandbox);
        })],
    );
}

#[test]
fn each_link_on_the_way_to_a_directory_decides() {
    for calls in [[access("n"), read("d/x")], [stat("n/e"), read("d/e/y")]] {
        let sandbox = sandbox();
        sandbox.write("o/e/y", "other");
        symlink("m", sandbox.path("n")).expect("linked");
        let seen = sandbox.run(&calls).expect("stored");
        assert!(sandbox.holds(&seen), "{calls:?}");
        fs::remove_file(sandbox.path("m")).expect("removed");
        symlink("o", sandbox.path("m")).expect("linked");
        assert!(!sandbox.holds(&seen), "{calls:?}");
        assert_eq!(sandbox.differences(&seen).len(), 1, "{calls:?}");
    }
}
