//! Starting a command and noticing its end.

use super::harness::{Sandbox, Texts, has};
#[cfg(target_os = "linux")]
use super::{
    harness::{Call, seccomp::refusing, terminal::on_terminal},
    system_calls::can_trace,
};

#[test]
fn each_variable_is_in_the_environment_once() {
    let sandbox = Sandbox::new();
    for options in ["--pure-env --env HOME,PATH,CACHEX_ACTIVE", "--env HOME,CACHEX_ACTIVE"] {
        let output = sandbox.cachex(&format!("{options} env")).env("CACHEX_ACTIVE", "x").output();
        let output = output.stdout_text();
        for name in ["HOME=", "CACHEX_ACTIVE=x:"] {
            let found = output.lines().filter(|line| line.starts_with(name)).count();
            assert_eq!(found, 1, "{options}: {name} in {output}");
        }
    }
    sandbox.cachex("--pure-env --env HOME cachex --env HOME echo once").gives("once\n");
}

#[test]
fn a_variable_that_is_set_twice_makes_the_run_uncached() {
    if !has("python3") {
        return;
    }
    let sandbox = Sandbox::new();
    let twice = "import os, sys
class Twice(dict):
    def __len__(self): return len(os.environ) + 2
    def keys(self): return [*os.environ, 'A', 'A']
    def values(self): return [*os.environ.values(), 'first', 'second']
os.execvpe(sys.argv[1], sys.argv[1:], Twice(os.environ))";
    let told = "cannot compute the key: A: the variable is set twice; running uncached";
    for (options, values) in
        [(&["--env", "A"][..], "first\nsecond\n"), (&["--pure-env", "--env", "A*"], "first\n")]
    {
        let words = [&["-c", twice, "cachex"], options, &["printenv", "A"]].concat();
        sandbox.program("python3", &words).warns(values, told);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_pidfd_the_end_of_the_command_is_noticed() {
    let sandbox = Sandbox::with_script("echo out; echo err >&2; cat; exit 3");
    sandbox.script("killed.sh", "echo last words; kill -TERM $$");
    sandbox.write("no_line.sh", "echo without a line\n");
    sandbox.sh("chmod +x no_line.sh; printf '#!/no/such/thing\\n' > lost; chmod +x lost").gives("");
    for words in ["./s.sh a", "./killed.sh", "./no_line.sh", "seq 100000", "sh -c ls"] {
        let call = |options: &str| sandbox.cachex(&format!("{options} {words}"));
        let usual = call("--no-store").output();
        without_pidfd(call("--no-store")).matches(&usual);
        without_pidfd(call("--refresh")).matches(&usual);
        if usual.status.success() {
            without_pidfd(call("--only-if-cached")).matches(&usual);
        }
    }
    without_pidfd(sandbox.cachex("./s.sh")).stdin("in\n").ends("out\nin\n", "err\n", 3);
    let lost = sandbox.cachex("./lost").tells("", 127);
    assert_eq!(without_pidfd(sandbox.cachex("./lost")).tells("", 127), lost);
    let is_open = "cachex --no-store sh -c 'test -e /proc/$$/fd/2 && echo open || echo closed'";
    without_pidfd(sandbox.sh(is_open)).gives("open\n");
    without_pidfd(sandbox.sh(&format!("{is_open} 2>&-"))).gives("closed\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_key_pressed_before_the_command_starts_reaches_it() {
    use std::os::unix::process::ExitStatusExt;
    if !can_trace() {
        return;
    }
    let sandbox = Sandbox::new();
    let late = "-o trace -e trace=signalfd4,clone -e inject=clone:delay_enter=300000 \
                cachex --no-spinner --no-store sleep 1000";
    let words: Vec<_> = late.split_whitespace().collect();
    let mut terminal = on_terminal(sandbox.program("strace", &words), 24, 80);
    // From then on signals are blocked and wait.
    sandbox.sh("until grep -qs '^signalfd4(' trace; do :; done").gives("");
    terminal.press(3);
    assert_eq!(terminal.end().1.signal(), Some(libc::SIGINT));
}

/// A call without descriptors for processes, as under QEMU, in older versions of gVisor, and behind strict filters.
#[cfg(target_os = "linux")]
fn without_pidfd(call: Call) -> Call {
    refusing(call, libc::SYS_pidfd_open, libc::ENOSYS)
}
