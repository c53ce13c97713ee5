//! Kill -9 at any instant leaves a store that works.

use super::harness::{Random, Sandbox, say};
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A sandbox whose command prints its first word and as many zeros as its second word says.
fn sandbox() -> Sandbox {
    Sandbox::with_script("printf \"$1 %0${2}d\\n\" 0")
}

fn printed(word: &str, zeros: usize) -> String {
    format!("{word} {}\n", "0".repeat(zeros))
}

fn start(sandbox: &Sandbox, words: &str) -> Child {
    let mut call = sandbox.cachex(words);
    call.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    call.command.spawn().expect("started")
}

/// A random call, and its expected output if it runs the script.
fn draw(random: &mut Random, round: usize) -> (String, Option<String>) {
    let number = random.below(4);
    let of_script = |options: &str, word: &str, zeros: usize| {
        (format!("{options} ./s.sh {word} {zeros}"), Some(printed(word, zeros)))
    };
    match random.below(9) {
        0 => of_script("", &format!("miss{round}-{number}"), 10),
        1 => of_script("", &format!("long{round}-{number}"), 1_100_000),
        2 => of_script("", "hit", 10),
        3 => of_script("--max-entries 2", &format!("few{round}-{number}"), 10),
        4 => of_script("--max-size 200KB", &format!("small{round}-{number}"), 50_000),
        5 => of_script("--refresh", "hit", 10),
        6 => of_script("--refresh", "long", 1_100_000),
        7 => ("clear".to_owned(), None),
        _ => ("clear -- ./s.sh hit 10".to_owned(), None),
    }
}

/// Expects that a call succeeds silently and without waiting.
fn works(sandbox: &Sandbox, call: &str, stdout: &str) {
    let stderr = sandbox.cachex(&format!("-v {call}")).tells(stdout, 0);
    let known = ["hit: ", "miss: ", "stored"];
    let expected = |line: &str| {
        let detail = line.strip_prefix("cachex: ");
        detail.is_some_and(|detail| known.iter().any(|known| detail.starts_with(known)))
    };
    assert!(stderr.lines().all(expected), "{call}: {stderr}");
}

fn is_sound(sandbox: &Sandbox) {
    let database = sandbox.connection();
    let verdict: String =
        database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
    assert_eq!(verdict, "ok");
}

/// Expects that the next stored result removes the long output that killed processes have left.
fn leaves_no_orphans(sandbox: &Sandbox) {
    sandbox.cachex("--refresh ./s.sh hit 10").gives(printed("hit", 10));
    sandbox.objects_are_those_owned();
}

fn holds_known_files_only(sandbox: &Sandbox) {
    for file in fs::read_dir(sandbox.store_dir()).expect("readable") {
        let name = file.expect("readable").file_name().into_string().expect("UTF-8");
        // A journal may stay if it is not hot.
        let known = ["cachex.db", "objects", "cachex.lock", "claims", "uses"];
        let name = name.trim_end_matches("-journal").to_owned();
        assert!(known.contains(&name.as_str()), "{name}");
    }
}

#[test]
fn the_store_survives_two_hundred_kills() {
    let sandbox = sandbox();
    let mut random = Random::new();
    works(&sandbox, "./s.sh longer 1100000", &printed("longer", 1_100_000));
    let begun = Instant::now();
    works(&sandbox, "./s.sh first 50000", &printed("first", 50_000));
    let usual = usize::try_from(begun.elapsed().as_micros()).expect("short");
    let mut died = 0;
    for round in 0..25 {
        let calls: Vec<_> = (0..8).map(|_| draw(&mut random, round)).collect();
        for (call, _) in &calls {
            say(format_args!("{round}: {call}"));
        }
        let mut running: Vec<_> = calls.iter().map(|(call, _)| start(&sandbox, call)).collect();
        while !running.is_empty() {
            let moment = random.below(usual / 4);
            std::thread::sleep(Duration::from_micros(u64::try_from(moment).expect("short")));
            let mut victim = running.swap_remove(random.below(running.len()));
            victim.kill().expect("killed");
            died += usize::from(victim.wait().expect("ended").code().is_none());
        }
        for (call, stdout) in &calls {
            if let Some(stdout) = stdout {
                works(&sandbox, call, stdout);
            } else {
                let output = sandbox.cachex(call).output();
                assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b""[..]));
            }
        }
        works(&sandbox, &format!("./s.sh last{round} 1"), &printed(&format!("last{round}"), 1));
        is_sound(&sandbox);
        holds_known_files_only(&sandbox);
    }
    // A kill after the end of the process proves nothing, so enough of them must come earlier.
    assert!(died >= 20, "{died}");
    leaves_no_orphans(&sandbox);
}

#[test]
fn the_store_survives_kills_during_a_transaction() {
    let sandbox = sandbox();
    let mut random = Random::new();
    let journal = sandbox.store_dir().join("cachex.db-journal");
    let long = "./s.sh long 3000000";
    works(&sandbox, long, &printed("long", 3_000_000));
    let mut died = 0;
    for round in 0..30 {
        let call = if round % 3 == 0 { "clear".to_owned() } else { format!("--refresh {long}") };
        say(format_args!("{round}: {call}"));
        let mut victim = start(&sandbox, &call);
        let is_begun = || journal.metadata().is_ok_and(|journal| journal.len() > 0);
        while !is_begun() && victim.try_wait().expect("known").is_none() {}
        std::thread::sleep(Duration::from_micros(u64::try_from(random.below(600)).expect("small")));
        victim.kill().expect("killed");
        died += usize::from(victim.wait().expect("ended").code().is_none());
        works(&sandbox, long, &printed("long", 3_000_000));
        is_sound(&sandbox);
        works(&sandbox, &format!("./s.sh last{round} 1"), &printed(&format!("last{round}"), 1));
        holds_known_files_only(&sandbox);
        sandbox.objects_are_those_owned();
    }
    assert!(died >= 5, "{died}");
    leaves_no_orphans(&sandbox);
}

/// Kills a process at each step that touches a file of long output or ends a transaction.
#[test]
#[cfg(target_os = "linux")]
fn the_store_survives_kills_at_every_step_of_storing_and_removing_long_output() {
    if !super::system_calls::can_trace() {
        return;
    }
    let sandbox = sandbox();
    let long = "./s.sh long 1100000";
    works(&sandbox, long, &printed("long", 1_100_000));
    let mut died = 0;
    for step in ["linkat", "renameat", "renameat2", "unlinkat", "ftruncate", "pwrite64"] {
        for (call, times) in [
            (format!("--refresh {long}"), 8),
            ("--max-size 1MB ./s.sh small 10".to_owned(), 8),
            ("clear -- ./s.sh".to_owned(), 8),
            ("prune --max-size 1MB".to_owned(), 4),
        ] {
            for time in 1..=times {
                say(format_args!("{call}: {step} {time}"));
                let program = env!("CARGO_BIN_EXE_cachex");
                let inject = format!("inject={step}:signal=KILL:when={time}");
                // `strace` does not follow the command of the call.
                let words = ["-o", "/dev/null", "-e", &inject, program];
                let words = words.into_iter().chain(call.split(' ')).collect::<Vec<_>>();
                let ended = sandbox.program("strace", &words).output();
                died += usize::from(ended.status.code().is_none());
                sandbox.cachex("--refresh ./s.sh other 10").gives(printed("other", 10));
                sandbox.objects_are_those_owned();
                works(&sandbox, long, &printed("long", 1_100_000));
                if ended.status.success() {
                    break;
                }
            }
        }
    }
    is_sound(&sandbox);
    assert!(died >= 20, "{died}");
}
