//! Processes that store files side by side, and are killed meanwhile.

use super::harness::{Random, Sandbox, say};
use super::stored_files::{Contents, entry, fill, fill_with, hit, opener, outputs};
use cachex::store::{DEFAULT_MAX_SIZE, Filled, Selection, Store};
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The files that each process stores: shared ones, one that only this entry has, and sometimes long output.
fn sample(number: u8, round: u8) -> Contents {
    vec![b"shared".to_vec(), vec![round; 100_000], vec![number, round], vec![3; 70_000]]
}

const STORE: &str = "CACHEX_TEST_STORE";
const CALLS: &str = "CACHEX_TEST_CALLS";

/// The work of another process: stores entries, by their numbers and rounds. This is a test of its own, which does
/// nothing unless another test starts it.
#[test]
fn store_in_a_process_of_its_own() {
    let (Some(store), Some(calls)) = (std::env::var_os(STORE), std::env::var_os(CALLS)) else {
        return;
    };
    let mut store = Store::open(Path::new(&store)).expect("opened");
    for call in calls.into_string().expect("UTF-8").split(' ') {
        let (number, round) = call.split_once('/').expect("two numbers");
        let number = number.parse().expect("a number");
        if round == "clear" {
            store.clear(&Selection::all()).expect("cleared");
            continue;
        }
        let contents = sample(number, round.parse().expect("a number"));
        let open = opener(&contents);
        let length = if number % 2 == 0 { 1_200_000 } else { 10 };
        let filled = fill(&mut store, number, length, outputs(&contents, &open), DEFAULT_MAX_SIZE);
        assert!(matches!(filled.expect("filled"), Filled::Stored | Filled::Cleared));
    }
}

fn storing(sandbox: &Sandbox, program: &[&str], calls: &str) -> Command {
    let this = std::env::current_exe().expect("known");
    let mut words: Vec<_> = program.iter().map(Into::into).collect::<Vec<OsString>>();
    words.push(this.into());
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .args(["--exact", "stored_files_side_by_side::store_in_a_process_of_its_own"]);
    command.arg("--test-threads=1").env(STORE, sandbox.store_dir()).env(CALLS, calls);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Expects that an entry is there with the files of one of the rounds.
#[track_caller]
fn holds(sandbox: &Sandbox, number: u8, rounds: &[u8]) {
    let found = hit(&sandbox.store(), number).expect("a hit");
    assert!(rounds.iter().any(|round| found == sample(number, *round)), "{number}");
}

/// Expects that the next stored result removes the files that a killed process has left.
fn leaves_nothing(sandbox: &Sandbox) {
    fill_with(&mut sandbox.store(), 200, &[b"shared".to_vec()]);
    sandbox.objects_are_those_owned();
    let verdict = sandbox.connection().query_row("PRAGMA integrity_check", [], |row| row.get(0));
    assert_eq!(verdict, Ok("ok".to_owned()));
}

/// Kills a process at each step that touches a file or ends a transaction.
#[test]
#[cfg(target_os = "linux")]
fn the_store_survives_kills_at_every_step_of_storing_files() {
    if !super::system_calls::can_trace() {
        return;
    }
    let sandbox = Sandbox::new();
    assert!(storing(&sandbox, &[], "1/0 2/0").status().expect("run").success());
    let mut died = 0;
    for step in [
        "linkat",
        "renameat",
        "renameat2",
        "mkdirat",
        "unlinkat",
        "unlink",
        "rmdir",
        "flock",
        "ftruncate",
        "pwrite64",
        "ioctl",
    ] {
        for time in 1..40 {
            say(format_args!("{step} {time}"));
            let (before, round) = (u8::from(time % 2 == 0), u8::from(time % 2 == 1));
            let inject = format!("inject={step}:signal=KILL:when={time}");
            let strace = ["strace", "-f", "-o", "/dev/null", "-e", &inject];
            let ended = storing(&sandbox, &strace, &format!("2/{round}")).status().expect("run");
            died += usize::from(ended.code().is_none());
            holds(&sandbox, 1, &[0]);
            holds(&sandbox, 2, &[before, round]);
            leaves_nothing(&sandbox);
            assert!(storing(&sandbox, &[], &format!("2/{round}")).status().expect("run").success());
            holds(&sandbox, 2, &[round]);
            sandbox.objects_are_those_owned();
            if ended.success() {
                break;
            }
        }
        assert!(storing(&sandbox, &[], "2/0").status().expect("run").success());
    }
    assert!(died >= 20, "{died}");
}

#[test]
fn processes_that_store_and_clear_side_by_side_lose_nothing() {
    let sandbox = Sandbox::new();
    let mut random = Random::new();
    for round in 0..4_u8 {
        let mut calls = || {
            let call = |_| match random.below(12) {
                0 => "0/clear".to_owned(),
                number => format!("{number}/{round}"),
            };
            (0..12).map(call).collect::<Vec<_>>().join(" ")
        };
        let all: Vec<_> = (0..4).map(|_| calls()).collect();
        let mut running: Vec<_> = all
            .iter()
            .map(|calls| storing(&sandbox, &[], calls).spawn().expect("started"))
            .collect();
        let mut killed = running.pop().expect("one of them");
        std::thread::sleep(Duration::from_millis(random.below(200).try_into().expect("few")));
        killed.kill().expect("killed");
        killed.wait().expect("ended");
        for mut process in running {
            assert!(process.wait().expect("ended").success(), "{round}");
        }
        leaves_nothing(&sandbox);
        let store = sandbox.store();
        for number in 1..12 {
            if entry(&store, number).is_some() {
                let found = hit(&store, number).expect("intact");
                assert!((0..=round).any(|it| found == sample(number, it)), "{number}");
            }
        }
    }
}
