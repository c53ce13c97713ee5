//! `--pty`: the command runs on a terminal of its own.

use super::harness::Sandbox;
use super::harness::terminal::on_terminal;
#[cfg(target_os = "linux")]
use super::harness::{is_running, skipped, wait_until};
use super::job_control::ctrl_c_ends_the_loop_around;
#[cfg(target_os = "linux")]
use std::os::unix::process::ExitStatusExt;

#[test]
fn pty_gives_the_command_a_terminal_and_replays_one_stream() {
    let sandbox = Sandbox::with_script(
        "test -t 0 && test -t 1 && test -t 2 && echo terminal; echo err >&2; cat",
    );
    for _ in 0..2 {
        sandbox.cachex("--pty ./s.sh").gives("terminal\nerr\n");
    }
    assert_eq!(sandbox.runs(), 1);
    sandbox.cachex("./s.sh").ends("", "err\n", 0);
    assert_eq!(sandbox.runs(), 2, "with a terminal and without are two entries");
    sandbox.cachex("--pty=never ./s.sh").ends("", "err\n", 0);
    sandbox.cachex("--pty=auto ./s.sh").ends("", "err\n", 0);
    assert_eq!(sandbox.runs(), 2);
    sandbox.cachex("--pty=sometimes ./s.sh").tells("", 2);
}

#[test]
fn pty_forwards_standard_input_and_exit_codes() {
    let sandbox = Sandbox::with_script("cat; exit 4");
    for _ in 0..2 {
        sandbox.cachex("--pty ./s.sh").stdin("in\n").ends("in\n", "", 4);
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn the_width_of_the_terminal_counts_and_its_height_does_not() {
    let sandbox = Sandbox::with_script("stty size");
    let shown =
        |rows, columns| on_terminal(sandbox.cachex("--pty=auto ./s.sh"), rows, columns).end().0;
    assert_eq!(shown(30, 100), "30 100\r\n");
    assert_eq!(shown(20, 100), "30 100\r\n");
    assert_eq!(shown(30, 90), "30 90\r\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_resize_reaches_the_command() {
    let sandbox = Sandbox::with_script(
        "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.02; done",
    );
    let mut terminal = on_terminal(sandbox.cachex("--pty ./s.sh"), 30, 100);
    terminal.wait_for("ready");
    terminal.resize(31, 101);
    terminal.wait_for("31 101");
    assert!(terminal.end().1.success());
}

#[test]
fn keys_send_signals_to_a_command_under_pty() {
    let sandbox = Sandbox::with_script(
        "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.02; done",
    );
    let mut terminal = on_terminal(sandbox.cachex("--pty ./s.sh"), 24, 80);
    terminal.wait_for("ready");
    terminal.press(3);
    let (seen, status) = terminal.end();
    assert!(seen.ends_with("caught\r\n"), "{seen:?}");
    assert_eq!(status.code(), Some(9));
}

#[test]
fn a_reader_that_leaves_ends_a_command_under_pty() {
    let sandbox = Sandbox::new();
    sandbox.sh("cachex --pty yes < /dev/null | head -1").gives("y\n");
}

#[test]
fn a_process_left_behind_under_pty_survives_and_the_run_is_not_stored() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "(read x < go; echo $x) & echo started");
    for _ in 0..2 {
        sandbox.sh("cachex --pty ./s.sh > out 2>&1 < /dev/null; cat out").gives("started\n");
        let late = "echo late > go; while ! grep -q late out; do :; done; cat out";
        sandbox.sh(late).gives("started\nlate\n");
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_run_that_gets_keys_under_pty_is_not_stored() {
    let sandbox = Sandbox::with_script("echo ready; read line; echo \"got $line\"");
    for _ in 0..2 {
        let mut terminal = on_terminal(sandbox.cachex("--pty ./s.sh"), 24, 80);
        terminal.wait_for("ready");
        "typed\r".bytes().for_each(|key| terminal.press(key));
        let (seen, status) = terminal.end();
        assert_eq!(seen, "ready\r\ntyped\r\ngot typed\r\n");
        assert!(status.success());
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn the_terminal_is_restored_on_every_exit() {
    let sandbox =
        Sandbox::with_script("echo ready; read line; test \"$line\" = stay && exec sleep 1000");
    for (keys, signal) in [("go\r", None), ("stay\r\u{3}", None), ("stay\r", Some("TERM"))] {
        let kill =
            signal.map_or(String::new(), |name| format!("(sleep 0.5; kill -{name} $(cat pid)) & "));
        let script = format!(
            "stty -a > before; {kill} sh -c 'echo $$ > pid; exec cachex --pty ./s.sh'; \
             stty -a > after; echo end"
        );
        let mut call = sandbox.sh(&format!("trap : INT; {script}"));
        call.command.env("CACHEX_NO_SPINNER", "1");
        let mut terminal = on_terminal(call, 24, 80);
        terminal.wait_for("ready");
        keys.bytes().for_each(|key| terminal.press(key));
        terminal.wait_for("end");
        sandbox.sh("cmp before after").gives("");
    }
}

/// A program that prints each byte that it reads in raw mode, until `q`.
const RAW: &str = "use POSIX; $|=1;
    my $mode = POSIX::Termios->new; $mode->getattr(0);
    $mode->setlflag($mode->getlflag & ~(ICANON | ECHO | ISIG)); $mode->setiflag(0); $mode->setattr(0, TCSANOW);
    print \"ready\\n\"; my $key;
    while (sysread STDIN, $key, 1) { print ord $key, \"\\n\"; last if $key eq 'q' }";

#[test]
fn the_terminal_of_a_command_under_pty_decides_what_keys_do() {
    let sandbox = Sandbox::new();
    sandbox.write("raw.pl", RAW);
    let mut terminal = on_terminal(sandbox.cachex("--no-spinner --pty perl raw.pl"), 24, 80);
    terminal.wait_for("ready");
    terminal.type_in(b"\r\x13\x03\x1a\x16\x04q");
    let (seen, status) = terminal.end();
    assert_eq!(seen, "ready\r\n13\r\n19\r\n3\r\n26\r\n22\r\n4\r\n113\r\n");
    assert!(status.success());
}

#[test]
fn the_terminal_of_a_command_under_pty_controls_its_session() {
    let sandbox = Sandbox::new();
    let script =
        "set -m; sleep 100 & jobs -l | grep -c Running; kill %1; echo to the terminal > /dev/tty";
    let seen =
        on_terminal(sandbox.cachex_words(["--no-spinner", "--pty", "bash", "-c", script]), 24, 80)
            .end()
            .0;
    assert_eq!(seen, "1\r\nto the terminal\r\n");
    let words = ["--pty", "bash", "--norc", "-i", "-c", "echo $-"];
    let seen = on_terminal(sandbox.cachex_words(words), 24, 80).end().0;
    assert!(!seen.contains("no job control") && seen.contains('m'), "{seen}");
}

#[test]
fn ctrl_d_typed_before_the_command_starts_is_an_end_of_input() {
    let sandbox = Sandbox::new();
    for _ in 0..20 {
        // Before cachex or the command has looked at the terminal.
        let mut terminal = on_terminal(sandbox.cachex("--pty cat"), 24, 80);
        terminal.press(4);
        let (seen, status) = terminal.end();
        assert!(!seen.contains('\0') && status.success(), "{seen:?}");
    }
    let mut terminal = on_terminal(sandbox.cachex("--pty cat"), 24, 80);
    terminal.type_in(b"ahead\r\x04");
    let (seen, _) = terminal.end();
    assert!(seen.ends_with("ahead\r\n"), "{seen:?}");
}

#[test]
fn output_under_pty_is_the_same_on_a_terminal_a_pipe_and_a_file() {
    let sandbox = Sandbox::with_script("printf 'a\\nb\\r\\n10%%\\r20%%\\r'");
    for refresh in ["--refresh", "--ttl=1d"] {
        let call = |words: &str| sandbox.cachex(&format!("{refresh} --pty {words}"));
        let seen = on_terminal(call("./s.sh"), 24, 80).end().0;
        assert_eq!(seen.replace("\r\r\n", "\r\n"), "a\r\nb\r\n10%\r20%\r");
        call("./s.sh").gives("a\nb\r\n10%\r20%\r");
    }
}

#[test]
fn readers_of_the_output_under_pty_get_a_usable_terminal() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "echo a; echo b; read x < go");
    let mut terminal = on_terminal(sandbox.sh("cachex --pty ./s.sh | cat"), 24, 80);
    terminal.wait_for("b");
    sandbox.go();
    assert_eq!(terminal.end().0, "a\r\nb\r\n");
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_z_stops_a_command_under_pty_and_cachex_with_it() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "echo ready; read x < go; echo went on");
    let script = "stty -a > before; cachex --pty ./s.sh; echo stopped $?; stty -a > stopped; \
                  (sleep 0.2; echo > go) & fg; echo end $?; stty -a > after; echo over";
    let shell = sandbox.program("bash", &["-m", "-c", script]);
    let mut terminal = on_terminal(shell, 24, 80);
    terminal.wait_for("ready");
    terminal.press(26);
    terminal.wait_for("stopped 148");
    terminal.wait_for("went on");
    terminal.wait_for("end 0");
    terminal.wait_for("over");
    sandbox.sh("cmp before stopped && cmp before after").gives("");
}

#[cfg(target_os = "linux")]
#[test]
fn kill_9_of_cachex_kills_a_command_under_pty() {
    let sandbox = Sandbox::with_script("echo $$ > id; echo ready; exec sleep 1000");
    let mut terminal = on_terminal(sandbox.cachex("--pty ./s.sh"), 24, 80);
    terminal.wait_for("ready");
    let id = std::fs::read_to_string(sandbox.dir.join("id")).expect("read");
    terminal.kill();
    assert_eq!(terminal.end().1.signal(), Some(libc::SIGKILL));
    wait_until("the command is gone", || !is_running(id.trim()));
}

#[test]
fn a_key_that_kills_a_command_under_pty_ends_the_loop_around_it() {
    ctrl_c_ends_the_loop_around("cachex --pty");
}

#[cfg(target_os = "linux")]
#[test]
fn pty_works_where_the_terminal_has_no_name() {
    let sandbox = Sandbox::with_script("tty; read line; echo \"got $line\"");
    // As in a container that is given the terminal of its caller.
    let mount = "mount -t devpts -o newinstance,ptmxmode=0666 new /dev/pts && \
                 mount --bind /dev/pts/ptmx /dev/ptmx";
    let within = |script: &str| sandbox.program("unshare", &["--mount", "sh", "-c", script]);
    if !within(mount).output().status.success() {
        return skipped("the right to mount");
    }
    let call = format!("{mount} && exec cachex -v --no-spinner --pty ./s.sh");
    let mut terminal = on_terminal(within(&call), 24, 80);
    terminal.wait_for("/dev/pts/0");
    terminal.type_in(b"keys\r");
    let (seen, status) = terminal.end();
    assert!(seen.contains("got keys\r\n") && status.success(), "{seen}");
    assert!(!seen.contains("uncached"), "{seen}");
    let call = format!("{mount} && exec cachex -v --no-spinner --pty tty");
    for told in ["cachex: stored", "cachex: hit"] {
        let (seen, _) = on_terminal(within(&call), 24, 80).end();
        assert!(seen.contains("/dev/pts/0\r\n") && seen.contains(told), "{seen}");
    }
}
