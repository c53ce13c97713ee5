//! Standard input is in the key exactly when the command reads it.

use super::harness::Sandbox;

/// A sandbox with a command that reads its input and one that does not.
pub fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.script("cat.sh", "exec cat");
    sandbox.script("job.sh", "echo \"job $1\"");
    sandbox
}

/// Runs a script without cachex and with it in place of `CX`. The calls with cachex are a miss and, if
/// possible, a hit; all must give the same output.
#[track_caller]
pub fn as_bare(sandbox: &Sandbox, script: &str, stdin: Option<&[u8]>) {
    let run = |prefix: &str| {
        let call = sandbox.sh(&script.replace("CX", prefix));
        let call = if let Some(bytes) = stdin { call.stdin(bytes) } else { call };
        let output = call.output();
        (output.stdout, output.stderr, output.status.code())
    };
    let bare = run("");
    for round in ["miss", "hit"] {
        let under = run("cachex --");
        let shown = |(out, err, code): &(Vec<u8>, Vec<u8>, Option<i32>)| {
            (out.escape_ascii().to_string(), err.escape_ascii().to_string(), *code)
        };
        assert_eq!(shown(&under), shown(&bare), "{round} of {script}");
    }
}

#[cfg(target_os = "linux")]
mod pipes {
    use super::*;

    #[test]
    fn each_content_is_an_entry_of_its_own() {
        let sandbox = sandbox();
        for round in 1..=2 {
            sandbox.sh("echo a | cachex ./cat.sh").gives("a\n");
            sandbox.sh("echo b | cachex ./cat.sh").gives("b\n");
            sandbox.sh(": | cachex ./cat.sh").gives("");
            assert_eq!(sandbox.runs(), 3, "round {round}");
        }
        // Programs distinguish an empty pipe from no input: without input, ripgrep searches the directory.
        sandbox.sh("cachex ./cat.sh < /dev/null").gives("");
        assert_eq!(sandbox.runs(), 4);
    }

    #[test]
    fn a_pipe_may_be_full_with_a_few_bytes() {
        let sandbox = sandbox();
        // With O_DIRECT each write fills a page of the pipe.
        let feed = "seq 1000 1099 | dd bs=5 oflag=direct status=none | cachex";
        let lines: String = (1000..1100).map(|number: u32| number.to_string() + "\n").collect();
        for _ in 0..2 {
            sandbox.sh(&format!("{feed} ./cat.sh")).gives(&lines);
            assert_eq!(sandbox.runs(), 1);
        }
        let explained = sandbox.sh(&format!("{feed} explain --stdin ./cat.sh")).output();
        assert!(explained.status.success(), "{explained:?}");
    }

    #[test]
    fn a_loop_over_a_pipe_loses_no_line() {
        let sandbox = sandbox();
        let numbers = "seq 50 | while read x; do CX ./job.sh \"$x\"; done";
        as_bare(&sandbox, numbers, None);
        assert_eq!(sandbox.runs(), 100, "fifty bare, fifty misses");
    }

    #[test]
    fn a_script_from_a_pipe_loses_no_line() {
        let sandbox = sandbox();
        let script = "for s in 'CX ./job.sh 1' 'echo between' 'CX ./job.sh 2' 'echo end'; \
                      do echo \"$s\"; done | bash";
        as_bare(&sandbox, script, None);
        assert_eq!(sandbox.runs(), 4);
    }

    #[test]
    fn unread_input_stays_in_the_pipe() {
        let sandbox = sandbox();
        as_bare(&sandbox, "seq 100000 > all; cat all | (sleep 0.1; CX head -1; wc -c)", None);
        as_bare(
            &sandbox,
            "seq 1000 | (sleep 0.1; CX sh -c 'read a; echo $a; read b; echo $b'; wc -c)",
            None,
        );
        as_bare(&sandbox, "printf 'abc' | (CX head -c 2; cat)", None);
    }

    #[test]
    fn a_run_that_reads_a_part_is_not_stored_and_v_says_so() {
        let sandbox = sandbox();
        sandbox.script("part.sh", "read line; echo $line");
        for _ in 0..2 {
            let stderr = sandbox.sh("seq 9 | cachex -v ./part.sh").tells("1\n", 0);
            assert!(
                stderr.contains("not stored: it read only part of its standard input"),
                "{stderr}"
            );
        }
        assert_eq!(sandbox.runs(), 2);
    }

    #[test]
    fn a_command_that_never_reads_hits_for_any_input() {
        let sandbox = sandbox();
        sandbox.sh("seq 100000 | cachex ./job.sh").gives("job \n");
        for other in ["echo x |", ":|", "</dev/null <&0", "yes |"] {
            let call = match other.strip_prefix('<') {
                Some(_) => format!("cachex ./job.sh {other}"),
                None => format!("{other} cachex ./job.sh"),
            };
            sandbox.sh(&call).gives("job \n");
        }
        assert_eq!(sandbox.runs(), 1);
        // Files count even if unread, and a closed standard input frees its number.
        for (runs, other) in [(2, "< job.sh"), (3, "<&-")] {
            sandbox.sh(&format!("cachex ./job.sh {other}")).gives("job \n");
            assert_eq!(sandbox.runs(), runs, "{other}");
        }
    }

    #[test]
    fn a_run_without_input_is_not_replayed_for_pipes() {
        let sandbox = sandbox();
        for before in ["cachex ./job.sh < /dev/null", "cachex -n ./job.sh", ": | cachex ./job.sh"] {
            sandbox.cachex("clear").output();
            sandbox.sh(before).gives("job \n");
            let lines = "seq 5 | while read x; do cachex ./job.sh; done";
            sandbox.sh(lines).gives("job \n".repeat(5));
        }
        sandbox.sh("seq 5 | (cachex --refresh ./job.sh; cat)").gives("job \n1\n2\n3\n4\n5\n");
    }

    #[test]
    fn a_known_reader_leaves_the_rest_of_a_longer_input() {
        let sandbox = sandbox();
        sandbox.sh("echo x | cachex head -1").gives("x\n");
        as_bare(&sandbox, "seq 100000 > all; cat all | (sleep 0.1; CX head -1; wc -c)", None);
        as_bare(&sandbox, "yes | CX head -1", None);
        sandbox.sh("echo x | (cachex head -1; cat)").gives("x\n");
    }

    #[test]
    fn a_pipe_that_ends_during_the_run_proves_nothing() {
        let sandbox = sandbox();
        sandbox.sh("mkfifo go").gives("");
        sandbox.script("poll.sh", "cat go; echo done");
        // The pipe ends while the command runs, but the command may have polled it before.
        for _ in 0..2 {
            sandbox.sh("(exec 3> go >&-; echo now >&3) | cachex ./poll.sh").gives("now\ndone\n");
        }
        assert!(sandbox.entries().is_empty());
        assert_eq!(sandbox.runs(), 2);
    }

    #[test]
    fn a_pipe_with_a_second_reader_is_not_stored_wrongly() {
        let sandbox = sandbox();
        sandbox.sh("mkfifo go started").gives("");
        sandbox.script("late.sh", "echo > started; read x < go; cat");
        let other = "read x < started; read line; echo \"$line\" >&2; echo > go";
        let script = format!("echo XXX | {{ exec 3<&0; cachex ./late.sh <&3 & {other}; wait; }}");
        sandbox.sh(&script).output();
        sandbox.script("late.sh", "cat");
        sandbox.sh("echo YYY | cachex ./late.sh").gives("YYY\n");
        let stored = sandbox.entries();
        assert_eq!(stored.len(), 1);
    }

    #[test]
    fn known_long_input_hits_and_other_long_input_misses() {
        let sandbox = sandbox();
        for size in [60_000, 70_000, 300_000] {
            let bytes = vec![b'x'; size];
            for _ in 0..2 {
                sandbox.cachex("./cat.sh").stdin(bytes.clone()).gives(&bytes);
            }
        }
        assert_eq!(sandbox.runs(), 3);
        let other = vec![b'y'; 300_000];
        sandbox.cachex("./cat.sh").stdin(other.clone()).gives(&other);
        let longer = vec![b'x'; 3_000_000];
        sandbox.cachex("./cat.sh").stdin(longer.clone()).gives(&longer);
        assert_eq!(sandbox.runs(), 5);
    }

    #[test]
    fn late_input_is_read() {
        let sandbox = sandbox();
        sandbox.sh("mkfifo go").gives("");
        sandbox.script("two.sh", "read a; echo $a > go; cat");
        // The writer sends the second line only after the first was read.
        let writer = "echo 1; cat go > seen; echo 2";
        sandbox.sh(&format!("({writer}) | cachex ./two.sh; cat seen")).gives("2\n1\n");
        // A known reader is looked up by its whole input.
        sandbox.sh("(echo 1; echo 2) | cachex ./two.sh").gives("2\n");
        assert_eq!(sandbox.runs(), 1);
    }

    #[test]
    fn input_after_the_commands_last_read_does_not_prove_that_it_never_reads() {
        let sandbox = sandbox();
        sandbox.sh("mkfifo started go").gives("");
        sandbox.script("late.sh", "test -z \"$1\" || { echo > started; read x < go; }; echo done");
        // The input arrives while the command waits, but the command may have polled it before.
        let writer = "cat started > /dev/null; echo x; echo > go; sleep 0.1";
        sandbox.sh(&format!("({writer}) | cachex ./late.sh wait")).gives("done\n");
        assert!(sandbox.entries().is_empty());
    }

    #[test]
    fn long_input_passes_byte_for_byte() {
        let sandbox = sandbox();
        let bytes: Vec<u8> =
            (0..20_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for _ in 0..2 {
            sandbox.cachex("./cat.sh").stdin(bytes.clone()).gives(&bytes);
        }
        assert_eq!(sandbox.runs(), 1);
    }

    #[test]
    fn a_command_that_closes_its_input_early_is_stored() {
        let sandbox = sandbox();
        sandbox.script("close.sh", "exec <&-; echo closed");
        for _ in 0..2 {
            sandbox.sh("seq 100000 | (cachex ./close.sh; head -c 3)").gives("closed\n1\n2");
        }
        assert_eq!(sandbox.runs(), 1);
    }

    #[test]
    fn a_writer_gets_sigpipe_as_without_cachex() {
        let sandbox = sandbox();
        sandbox.script("part.sh", "head -c 5");
        as_bare(&sandbox, "{ yes; echo $? >&2; } | CX ./part.sh", None);
    }
}

#[test]
fn stdin_option_reads_all_and_n_reads_nothing() {
    let sandbox = sandbox();
    sandbox.sh("echo a | (cachex --stdin ./job.sh 1; cat)").gives("job 1\n");
    sandbox.sh("echo a | (cachex -n ./cat.sh; cat)").gives("a\n");
    sandbox.sh("echo a > f; (cachex -n ./cat.sh; cat) < f").gives("a\n");
}

#[test]
fn closed_input_stays_closed() {
    let sandbox = sandbox();
    let bare = sandbox.sh("cat <&-").output();
    assert_eq!(bare.status.code(), Some(1));
    for _ in 0..2 {
        sandbox.sh("cachex -- ./cat.sh <&-").ends("", &bare.stderr, 1);
        assert_eq!(sandbox.runs(), 1);
    }
    sandbox.sh("cachex -- ./cat.sh </dev/null").gives("");
    sandbox.sh(": | cachex -- ./cat.sh").gives("");
    assert_eq!(sandbox.runs(), 3);
    sandbox.sh("cachex --stdin -- ./cat.sh <&-").ends("", &bare.stderr, 1);
    sandbox.sh("cachex -n -- ./cat.sh <&-").gives("");
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn a_device_is_passed_through_and_not_stored() {
    let sandbox = sandbox();
    for _ in 0..2 {
        sandbox.sh("cachex head -c 3 < /dev/zero").gives(b"\0\0\0");
        let stderr = sandbox.sh("cachex -v ./cat.sh < .").tells("", 1);
        assert!(stderr.contains("cachex: not stored: "), "{stderr}");
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn input_that_cannot_be_kept_still_reaches_the_command() {
    let sandbox = sandbox();
    let bytes = vec![b'x'; 3 << 20];
    let script = "ulimit -f 400; cachex --stdin ./cat.sh";
    sandbox.sh(script).stdin(bytes.clone()).warns(&bytes, "standard input cannot be kept");
    sandbox.sh("cachex --stdin cat < /").tells("", 1);
}

#[test]
fn a_pipe_and_a_file_with_the_same_content_are_two_inputs() {
    let sandbox = Sandbox::with_script(
        "test -p /dev/stdin && echo pipe; test -f /dev/stdin && echo file; cat",
    );
    for content in ["content\n", ""] {
        let file = sandbox.write("in", content).display().to_string();
        for _ in 0..2 {
            sandbox.sh(&format!("cachex ./s.sh < {file}")).gives(format!("file\n{content}"));
            sandbox.cachex("--stdin ./s.sh").stdin(content).gives(format!("pipe\n{content}"));
        }
    }
    assert_eq!(sandbox.runs(), 4);
}
