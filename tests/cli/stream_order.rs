//! The order of writes to both streams when they are one.

use super::harness::terminal::on_terminal;
use super::harness::{Sandbox, Texts};

/// Writes to both streams in turn without pause.
const IN_TURN: &str = "for i in 0 1 2 3 4 5 6 7 8 9; do echo a$i; echo b$i >&2; echo c$i; done";

fn in_turn() -> Sandbox {
    Sandbox::with_script(IN_TURN)
}

#[test]
fn the_order_is_exact_if_both_streams_are_one() {
    let sandbox = in_turn();
    let bare = sandbox.sh("./s.sh 2>&1").output().stdout;
    for _ in 0..2 {
        sandbox.sh("cachex ./s.sh 2>&1").gives(&bare);
        sandbox.sh("cachex ./s.sh > out 2>&1; cat out").gives(&bare);
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_recording_of_two_streams_is_not_replayed_to_one() {
    let sandbox = in_turn();
    let bare = sandbox.sh("./s.sh 2>&1").output().stdout;
    sandbox.sh("cachex ./s.sh > a 2> b").gives("");
    for _ in 0..2 {
        sandbox.sh("cachex ./s.sh 2>&1").gives(&bare);
        sandbox.sh("cachex ./s.sh > c 2> d; cmp a c; cmp b d").gives("");
    }
    assert_eq!(sandbox.runs(), 3);
    // Long output, which is not stored in its row, keeps its order as well.
    let long = sandbox.script("long.sh", "seq 200000; seq 200000 >&2; seq 200000");
    let bare = sandbox.program(long.to_str().expect("UTF-8"), &[]).output().stdout.len();
    sandbox.sh("cachex ./long.sh > a 2> b; cachex ./long.sh > c 2>&1").gives("");
    let joined = std::fs::metadata(sandbox.dir.join("c")).expect("written").len();
    assert_eq!(joined, bare as u64 * 3 / 2);
    assert_eq!(sandbox.runs(), 6);
}

#[test]
fn a_recording_of_two_streams_is_not_a_fallback_for_one() {
    let sandbox = Sandbox::with_script("test ! -e bad || exit 3; echo out; echo err >&2");
    let call = "cachex --ttl 1m --stale-if-error 1h ./s.sh";
    sandbox.sh(&format!("{call} 2>&1")).gives("out\nerr\n");
    sandbox.age(10);
    sandbox.sh(call).ends("out\n", "err\n", 0);
    sandbox.write("bad", "");
    sandbox.age(100);
    // The newer recording would be out of order.
    let told = sandbox.sh(&format!("{call} 2>&1")).output().stdout_text();
    assert!(told.contains("replaying its success of") && told.ends_with("\nout\nerr\n"), "{told}");
    sandbox.cachex("clear").output();
    sandbox.sh("rm bad").gives("");
    sandbox.sh(call).ends("out\n", "err\n", 0);
    sandbox.write("bad", "");
    sandbox.age(100);
    sandbox.sh(&format!("{call} 2>&1")).ends("", "", 3);
}

#[test]
fn output_on_only_one_of_two_streams_is_replayed_to_one() {
    let sandbox = Sandbox::new();
    for (number, script) in ["echo out", "echo err >&2", "seq 300000", ":"].iter().enumerate() {
        let script = &sandbox.script(&format!("{number}.sh"), script).display().to_string();
        let bare = sandbox.sh(&format!("{script} 2>&1")).output().stdout;
        let before = sandbox.runs();
        sandbox.sh(&format!("cachex {script} > a 2> b")).gives("");
        sandbox.sh(&format!("cachex {script} 2>&1")).gives(&bare);
        assert_eq!(sandbox.runs(), before + 1, "{script}");
        sandbox.sh(&format!("cachex -v {script} 2>&1 | grep -c ': hit'")).gives("1\n");
        let said = sandbox.sh(&format!("cachex explain {script} 2>&1")).output().stdout_text();
        assert!(said.starts_with("hit: "), "{said}");
    }
}

#[test]
fn a_recording_of_one_stream_is_not_replayed_to_two() {
    let sandbox = Sandbox::with_script("echo out; echo err >&2");
    sandbox.sh("cachex ./s.sh 2>&1").gives("out\nerr\n");
    let told = sandbox.cachex("-v ./s.sh").tells("out\n", 0);
    assert!(told.contains("miss: nothing stored for this call: outputs changed"), "{told}");
    assert!(told.contains("err\n"), "{told}");
    // A file that was opened twice is two streams.
    sandbox.sh("cachex ./s.sh > f 2> f").gives("");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_pipe_that_was_opened_twice_is_one_stream() {
    let sandbox = in_turn();
    let bare = sandbox.sh("./s.sh 2>&1").output().stdout;
    sandbox.sh("mkfifo fifo").gives("");
    for _ in 0..2 {
        sandbox.sh("cachex ./s.sh > fifo 2> fifo & exec cat fifo").gives(&bare);
    }
    sandbox.sh("cachex ./s.sh 2>&1 & wait").gives(&bare);
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_terminal_is_one_stream() {
    let sandbox = in_turn();
    let bare = on_terminal(sandbox.program("./s.sh", &[]), 24, 80).end().0;
    let redirected = "cachex ./s.sh > $(tty) 2> /dev/tty";
    for _ in 0..2 {
        for call in ["cachex ./s.sh", "cachex ./s.sh 2>&1", redirected] {
            assert_eq!(on_terminal(sandbox.sh(call), 24, 80).end().0, bare, "{call}");
        }
    }
    assert_eq!(sandbox.runs(), 2);
    // One run on pipes, and then both recordings are stored.
    let told = sandbox.cachex("-v ./s.sh").output().stderr_text();
    assert!(told.contains("miss: nothing stored for this call: outputs changed"), "{told}");
    for _ in 0..2 {
        sandbox.cachex("./s.sh").output();
        assert_eq!(on_terminal(sandbox.cachex("./s.sh"), 24, 80).end().0, bare);
    }
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn a_warmed_result_is_replayed_to_terminals_and_pipes() {
    let sandbox = Sandbox::with_script("echo hi; echo >> ends");
    on_terminal(sandbox.cachex("--warm ./s.sh"), 24, 80).end();
    sandbox.sh("until test -s ends; do sleep 0.01; done").gives("");
    super::stale_while_revalidate::wait_for_ends(&sandbox, 1);
    sandbox.sh("cachex --only-if-cached ./s.sh 2>&1").gives("hi\n");
    sandbox.cachex("--only-if-cached ./s.sh").gives("hi\n");
    assert_eq!(on_terminal(sandbox.cachex("--only-if-cached ./s.sh"), 24, 80).end().0, "hi\r\n");
}

/// Makes the kernel refuse `kcmp`, as Docker does.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn without_kcmp(call: super::harness::Call) -> super::harness::Call {
    super::harness::seccomp::refusing(call, libc::SYS_kcmp, libc::EPERM)
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[test]
fn the_order_is_exact_without_kcmp() {
    let sandbox = in_turn();
    let bare = sandbox.sh("./s.sh 2>&1").output().stdout;
    for _ in 0..2 {
        for call in [
            "cachex ./s.sh 2>&1",
            "cachex ./s.sh > out 2>&1; cat out",
            "cachex ./s.sh >> more 2>&1; cat more; rm more",
        ] {
            without_kcmp(sandbox.sh(call)).gives(&bare);
        }
        without_kcmp(sandbox.sh("cachex ./s.sh > out 2> err; cat out err | sort")).output();
    }
    assert_eq!(sandbox.runs(), 3);
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[test]
fn a_file_that_was_opened_twice_is_two_streams_with_kcmp() {
    let sandbox = in_turn();
    without_kcmp(sandbox.sh("cachex ./s.sh > f 2> f")).gives("");
    let told = sandbox.cachex("-v ./s.sh").output().stderr_text();
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("mounted");
    let version: Vec<u32> = release.split('.').map_while(|part| part.parse().ok()).collect();
    if version < vec![6, 10] {
        return super::harness::skipped("Linux 6.10");
    }
    assert!(told.contains("cachex: hit"), "{told}");
}

#[test]
fn a_file_that_was_opened_twice_to_append_is_one_stream() {
    let sandbox = in_turn();
    sandbox
        .sh("./s.sh >>bare 2>>bare; cachex ./s.sh >>miss 2>>miss; cachex ./s.sh >>hit 2>>hit")
        .gives("");
    sandbox.sh("cmp bare miss && cmp bare hit").gives("");
    assert_eq!(sandbox.runs(), 2);
}
