//! What decides: each rule with a program that it is about.

use super::run::{Call, SECRET, Sandbox, after, set_mode, set_time};
use crate::inputs::{Doubt, NotTraceable, RenameKind, SeenInputs};
use std::fs;
use std::os::unix::fs::symlink;

fn read(path: &str) -> Call {
    Call::Read(path.into())
}

fn write(path: &str) -> Call {
    Call::Write(path.into(), "written")
}

fn remove(path: &str) -> Call {
    Call::Remove(path.into())
}

fn make_directory(path: &str) -> Call {
    Call::MakeDirectory(path.into())
}

fn create(path: &str) -> Call {
    Call::CreateNew(path.into(), "new")
}

fn rename(source: &str, target: &str) -> Call {
    Call::Rename(source.into(), target.into(), RenameKind::Replace)
}

fn list(path: &str) -> Call {
    Call::List(path.into())
}

fn stat(path: &str) -> Call {
    Call::Stat(path.into(), true)
}

fn access(path: &str) -> Call {
    Call::Access(path.into(), true)
}

fn link_to(target: &str, path: &str) -> Call {
    Call::MakeLink(target.into(), path.into())
}

/// A project with a few files.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, text) in [("a", "one"), ("d/x", "two"), ("d/e/y", "three"), ("../o/z", "four")] {
        sandbox.write(name, text);
        set_time(&sandbox.path(name), 1_000_000);
    }
    symlink("a", sandbox.path("l")).expect("linked");
    symlink("d", sandbox.path("m")).expect("linked");
    sandbox
}

fn asked_of(seen: &SeenInputs) -> Vec<String> {
    let mut asked = Vec::new();
    let mut questions = seen.shape.questions();
    while let Some(question) = questions.next() {
        asked.push(String::from_utf8_lossy(question.path).into_owned());
    }
    asked
}

type Edit<'e> = (&'e str, &'e dyn Fn(&Sandbox));

/// Each edit alone spoils the result; nothing else does.
fn assert_spoiled_by(calls: &[Call], edits: &[Edit<'_>]) {
    for (name, edit) in edits {
        let sandbox = sandbox();
        let seen = sandbox.run(calls).expect("stored");
        assert!(sandbox.holds(&seen), "{calls:?} at once");
        sandbox.wait();
        edit(&sandbox);
        assert!(!sandbox.holds(&seen), "{calls:?} after {name}");
        assert!(!sandbox.differences(&seen).is_empty(), "{calls:?} after {name}");
    }
}

fn assert_kept_by(calls: &[Call], edits: &[Edit<'_>]) {
    for (name, edit) in edits {
        let sandbox = sandbox();
        let seen = sandbox.run(calls).expect("stored");
        sandbox.wait();
        edit(&sandbox);
        assert!(sandbox.holds(&seen), "{calls:?} after {name}: {:?}", sandbox.differences(&seen));
    }
}

fn file(name: &'static str, text: &'static str) -> impl Fn(&Sandbox) {
    move |sandbox| fs::write(sandbox.path(name), text).expect("written")
}

fn gone(name: &'static str) -> impl Fn(&Sandbox) {
    move |sandbox| fs::remove_file(sandbox.path(name)).expect("removed")
}

/// Another content with the size and the time of the old one.
fn sly(name: &'static str, text: &'static str) -> impl Fn(&Sandbox) {
    move |sandbox| {
        fs::write(sandbox.path(name), text).expect("written");
        set_time(&sandbox.path(name), 1_000_000);
    }
}

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
    sandbox.terms.times = crate::inputs::FileTimes::Ignore;
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
    assert_kept_by(
        &[read("l")],
        &[("a link to the same content", &|sandbox| {
            fs::copy(sandbox.path("a"), sandbox.path("b")).expect("copied");
            retarget("l", "b")(sandbox);
        })],
    );
}

/// What is stored though the program writes, and how many conditions there are.
#[test]
fn own_writes_are_no_inputs() {
    for (calls, expected) in [
        // Made and removed again.
        (vec![create("t"), read("t"), stat("t"), remove("t")], 0),
        (vec![write("t"), read("t"), remove("t")], 0),
        (
            vec![
                make_directory("t"),
                write("t/x"),
                list("t"),
                stat("t/none"),
                remove("t/x"),
                Call::RemoveDirectory("t".into()),
            ],
            0,
        ),
        (vec![create("t"), rename("t", "u"), read("u"), remove("u")], 0),
        (
            vec![
                make_directory("t"),
                write("t/x"),
                rename("t", "u"),
                read("u/x"),
                remove("u/x"),
                Call::RemoveDirectory("u".into()),
            ],
            0,
        ),
        (vec![link_to("a", "t"), remove("t")], 0),
        (vec![Call::Append("t".into(), "1"), remove("t")], 0),
        // It has to be absent, or more would be read.
        (vec![Call::Append("t".into(), "1"), read("t"), remove("t")], 1),
        // Written without a look, and left.
        (vec![write("t")], 1),
        (vec![write("a")], 1),
        (vec![write("t"), read("t"), stat("t")], 1),
        (vec![write("t"), rename("t", "a")], 1),
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
            0,
        ),
        // Left as it was.
        (vec![Call::Append("a".into(), "")], 0),
        // Looked at, and left as it was.
        (vec![Call::Update { path: "a".into(), creates: true, text: "" }], 1),
        (vec![read("a"), Call::Append("a".into(), "")], 1),
        (vec![read("a"), Call::Write("a".into(), "one")], 1),
        (vec![list("d"), create("d/t"), remove("d/t")], 1),
        (vec![stat("d"), write("d/x"), list("d")], 2),
        (vec![Call::Chmod("a".into(), 0o644), read("a")], 1),
        // What is behind the run's own link is not its own.
        (vec![link_to("a", "t"), read("t"), remove("t")], 1),
        (
            vec![
                make_directory("t"),
                link_to("../d", "t/l"),
                stat("t/l/none"),
                remove("t/l"),
                Call::RemoveDirectory("t".into()),
            ],
            1,
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
    assert_spoiled_by(&[Call::Append("a".into(), "x")], &[("its removal", &gone("a"))]);
}

#[test]
fn what_it_changed_after_looking_is_not_stored() {
    let by_itself = |name: &str| format!("it changed {name} after reading it");
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
        (vec![Call::Append("t".into(), "1"), stat("t")], "t"),
        (vec![stat("a"), Call::Chmod("a".into(), 0o600)], "a"),
        (vec![rename("a", "b")], "a"),
        (vec![Call::Link("a".into(), "t".into()), remove("a")], "a"),
        (vec![read("l"), Call::Write("l".into(), "x")], "l"),
    ] {
        let sandbox = sandbox();
        let reason = sandbox.run(&calls).expect_err("not stored").to_string();
        let path = sandbox.path(name);
        assert_eq!(reason, by_itself(path.to_str().expect("UTF-8")), "{calls:?}");
    }
    let sandbox = sandbox();
    let reason = sandbox.run(&[rename("d", "f")]).expect_err("not stored");
    assert_eq!(reason, NotTraceable::Moved(sandbox.path("d")));
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
    assert_eq!(reason, NotTraceable::ChangedByOthers(sandbox.path("a")));
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

#[test]
fn what_is_ignored_counts_nowhere() {
    let sandbox = sandbox().ignoring("log").ignoring("**/*.tmp");
    let calls = [list("."), read("log/x"), write("log"), stat("d/x.tmp"), write("../store/x")];
    let seen = sandbox.run(&calls).expect("stored");
    sandbox.wait();
    sandbox.write("x.tmp", "new");
    fs::remove_file(sandbox.path("log")).expect("removed");
    sandbox.write("log/x", "new");
    assert!(sandbox.holds(&seen), "{:?}", sandbox.differences(&seen));
    sandbox.write("other", "new");
    assert!(!sandbox.holds(&seen));
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernel_tells_of_itself_without_conditions() {
    let sandbox = sandbox();
    let (mut ledger, _) = sandbox.play(&[]);
    let own = format!("/proc/{}/status", std::process::id());
    let calls = [
        "/proc/meminfo",
        "/proc/none",
        &own,
        "/sys/devices/system/cpu/online",
        "/dev/null",
        "/dev/urandom",
    ];
    for path in calls {
        sandbox.announce(&read(path), &mut ledger);
        sandbox.announce(&stat(path), &mut ledger);
        sandbox.announce(&write(path), &mut ledger);
    }
    sandbox.announce(&read("/proc/sys/kernel/ostype"), &mut ledger);
    let seen = ledger.finish(SECRET, false, after(10)).expect("stored");
    assert_eq!(seen.counts.to_string(), "1 file read, 0 looked for in vain, 0 listed");
    assert_eq!(seen.shape.len(), 1);
    assert!(sandbox.holds(&seen));
}

#[cfg(target_os = "linux")]
#[test]
fn descriptors_lead_to_their_files() {
    use std::os::fd::AsRawFd;
    let sandbox = sandbox();
    let file_a = fs::File::open(sandbox.path("a")).expect("opened");
    let path = format!("/proc/{}/fd/{}", std::process::id(), file_a.as_raw_fd());
    let seen = sandbox.run(&[read(&path)]).expect("stored");
    sandbox.wait();
    assert_eq!(seen.shape.len(), 1);
    file("a", "other")(&sandbox);
    assert!(!sandbox.holds(&seen));
}

#[test]
fn doubts_forbid_to_store_but_for_a_time() {
    let sandbox = sandbox();
    let doubt = |doubt: Doubt, expires| -> Result<SeenInputs, NotTraceable> {
        let (mut ledger, _) = sandbox.play(&[read("a")]);
        ledger.doubt(doubt);
        ledger.finish(SECRET, expires, after(10))
    };
    let network = || Doubt::Network(None);
    assert_eq!(doubt(network(), false), Err(NotTraceable::Doubt(network())));
    assert_eq!(doubt(network(), true).expect("stored").shape.len(), 1);
    assert_eq!(doubt(Doubt::Terminal, true), Err(NotTraceable::Doubt(Doubt::Terminal)));
    let (mut ledger, _) = sandbox.play(&[]);
    ledger.blind();
    sandbox.announce(&read("a"), &mut ledger);
    assert_eq!(ledger.finish(SECRET, true, after(10)), Err(NotTraceable::Doubt(Doubt::Mount)));
    // A FIFO is a process on the other side, unless the run made it.
    rustix::fs::mknodat(
        rustix::fs::CWD,
        sandbox.path("fifo"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .expect("made");
    let (mut ledger, _) = sandbox.play(&[]);
    sandbox.announce(&read("fifo"), &mut ledger);
    let fifo = Doubt::Device(sandbox.path("fifo"));
    assert_eq!(ledger.finish(SECRET, false, after(10)), Err(NotTraceable::Doubt(fifo)));
}

#[test]
fn differences_are_told_by_name() {
    let sandbox = sandbox();
    let calls = [
        read("a"),
        stat("d/x"),
        read(".env.local"),
        list("d/e"),
        Call::ReadLink("m".into()),
        access("d"),
    ];
    let seen = sandbox.run(&calls).expect("stored");
    assert_eq!(sandbox.differences(&seen), [""; 0]);
    sandbox.wait();
    for (name, text) in [("a", "other"), (".env.local", "new"), ("d/e/new", "")] {
        sandbox.write(name, text);
    }
    gone("d/x")(&sandbox);
    gone("m")(&sandbox);
    symlink("a", sandbox.path("m")).expect("linked");
    assert_eq!(
        sandbox.differences(&seen),
        [
            "file .env.local is there now",
            "file a changed",
            "directory d/e lists otherwise",
            "file d/x is gone",
            "link m leads elsewhere",
        ]
    );
}

#[test]
fn a_stamp_that_has_become_old_enough_is_learned() {
    let sandbox = sandbox();
    let (ledger, _) = sandbox.play(&[read("a"), list("d")]);
    let seen = ledger.finish(SECRET, false, after(0)).expect("stored");
    let terms = crate::inputs::TraceTerms { now: after(10), ..sandbox.terms.clone() };
    let check = |states: &crate::inputs::StoredStates| {
        let states = [crate::inputs::StoredStates::decode(b"damaged".to_vec()), states.clone()];
        crate::inputs::verify(&seen.shape, &states, &terms, SECRET)
    };
    let holding = check(&seen.states);
    assert_eq!(holding.len(), 1);
    assert_eq!(holding[0].candidate, 1);
    let renewed = holding[0].renewed.as_ref().expect("renewed");
    assert_eq!(renewed.encode().len(), seen.states.encode().len() + 16);
    assert_eq!(check(renewed)[0].renewed, None);
    sandbox.wait();
    file("a", "other")(&sandbox);
    assert_eq!(check(renewed), []);
}

#[test]
fn entries_travel_with_the_project() {
    let sandbox = sandbox();
    let seen = sandbox.run(&[read("a"), list("."), stat("none")]).expect("stored");
    let mut copy = Sandbox::new();
    for (name, text) in [("a", "one"), ("d/x", ""), ("l", "")] {
        copy.write(name, text);
    }
    fs::remove_file(copy.path("l")).expect("removed");
    for name in ["l", "m"] {
        symlink("a", copy.path(name)).expect("linked");
    }
    assert!(copy.holds(&seen), "{:?}", copy.differences(&seen));
    copy.write("a", "other");
    assert!(!copy.holds(&seen));
    copy.terms.working_directory = "/none/such".into();
    assert!(!copy.holds(&seen));
}
