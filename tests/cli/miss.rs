//! A miss behaves as the bare command.

use super::harness::Sandbox;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

#[test]
fn output_is_forwarded_as_it_appears() {
    let sandbox = Sandbox::new();
    // The script continues only after its first line was read.
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "echo first; cat go; echo last");
    let mut call = sandbox.cachex("./s.sh");
    let mut child = call.command.stdout(Stdio::piped()).spawn().expect("started");
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut line = [0; 6];
    stdout.read_exact(&mut line).expect("read");
    assert_eq!(&line, b"first\n");
    sandbox.go_with("second");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("read");
    assert_eq!(rest, "second\nlast\n");
    assert!(child.wait().expect("waited for").success());
    sandbox.cachex("./s.sh").gives("first\nsecond\nlast\n");
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn a_command_that_cannot_start_exits_with_126_or_127() {
    let sandbox = Sandbox::new();
    sandbox.write("plain", "#!/bin/sh\n");
    let stderr = sandbox.cachex("./plain").tells("", 126);
    assert!(stderr.contains("/plain") && stderr.contains("cannot execute"), "{stderr}");
    let stderr = sandbox.cachex("./gone").tells("", 127);
    assert_eq!(stderr, "cachex: error: ./gone: command not found\n");
    let stderr = sandbox.cachex("no-such-command").tells("", 127);
    assert_eq!(stderr, "cachex: error: no-such-command: command not found\n");
    sandbox.cachex(".").tells("", 126);
    sandbox.cachex_words([""]).tells("", 127);
}

#[test]
fn a_command_that_cannot_start_is_not_stored() {
    let sandbox = Sandbox::new();
    for code in ["126", "127"] {
        sandbox.script("s.sh", &format!("exit {code}"));
        for _ in 0..2 {
            sandbox.cachex("./s.sh").tells("", code.parse().expect("a number"));
        }
    }
    assert_eq!(sandbox.runs(), 4);
}

#[test]
fn death_by_a_signal_is_forwarded_and_not_stored() {
    let sandbox = Sandbox::with_script("echo last words; kill -$1 $$");
    let signals = [
        ("TERM", libc::SIGTERM),
        ("KILL", libc::SIGKILL),
        ("SEGV", libc::SIGSEGV),
        ("PIPE", libc::SIGPIPE),
    ];
    for (name, signal) in signals {
        for _ in 0..2 {
            let output = sandbox.cachex(&format!("./s.sh {name}")).output();
            assert_eq!(
                (&output.stdout[..], output.status.signal()),
                (&b"last words\n"[..], Some(signal))
            );
        }
    }
    assert_eq!(sandbox.runs(), 8);
}

#[test]
fn a_script_without_a_shebang_line_runs() {
    let sandbox = Sandbox::new();
    let path = sandbox.script("s.sh", "");
    std::fs::write(path, "echo plain\n").expect("written");
    for _ in 0..2 {
        sandbox.cachex("./s.sh").gives("plain\n");
    }
}

#[test]
fn the_command_sees_its_name_as_typed() {
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink("/bin/sh", sandbox.dir.join("myname")).expect("linked");
    sandbox.cachex_words(["./myname", "-c", "echo $0"]).gives("./myname\n");
    sandbox.cachex_words(["sh", "-c", "echo $0"]).gives("sh\n");
    sandbox.script("s.sh", "echo $0");
    for call in ["./s.sh", "../work/s.sh"] {
        sandbox.cachex(call).gives(format!("{call}\n"));
        sandbox.cachex(&format!("--no-cache {call}")).gives(format!("{call}\n"));
    }
}

#[test]
fn a_reader_that_leaves_ends_the_command_and_nothing_is_stored() {
    let sandbox = Sandbox::with_script("exec yes");
    let pipe = "{ cachex ./s.sh; echo $? >&2; } | head -1";
    for _ in 0..2 {
        sandbox.sh(pipe).ends("y\n", "141\n", 0);
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_process_left_behind_delays_nothing_and_is_not_stored() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "(cat go; echo late) & echo done");
    for _ in 0..2 {
        // The call returns while the process still runs. Its later output still arrives.
        sandbox.sh("cachex ./s.sh > out 2>&1; cat out").gives("done\n");
        sandbox
            .sh("echo now > go; while ! grep -q late out; do :; done; cat out")
            .gives("done\nnow\nlate\n");
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn output_above_the_limit_streams_in_full_and_is_not_stored() {
    let sandbox = Sandbox::with_script("seq 10000");
    let bare = sandbox.sh("seq 10000").output().stdout;
    for _ in 0..2 {
        let stderr = sandbox.cachex("-v --max-output 10KiB ./s.sh").tells(&bare, 0);
        assert!(stderr.contains("not stored: the output is longer than"), "{stderr}");
    }
    assert_eq!(sandbox.runs(), 2);
    sandbox.cachex("--max-output 1MB ./s.sh").gives(&bare);
    sandbox.cachex("--max-output 1MB ./s.sh").gives(&bare);
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn stdin_option_adds_standard_input_to_the_key() {
    let sandbox = Sandbox::with_script("cat");
    for content in ["a", "b", "a", ""] {
        sandbox.cachex("--stdin ./s.sh").stdin(content).gives(content);
    }
    assert_eq!(sandbox.runs(), 3);
    let large = vec![b'x'; 3 << 20];
    for _ in 0..2 {
        sandbox.cachex("--stdin ./s.sh").stdin(large.clone()).gives(&large);
    }
    assert_eq!(sandbox.runs(), 4);
    sandbox.cachex("-n ./s.sh").stdin("left alone").gives("");
}

#[test]
fn a_run_whose_script_changes_is_not_stored() {
    let sandbox = Sandbox::with_script("echo '# more' >> s.sh; echo hi");
    let stderr = sandbox.cachex("-v ./s.sh").tells("hi\n", 0);
    assert!(stderr.contains("s.sh changed while the command ran"), "{stderr}");
    sandbox.cachex("list").gives("ID  AGE  LEFT  EXIT  SIZE  TIME  HITS  COMMAND\n");
}

#[test]
fn the_command_sees_one_more_variable() {
    let sandbox = Sandbox::new();
    let bare = sandbox.sh("exec env").output().stdout;
    let under = sandbox.sh("exec cachex env").output().stdout;
    let added = under.strip_prefix(&bare[..]).expect("the same, and something behind it");
    let added = String::from_utf8_lossy(added);
    assert!(added.starts_with("CACHEX_ACTIVE=") && added.lines().count() == 1, "{added}");
}

#[test]
fn there_is_no_spinner_off_a_terminal() {
    let sandbox = Sandbox::new();
    sandbox.cachex_words(["--", "sh", "-c", "sleep 0.8; echo hi"]).gives("hi\n");
}

#[test]
fn no_cache_runs_the_bare_command() {
    let sandbox = Sandbox::with_script("cat; echo $CACHEX_ACTIVE");
    for _ in 0..2 {
        sandbox.cachex("./s.sh").env("CACHEX_NO_CACHE", "1").stdin("in ").gives("in \n");
        sandbox.cachex("--no-cache ./s.sh").stdin("in ").gives("in \n");
    }
    assert_eq!(sandbox.runs(), 4);
    assert!(!sandbox.store_dir().exists());
}

#[test]
fn the_last_of_a_repeated_option_wins() {
    let sandbox = Sandbox::with_script("echo hi");
    sandbox.cachex("--ttl 1h --ttl 0 -q -q ./s.sh").gives("hi\n");
    sandbox.cachex("--ttl 0 --ttl 1h ./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn a_flag_wins_over_a_variable_and_an_empty_variable_is_ignored() {
    let sandbox = Sandbox::with_script("cat; echo hi");
    sandbox.cachex("-n ./s.sh").env("CACHEX_STDIN", "1").stdin("x").gives("hi\n");
    sandbox.cachex("--stdin ./s.sh").env("CACHEX_NO_STDIN", "1").stdin("x ").gives("x hi\n");
    sandbox.cachex("--only-if-cached -n ./s.sh").env("CACHEX_REFRESH", "1").gives("hi\n");
    let call = sandbox.cachex("-n ./s.sh").env("CACHEX_TTL", "").env("CACHEX_ENV", "");
    call.env("CACHEX_MAX_SIZE", "").gives("hi\n");
    assert_eq!(sandbox.runs(), 2);
    sandbox.cachex("./s.sh").env("CACHEX_STDIN", "1").env("CACHEX_NO_STDIN", "1").tells("", 2);
    let off = sandbox.cachex("./s.sh").env("CACHEX_NO_CACHE", "1").env("CACHEX_TTL", "banana");
    off.gives("hi\n");
}

#[test]
fn the_age_counts_from_the_end_of_the_command() {
    let sandbox = Sandbox::new();
    // The command ends at once, but its output is read two seconds later.
    sandbox.script("s.sh", "head -c 60000 /dev/zero");
    sandbox.sh("cachex ./s.sh | (sleep 2; cat > /dev/null)").gives("");
    let entries = sandbox.entries();
    let age = entries[0].entry.created.age_at(cachex::time::Timestamp::now()).expect("past");
    assert!(age.as_secs() >= 1 || age.as_millis() > 500, "{age:?}");
}
