//! Output that cannot be written, or that is also the command's input.

use super::harness::{Sandbox, Texts};

const TOO_LARGE: &str = "cachex: error: cannot write the output: File too large (os error 27)\n";

/// A sandbox with a store, because the calls have no room to create one.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.cachex("true").gives("");
    sandbox
}

/// Limits the size of files to a few kilobytes.
fn in_little_room(call: &str) -> String {
    format!("ulimit -f 8; {call} > out; code=$?; rm out; exit $code")
}

#[test]
fn lost_output_is_reported_whatever_the_exit_status() {
    let sandbox = sandbox();
    for (script, code) in [
        ("exec seq 100000", 125),
        ("seq 100000; exit 3", 3),
        ("trap \"\" PIPE; seq 100000 2>&-; exit 0", 125),
    ] {
        for call in ["cachex -q", "cachex -q --stale-if-error 1h --ttl 1h --max-output 1000"] {
            let call = in_little_room(&format!("{call} sh -c '{script}'"));
            sandbox.sh(&call).ends("", TOO_LARGE, code);
        }
    }
    // A hit reports it, too.
    let bare = sandbox.sh("seq 100000").output().stdout;
    sandbox.cachex("seq 100000").gives(bare);
    sandbox.sh(&in_little_room("cachex --only-if-cached seq 100000")).ends("", TOO_LARGE, 125);
}

#[test]
fn lost_output_is_reported_when_the_other_reader_leaves() {
    let sandbox = sandbox();
    let script = "trap \"\" PIPE; seq 100000 >&2; seq 100000; exit 0";
    for options in ["", "--stale-if-error 1h --ttl 1h"] {
        let call =
            format!("cachex -q {options} sh -c '{script}' 2> out | true; cat out | tail -n1");
        let told = sandbox.sh(&format!("ulimit -f 8; {call}")).output().stdout_text();
        // There is no room for a message either.
        assert!(!told.contains("cachex"), "{told}");
        let call =
            format!("{{ cachex -q {options} sh -c '{script}' 2> out; echo $? >&2; }} | true");
        sandbox.sh(&format!("ulimit -f 8; {call}")).ends("", "125\n", 0);
    }
}

#[test]
fn a_command_whose_output_is_lost_notices_it() {
    let sandbox = sandbox();
    let script = "trap \"\" PIPE; seq 100000 2>/dev/null || echo noticed >&2; exit 3";
    let call = in_little_room(&format!("cachex -q sh -c '{script}'"));
    sandbox.sh(&call).ends("", format!("noticed\n{TOO_LARGE}"), 3);
    // So does a command under --pty.
    let call = in_little_room("cachex -q --pty seq 10000000");
    sandbox.sh(&call).ends("", TOO_LARGE, 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_writes_to_a_device_directly() {
    let sandbox = sandbox();
    let guarded = "echo data && echo DELETE-ORIGINAL >&2";
    for script in [guarded, "echo lost; exit 3", "cat; echo $?"] {
        for to in [">/dev/full", "2>/dev/full", "1</dev/null"] {
            let bare = sandbox.sh(&format!("echo in | sh -c '{script}' {to}")).output();
            for options in ["-q", "-q --stdin"] {
                let call = format!("echo in | cachex {options} -- sh -c '{script}' {to}");
                sandbox.sh(&call).matches(&bare);
            }
        }
    }
    sandbox.sh("cachex sh -c : >/dev/full").warns("", "cannot be recorded; running uncached");
    // The null device cannot fail, so the run is cached.
    sandbox.sh("cachex -v echo hi >/dev/null 2>err; grep -c ': stored' err").gives("1\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_that_writes_to_a_device_gets_an_endless_input() {
    let sandbox = sandbox();
    let script = "sh -c 'head -c 100000 >/dev/null; echo done'";
    // A later call has to read more than a pipe holds to see whether its input is the same.
    sandbox.sh(&format!("head -c 100000 /dev/zero | cachex {script}")).gives("done\n");
    let bare = sandbox.sh(&format!("yes | {script} >/dev/full")).output();
    // The limit ends a cachex that keeps all of the input.
    sandbox.sh(&format!("ulimit -f 100000; yes | cachex -q {script} >/dev/full")).matches(&bare);
}

#[test]
fn a_command_that_reads_its_own_output_gets_the_file_directly() {
    let sandbox = Sandbox::new();
    let long = "seq 20000 | sed 's/^/needle /' > a; mkdir d; cp a d/a";
    // An endless copy would reach 4 GB.
    let run = |call: &str| {
        let call = format!("rm -rf a out d; {long}; ulimit -f 4000000; {call}");
        sandbox.sh(&format!("{call}; echo $?; cksum a out d/out; rm -f out d/out")).output()
    };
    for call in [
        "CACHEX grep needle a out >out",
        "CACHEX grep needle a out >>out",
        "cd d; CACHEX grep -r needle . >out",
        "CACHEX grep -r needle d >d/out",
        "CACHEX cat a >>a",
        "CACHEX sh -c 'cat a out >&2' --file=out 2>out",
    ] {
        let bare = run(&call.replace("CACHEX", ""));
        let ours = run(&call.replace("CACHEX", "cachex -q --"));
        assert_eq!(ours.stdout_text(), bare.stdout_text(), "{call}");
    }
    sandbox
        .sh("echo a > a; cachex cat a > out; cachex -v cat a 2>&1 >> out | head -c 11")
        .gives("cachex: hit");
    let told = sandbox.sh("cachex cat a out >> out").output().stderr_text();
    assert!(
        told.contains(
            "warning: the output goes to an input of the command (out); running uncached"
        ),
        "{told}"
    );
}

#[test]
fn a_command_that_refuses_to_read_its_own_output_still_does() {
    let sandbox = Sandbox::new();
    sandbox.script("grow.sh", "exec cat \"${1#*=@}\"");
    for word in ["d=@out", "d=out", "-fout"] {
        sandbox.write("out", "line\n".repeat(100));
        let bare = sandbox.sh(&format!("./grow.sh {word} >> out")).output();
        sandbox.write("out", "line\n".repeat(100));
        sandbox.sh(&format!("cachex -q ./grow.sh {word} >> out")).matches(&bare);
        assert_eq!(sandbox.sh("wc -l < out").output().stdout, b"100\n", "{word}");
    }
}
