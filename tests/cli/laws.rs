//! The two laws, for many commands: a miss behaves as the bare command, and a hit as the miss. After an input
//! changed, the call behaves as the bare command does then.

use super::harness::Sandbox;
use std::process::Output;

/// A setup, a shell line with `$C` before the command, and a change of an input.
struct Case {
    before: &'static str,
    line: &'static str,
    change: &'static str,
    /// How many of three calls before the change run the command.
    runs: usize,
}

const fn case(before: &'static str, line: &'static str, change: &'static str) -> Case {
    Case { before, line, change, runs: 1 }
}

const CASES: &[Case] = &[
    case("echo 1 > d.csv", "$C cat d.csv", "echo 2 > d.csv"),
    case("echo 1 > d.csv", "$C env nice cat d.csv", "echo 2 > d.csv"),
    case("echo 1 > d.csv", "$C dd status=none if=d.csv", "echo 2 > d.csv"),
    case("echo 1 > a; ln -s a l", "$C cat l", "echo 2 > b; ln -sfn b l"),
    case("printf abc > a", "$C wc -c < a", "printf abcdef > a"),
    case("seq 3 > a", "$C head -n 1 < a", "seq 5 7 > a"),
    case("seq 9 > a", "{ $C head -c 2; cat; } < a", "seq 10 19 > a"),
    case("echo one > x", "cat x | $C cat", "echo two > x"),
    case("echo one > x", "cat x | $C true; cat x", "echo two > x"),
    Case { runs: 3, ..case("echo A > a", "$C sh -c 'cat <&3' 3<a", "echo B > a") },
    Case { runs: 3, ..case(":", "$C sh -c 'echo x >&3' 3>o; cat o", "rm o") },
    case(":", "$C cat <&-", ":"),
    case(":", "$C sh -c 'echo out; echo err >&2; exit 3'", ":"),
    case(":", "$C sh -c 'for i in 1 2 3 4; do echo o$i; echo e$i >&2; done' 2>&1", ":"),
    case(":", "$C sh -c 'printf \"\\0\\377\"; exit 255'", ":"),
    case(":", "$C sh -c 'echo closed' >&-", ":"),
    case(":", "$C ls no-such-file", "touch no-such-file"),
    case(":", "$C test -d made", "mkdir made"),
    Case { runs: 3, ..case(":", "$C sh -c 'kill -9 $$'; echo $?", ":") },
    Case { runs: 3, ..case(":", "$C sh -c 'kill -TERM $$'; echo $?", ":") },
    Case { runs: 3, ..case(":", "$C no-such-command; echo $?", ":") },
    Case { runs: 2, ..case("seq 3 -1 1 > x", "$C sort x -o y; cat y", "rm y") },
    Case { runs: 2, ..case("seq 3 -1 1 > x", "$C sort x -o y; cat y", "echo edited > y") },
    Case { runs: 2, ..case("seq 3 -1 1 > x", "$C sort x -o x; cat x", "seq 5 > x") },
    case(
        "printf '#!/bin/sh\\necho one' > s; chmod +x s",
        "$C ./s",
        "printf '#!/bin/sh\\necho two' > s",
    ),
    case(
        "mkdir r1 r2; for r in r1 r2; do echo 'readlink -f $0' > $r/tool; done; ln -s r1 c",
        "$C sh c/tool | sed 's|.*/\\(.*/.*\\)|\\1|'",
        "ln -sfn r2 c",
    ),
    case("printf '#!/bin/sh\\necho hi' > s; chmod +x s", "$C ./s; echo $?", "chmod -x s"),
    case(":", "$C sh -c 'echo $0 $*' a '' 'b c'", ":"),
    case(":", "trap '' USR1; $C sh -c 'kill -USR1 $$; echo survived'", ":"),
];

impl Case {
    fn call(&self, sandbox: &Sandbox, prefix: &str) -> Output {
        sandbox.sh(&self.line.replace("$C", prefix)).output()
    }
}

/// The compared part. Shells and cachex word messages about kills and unknown commands differently.
fn shown(output: &Output) -> (String, String, Option<i32>) {
    let names = ["Killed", "Terminated", "not found", "Permission denied"];
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let stderr = stderr.lines().filter(|line| !names.iter().any(|name| line.contains(name)));
    let stderr = stderr.collect::<Vec<_>>().join("\n");
    (output.stdout.escape_ascii().to_string(), stderr, output.status.code())
}

#[test]
fn bare_command_miss_and_hit_are_the_same_before_and_after_a_change() {
    for case in CASES {
        let (bare, cached) = (Sandbox::new(), Sandbox::new());
        let both = |line: &str| [&bare, &cached].map(|sandbox| sandbox.sh(line).gives(""));
        let compare = |when: &str| {
            let (expected, seen) = (case.call(&bare, ""), case.call(&cached, "cachex -q --"));
            assert_eq!(shown(&seen), shown(&expected), "{when}: {}", case.line);
        };
        both(case.before);
        for when in ["first", "second", "third"] {
            compare(when);
        }
        both(case.change);
        compare("after the change");
        compare("and again");
    }
}

#[test]
fn exactly_the_expected_calls_are_replayed() {
    for case in CASES {
        let sandbox = Sandbox::new();
        sandbox.sh(case.before).gives("");
        let mut runs = 0;
        for _ in 0..3 {
            let output = case.call(&sandbox, "cachex -v --");
            let told = String::from_utf8_lossy(&output.stderr).into_owned()
                + &String::from_utf8_lossy(&output.stdout);
            runs += usize::from(!told.contains("cachex: hit"));
        }
        assert_eq!(runs, case.runs, "{}", case.line);
    }
}
