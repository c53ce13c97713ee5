//! What counts nowhere, what forbids to store, and what is told of an entry.

use super::project::{access, file, gone, list, read, sandbox, stat, write};
use super::run::{Call, SECRET, Sandbox, after};
use crate::inputs::{Doubt, NotTraceable, SeenInputs};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

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
            "directory d/e changed",
            "file d/x is gone",
            "link m changed",
        ]
    );
}

#[test]
fn a_directory_or_link_whose_names_or_target_stay_is_said_to_have_changed() {
    let sandbox = sandbox();
    let seen = sandbox.run(&[list("d"), Call::ReadLink("m".into()), Call::Stat("m".into(), false)]);
    let seen = seen.expect("stored");
    sandbox.wait();
    fs::set_permissions(sandbox.path("d"), fs::Permissions::from_mode(0o700)).expect("set");
    let target = fs::read_link(sandbox.path("m")).expect("read");
    gone("m")(&sandbox);
    symlink(target, sandbox.path("m")).expect("linked");
    assert_eq!(sandbox.differences(&seen), ["directory d changed", "link m changed"]);
}

#[test]
fn a_path_that_was_asked_about_in_two_ways_is_named_once() {
    let sandbox = sandbox();
    let calls = [true, false].map(|follow| Call::Stat("new".into(), follow));
    let seen = sandbox.run(&calls).expect("stored");
    assert_eq!(seen.shape.len(), 2);
    sandbox.write("new", "");
    assert_eq!(sandbox.differences(&seen), ["file new is there now"]);
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
