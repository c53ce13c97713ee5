//! Restores that are killed, or for which there is no room.

use super::fixture::{Restoring, left_over, seen, states, write};
use crate::outputs::manifest::OutputManifest;
use crate::outputs::walk::STAGING;
use std::env;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// The directory of a fixture, for the process that restores in it.
const ROOT: &str = "CACHEX_TEST_RESTORE_IN";

/// A shell that runs tests again, with this said first.
fn again(restoring: &Restoring, first: &str) -> Command {
    let mut shell = Command::new("sh");
    let test = "outputs::restore::tests::interrupted::another_process_restores";
    shell.arg("-c").arg(format!("{first}; exec \"$0\" --exact {test} --nocapture"));
    shell.arg(env::current_exe().expect("known"));
    shell.env(ROOT, restoring.root.path()).stdout(Stdio::null()).stderr(Stdio::null());
    shell
}

/// Restores what the other tests here ask for.
#[test]
fn another_process_restores() {
    let Some(root) = env::var_os(ROOT) else { return };
    let root = Path::new(&root);
    let manifest = fs::read(root.join("manifest")).expect("read");
    let manifest = OutputManifest::decode(&manifest).expect("a manifest");
    let open = |digest: crate::recording::ContentDigest| {
        let name = crate::hex::Hex(&digest.0).to_string();
        crate::absence::if_there(fs::File::open(root.join("objects").join(name)))
    };
    let there = root.join("there");
    let prepared = crate::outputs::prepare(&there, &manifest, &open);
    prepared.expect("prepared").commit().expect("restored");
}

fn write_many(letter: u8) -> impl Fn(&Path) {
    move |at| {
        for number in 0..120 {
            write(at.join(format!("out/{}/{number}", number % 7)), vec![letter; 10_000]);
        }
    }
}

/// Whether anything is readied in a directory.
fn is_staging(directory: &Path) -> bool {
    let names = fs::read_dir(directory).into_iter().flatten();
    let mut names = names.filter_map(|entry| Some(entry.ok()?.file_name()));
    names.any(|name| name.as_encoded_bytes().starts_with(STAGING.as_bytes()))
}

/// Starts a restore in another process and kills it while it works: later and later with each round. Whether that
/// left anything behind.
fn kill_a_restore(restoring: &Restoring, round: u64) -> bool {
    let mut process = again(restoring, ":").spawn().expect("started");
    let is_working = || [restoring.there(), restoring.at("out")].iter().any(|at| is_staging(at));
    while !is_working() && process.try_wait().expect("known").is_none() {}
    thread::sleep(Duration::from_micros(500 * round));
    process.kill().expect("killed");
    process.wait().expect("ended");
    is_working()
}

#[test]
fn a_killed_restore_leaves_each_output_old_or_new_and_is_cleaned_up() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["out"], write_many(b'n'));
    fs::write(restoring.root.path().join("manifest"), outputs.encode()).expect("written");
    let mut interrupted = 0;
    for round in 0..20 {
        let old_is_there = round % 3 != 0;
        let _ = fs::remove_dir_all(restoring.at("out"));
        if old_is_there {
            write_many(b'o')(&restoring.there());
        }
        interrupted += u32::from(kill_a_restore(&restoring, round));
        let left = left_over(&restoring.there());
        for (path, _, _, _, _, content) in states(&restoring.there()) {
            if !left.iter().any(|left| path.starts_with(left)) && path.is_file() {
                assert_eq!(content.len(), 10_000, "{path:?} is torn");
                assert!(content.iter().all(|byte| *byte == content[0]), "{path:?} is torn");
            }
        }
        if !old_is_there && restoring.at("out").exists() {
            let counts = restoring.restore(&outputs).expect("restored");
            assert_eq!(counts.written, 0, "it appears as a whole");
        }
        // What is equal needs no restore, and so is not cleaned up.
        write(restoring.at("out/0/0"), "other");
        restoring.restore(&outputs).expect("restored");
        assert!(left_over(&restoring.there()).is_empty());
    }
    assert!(interrupted > 2, "only {interrupted} were interrupted");
}

#[test]
fn a_restore_that_runs_is_not_taken_for_a_killed_one() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["a", "b"], |at| {
        write(at.join("a"), "a");
        write(at.join("b"), "b");
    });
    let (there, open) = (restoring.there(), |digest| restoring.open(digest));
    let waiting = crate::outputs::prepare(&there, &outputs, &open).expect("prepared");
    restoring.restore(&outputs).expect("restored");
    assert_eq!(left_over(&there).len(), 1);
    waiting.commit().expect("restored");
    assert!(left_over(&there).is_empty());
}

#[test]
fn without_room_nothing_is_changed() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["out"], |at| {
        write(at.join("out/a"), "a");
        write(at.join("out/large"), vec![b'l'; 5 << 20]);
    });
    fs::write(restoring.root.path().join("manifest"), outputs.encode()).expect("written");
    write(restoring.at("out/a"), "older");
    let before = seen(&restoring.there());
    // A signal would end it: the program itself ignores that one.
    let status = again(&restoring, "trap '' XFSZ; ulimit -f 1000").status().expect("ran");
    assert!(!status.success());
    assert_eq!(status.signal(), None);
    assert_eq!(seen(&restoring.there()), before);
    assert!(again(&restoring, ":").status().expect("ran").success());
    assert_eq!(fs::read(restoring.at("out/a")).expect("read"), b"a");
}
