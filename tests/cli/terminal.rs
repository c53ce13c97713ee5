//! Terminals: the spinner, keys that send signals, and `--pty`.

use super::harness::{Call, Sandbox};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{ioctl_tiocsctty, setsid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus};

/// A call on its own terminal, and its user.
pub struct Terminal {
    master: File,
    child: Child,
    pub seen: String,
}

fn size(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

#[allow(unsafe_code)]
pub fn on_terminal(mut call: Call, rows: u16, columns: u16) -> Terminal {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    // Atomically where possible, because other tests start programs at the same time.
    #[cfg(target_os = "linux")]
    let flags = flags | OpenptFlags::CLOEXEC;
    let master = openpt(flags).expect("a terminal");
    fcntl_setfd(&master, FdFlags::CLOEXEC).expect("set");
    grantpt(&master).expect("granted");
    unlockpt(&master).expect("unlocked");
    let name = ptsname(&master, Vec::new()).expect("a name");
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).expect("opened");
    tcsetwinsize(&master, size(rows, columns)).expect("sized");
    let slave = File::from(slave);
    call.command
        .env("TERM", "xterm")
        .stdin(slave.try_clone().expect("cloned"))
        .stdout(slave.try_clone().expect("cloned"))
        .stderr(slave);
    // SAFETY: only system calls are made.
    unsafe {
        call.command.pre_exec(|| {
            setsid()?;
            ioctl_tiocsctty(rustix::stdio::stdin())?;
            Ok(())
        });
    }
    let child = call.command.spawn().expect("started");
    drop(call);
    Terminal { master: File::from(master), child, seen: String::new() }
}

impl Terminal {
    /// Reads until the text appears. Fails if the terminal closes before.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        while !self.seen.contains(text) {
            assert!(self.read(), "{text:?} is not in {:?}", self.seen);
        }
    }

    #[track_caller]
    fn read(&mut self) -> bool {
        let minute = Timespec { tv_sec: 60, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(&self.master, PollFlags::IN)], Some(&minute));
        assert_ne!(ready, Ok(0), "nothing for a minute after {:?}", self.seen);
        let mut buffer = [0; 4096];
        match self.master.read(&mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.seen += &String::from_utf8_lossy(&buffer[..count]);
                true
            }
        }
    }

    pub fn press(&mut self, key: u8) {
        self.type_in(&[key]);
    }

    pub fn type_in(&mut self, keys: &[u8]) {
        self.master.write_all(keys).expect("written");
    }

    /// Waits for the end. Returns everything that was shown, and the exit status.
    pub fn end(mut self) -> (String, ExitStatus) {
        while self.read() {}
        (self.seen, self.child.wait().expect("ended"))
    }
}

/// A sandbox whose script waits for [`go`].
fn waiting(after: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", &format!("read x < go; {after}"));
    sandbox
}

fn go(sandbox: &Sandbox) {
    std::fs::write(sandbox.dir.join("go"), "\n").expect("written");
}

#[test]
fn the_spinner_shows_text_and_time_and_disappears_before_the_first_byte() {
    let sandbox = waiting("echo done");
    let mut terminal = on_terminal(sandbox.cachex("./s.sh arg"), 24, 80);
    terminal.wait_for("Running `./s.sh arg` 0.7s");
    go(&sandbox);
    let (seen, status) = terminal.end();
    assert!(seen.ends_with("\r\u{1b}[2Kdone\r\n"), "{seen:?}");
    assert!(seen.contains("0.5s") && !seen.contains("0.4s"), "{seen:?}");
    assert_eq!(status.code(), Some(0));
    // A hit shows nothing but the output.
    assert_eq!(on_terminal(sandbox.cachex("./s.sh arg"), 24, 80).end().0, "done\r\n");
}

#[test]
fn explain_wraps_long_lines_on_a_terminal_only() {
    let sandbox = Sandbox::new();
    let long = "日本語 and more words ".repeat(5);
    let call = || sandbox.cachex_words(["explain", "--", "echo", &long]);
    let (seen, _) = on_terminal(call(), 24, 60).end();
    // An ideograph is two columns wide.
    let width = |line: &str| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    assert!(seen.lines().all(|line| width(line) <= 60), "{seen}");
    assert!(seen.lines().any(|line| width(line) > 50), "{seen}");
    let piped = sandbox.sh(&format!("cachex explain -- echo '{long}' 2>&1")).output().stdout;
    let piped = String::from_utf8(piped).expect("UTF-8");
    assert!(piped.lines().any(|line| line.contains(long.trim_end())), "{piped}");
    let solid = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(solid(&seen), solid(&piped));
}

#[test]
fn tables_are_drawn_on_a_terminal_only() {
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        sandbox.cachex("echo a-long-word-that-does-not-fit").output();
    }
    let seen = |words: &str, variable: &str| {
        on_terminal(sandbox.cachex(words).env(variable, "1"), 24, 60).end().0
    };
    for verb in ["list", "stats"] {
        let coloured = seen(verb, "X");
        assert!(coloured.contains("\u{1b}[1m") && coloured.contains("COMMAND"), "{coloured:?}");
        assert!(!seen(verb, "NO_COLOR").contains('\u{1b}'), "{verb}");
    }
    let listed = seen("list", "NO_COLOR");
    assert!(listed.contains("a-lo") && listed.contains("…\r\n"), "{listed:?}");
    assert!(seen("stats", "NO_COLOR").contains(" 50% █████     "), "{}", seen("stats", "X"));
}

#[test]
fn colours_mark_verdicts_and_differences() {
    let sandbox = Sandbox::new();
    sandbox.cachex("echo a").gives("a\n");
    let seen = |words: &str| on_terminal(sandbox.cachex(words), 24, 80).end().0;
    let doctor = seen("doctor");
    assert!(doctor.contains("\u{1b}[32mok\u{1b}[0m  directory  /"), "{doctor:?}");
    sandbox.sh("chmod 755 ../store").gives("");
    let doctor = seen("doctor");
    assert!(doctor.contains("\u{1b}[33mwarning\u{1b}[0m  directory  /"), "{doctor:?}");
    assert!(doctor.contains("\u{1b}[32mok\u{1b}[0m       files"), "{doctor:?}");
    let config = seen("config --all --ttl 1h");
    assert!(config.contains("\nttl                     1h "), "{config:?}");
    assert!(config.contains("\u{1b}[2mscope "), "{config:?}");
}

#[test]
fn stats_fit_the_terminal() {
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        sandbox.cachex("echo a").env("PATH", "/usr/bin:/bin").gives("a\n");
    }
    let seen = on_terminal(sandbox.cachex("stats").env("NO_COLOR", "1"), 24, 80).end().0;
    assert!(
        seen.contains("HITS  MISSES  RATE             SAVED  ENTRIES  SIZE  COMMAND"),
        "{seen}"
    );
    assert!(seen.contains("   1       1   50% █████"), "{seen}");
    let narrow = on_terminal(sandbox.cachex("stats").env("NO_COLOR", "1"), 24, 40).end().0;
    assert!(narrow.contains("HITS  RATE  SAVED  COMMAND"), "{narrow}");
    assert!(narrow.contains("/bin/echo"), "{narrow}");
}

#[test]
fn the_spinner_cuts_a_custom_text_to_the_width() {
    let sandbox = waiting("exit 3");
    let long = "a text that is much longer than the terminal is wide";
    let mut terminal = on_terminal(sandbox.cachex_words(["--spinner", long, "./s.sh"]), 24, 40);
    terminal.wait_for("a text that is much longer t… 0.6s");
    go(&sandbox);
    let (seen, status) = terminal.end();
    assert!(seen.ends_with("\r\u{1b}[2K"), "{seen:?}");
    assert_eq!(status.code(), Some(3));
}

#[test]
fn the_spinner_shows_that_inputs_are_read() {
    let sandbox = waiting("echo done");
    sandbox.sh("mkfifo hash").gives("");
    let words = ["--hash-with", "arg:1=read x < hash; cat", "./s.sh", "arg"];
    let mut terminal = on_terminal(sandbox.cachex_words(words), 24, 80);
    terminal.wait_for("Reading the inputs of `./s.sh arg` 0.7s");
    std::fs::write(sandbox.dir.join("hash"), "\n").expect("written");
    terminal.wait_for("Running `./s.sh arg` 0.5s");
    go(&sandbox);
    let (seen, status) = terminal.end();
    assert!(seen.ends_with("\r\u{1b}[2Kdone\r\n"), "{seen:?}");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_spinner_can_be_turned_off() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "sleep 0.8; echo done");
    let calls = [
        sandbox.cachex("--no-spinner --ttl 0 ./s.sh"),
        sandbox.cachex("--ttl 0 ./s.sh").env("CACHEX_NO_SPINNER", "1"),
        sandbox.cachex("--ttl 0 ./s.sh").env("CACHEX_ACTIVE", "1"),
    ];
    for call in calls {
        assert_eq!(on_terminal(call, 24, 80).end().0, "done\r\n");
    }
    let dumb = sandbox.sh("TERM=dumb exec cachex --ttl 0 ./s.sh");
    assert_eq!(on_terminal(dumb, 24, 80).end().0, "done\r\n");
}

#[test]
fn ctrl_c_ends_both_and_removes_the_spinner() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "exec sleep 1000");
    let mut terminal = on_terminal(sandbox.cachex("./s.sh"), 24, 80);
    terminal.wait_for("0.5s");
    terminal.press(3);
    let (seen, status) = terminal.end();
    assert!(seen.ends_with("\r\u{1b}[2K"), "{seen:?}");
    assert_eq!(status.signal(), Some(libc::SIGINT));
    assert!(sandbox.store().list(&cachex::store::Selection::all()).expect("listed").is_empty());
}

#[test]
fn ctrl_c_ends_the_loop_around_it() {
    let sandbox = Sandbox::new();
    let script = "while :; do cachex --no-spinner sh -c 'echo ready; exec sleep 1000'; done";
    let call = sandbox.program("bash", &["-c", script]);
    let mut terminal = on_terminal(call, 24, 80);
    terminal.wait_for("ready");
    terminal.press(3);
    let (seen, status) = terminal.end();
    assert_eq!(seen.matches("ready").count(), 1);
    assert_eq!(status.signal(), Some(libc::SIGINT));
}

#[test]
fn pty_gives_the_command_a_terminal_and_replays_one_stream() {
    let sandbox = Sandbox::new();
    sandbox
        .script("s.sh", "test -t 0 && test -t 1 && test -t 2 && echo terminal; echo err >&2; cat");
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
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "cat; exit 4");
    for _ in 0..2 {
        sandbox.cachex("--pty ./s.sh").stdin("in\n").ends("in\n", "", 4);
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn the_width_of_the_terminal_counts_and_its_height_does_not() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "stty size");
    let shown =
        |rows, columns| on_terminal(sandbox.cachex("--pty=auto ./s.sh"), rows, columns).end().0;
    assert_eq!(shown(30, 100), "30 100\r\n");
    assert_eq!(shown(20, 100), "30 100\r\n");
    assert_eq!(shown(30, 90), "30 90\r\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_resize_reaches_the_command() {
    let sandbox = Sandbox::new();
    sandbox
        .script("s.sh", "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.02; done");
    let mut terminal = on_terminal(sandbox.cachex("--pty ./s.sh"), 30, 100);
    terminal.wait_for("ready");
    tcsetwinsize(&terminal.master, size(31, 101)).expect("sized");
    terminal.wait_for("31 101");
    assert!(terminal.end().1.success());
}

#[test]
fn keys_send_signals_to_a_command_under_pty() {
    let sandbox = Sandbox::new();
    sandbox
        .script("s.sh", "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.02; done");
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
fn the_spinner_does_not_overwrite_a_question_and_the_run_is_not_stored() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo ask").gives("");
    let ask =
        "stty -echo < /dev/tty; printf 'env? ' > /dev/tty; read x < /dev/tty; stty echo < /dev/tty";
    sandbox.script("s.sh", &format!("read x < ask; {ask}; echo \"deploy $x\""));
    for answer in ["one", "two"] {
        let mut terminal = on_terminal(sandbox.cachex("-v ./s.sh"), 24, 80);
        terminal.wait_for("Running `./s.sh` 0.6s");
        std::fs::write(sandbox.dir.join("ask"), "\n").expect("written");
        terminal.wait_for("env? ");
        // The spinner clears its own columns and moves the cursor back behind the question.
        terminal.wait_for("  \u{1b}8");
        terminal.type_in(format!("{answer}\r").as_bytes());
        let (seen, status) = terminal.end();
        let (_, after) = seen.rsplit_once("env? ").expect("asked");
        assert!(!after.contains("Running") && !after.contains("\u{1b}[2K"), "{seen:?}");
        assert!(seen.contains(&format!("deploy {answer}\r\n")), "{seen:?}");
        let told = "not stored: the mode of the terminal was changed, as for a question";
        assert!(seen.contains(told), "{seen:?}");
        assert!(status.success());
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_question_is_noticed_even_if_no_stream_is_a_terminal() {
    let sandbox = Sandbox::new();
    let ask = "stty -echo < /dev/tty; : > asked; read x < /dev/tty; stty echo < /dev/tty; echo $x";
    sandbox.script("s.sh", ask);
    let script = "cachex -v ./s.sh </dev/null >out 2>told; cat out told";
    let mut terminal = on_terminal(sandbox.sh(script), 24, 80);
    sandbox.sh("until test -e asked; do sleep 0.01; done").gives("");
    terminal.type_in(b"answer\r");
    let (seen, _) = terminal.end();
    assert!(seen.starts_with("answer\r\n"), "{seen:?}");
    let told = ["the mode of the terminal was changed", "the terminal was read"];
    assert!(told.iter().any(|told| seen.contains(&format!("not stored: {told}"))), "{seen:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_reads_typeahead_is_not_stored() {
    for ask in ["read x", "stty -echo; read x; stty echo", "read x <&3"] {
        let sandbox = Sandbox::new();
        sandbox.script("s.sh", &format!("exec < /dev/tty; {ask}; echo got $x"));
        for answer in ["one", "two"] {
            let script = "until test -e typed; do :; done; cachex -v ./s.sh 3<&0; rm typed";
            let mut terminal = on_terminal(sandbox.sh(script), 24, 80);
            terminal.type_in(format!("{answer}\r").as_bytes());
            sandbox.write("typed", "");
            let (seen, _) = terminal.end();
            assert!(seen.contains(&format!("got {answer}\r\n")), "{ask}: {seen:?}");
            assert!(seen.contains("not stored: the "), "{ask}: {seen:?}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn many_calls_on_one_terminal_are_stored_if_nobody_types() {
    let sandbox = Sandbox::new();
    let call = "sh -c 'cachex -v true $0; cachex -v true $0 again' ";
    let script = format!("for i in 1 2 3; do {call} $i & done; wait");
    let (seen, _) = on_terminal(sandbox.sh(&script), 24, 80).end();
    assert_eq!(seen.matches("cachex: stored").count(), 6, "{seen:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_pager_that_reads_the_output_is_not_a_question() {
    let sandbox = waiting("echo done");
    // Like `less`: raw mode, with the terminal open to read keys, while the command is running.
    let pager = "until test -e ran; do sleep 0.01; done; \
                 exec 3</dev/tty; stty raw -echo <&3; : > raw; cat; stty sane <&3";
    let script = format!("cachex -v ./s.sh 2>told | sh -c '{pager}'; cat told");
    let mut terminal = on_terminal(sandbox.sh(&script), 24, 80);
    sandbox.sh("until test -e raw; do sleep 0.01; done; sleep 0.3").gives("");
    go(&sandbox);
    terminal.wait_for("done");
    let (seen, _) = terminal.end();
    assert!(seen.contains("cachex: stored"), "{seen:?}");
}

#[test]
fn a_background_job_does_not_touch_the_terminal() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "sleep 0.9");
    let script = "set -m; cachex ./s.sh & wait; echo end";
    let (seen, _) = on_terminal(sandbox.program("bash", &["-c", script]), 24, 80).end();
    assert!(!seen.contains("Running"), "{seen:?}");
}

#[test]
fn a_run_that_gets_keys_under_pty_is_not_stored() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "echo ready; read line; echo \"got $line\"");
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
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "echo ready; read line; test \"$line\" = stay && exec sleep 1000");
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
    let mut terminal = on_terminal(sandbox.cachex("--pty perl raw.pl"), 24, 80);
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
    let seen = on_terminal(sandbox.cachex_words(["--pty", "bash", "-c", script]), 24, 80).end().0;
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
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "printf 'a\\nb\\r\\n10%%\\r20%%\\r'");
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
    go(&sandbox);
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
fn ctrl_z_stops_cachex_only_with_its_command() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    // A command that handles the signal, and one that does not.
    let handles = "$|=1; $SIG{TSTP}=sub{print \"handled\\n\"; exit 3}; print \"ready\\n\"; \
                   select undef,undef,undef,.02 while time < $^T + 60";
    sandbox.script("handles.sh", &format!("exec perl -e '{handles}'"));
    sandbox.script("stops.sh", "echo ready; read x < go; echo went on");
    let run = |name: &str| {
        let script =
            format!("cachex --no-spinner ./{name}; echo status $?; (echo > go) & fg; echo end");
        on_terminal(sandbox.program("bash", &["-m", "-c", &script]), 24, 80)
    };
    let mut terminal = run("handles.sh");
    terminal.wait_for("ready");
    terminal.press(26);
    terminal.wait_for("handled");
    terminal.wait_for("status 3");
    drop(terminal);
    let mut terminal = run("stops.sh");
    terminal.wait_for("ready");
    terminal.press(26);
    terminal.wait_for("status 148");
    terminal.wait_for("went on");
    terminal.wait_for("end");
}

/// Commands that create their own process group. Without cachex they already lead one.
const LEADERS: [&str; 2] = [
    "timeout 100 sh -c 'echo ready; read x < go; echo went on'",
    "perl -e '$| = 1; setpgrp; print qq(ready\n); open my $go, q(<), q(go) or die; <$go>; print qq(went on\n)'",
];

#[test]
fn ctrl_c_reaches_a_command_with_a_process_group_of_its_own() {
    for command in LEADERS {
        let sandbox = Sandbox::new();
        sandbox.sh("mkfifo go").gives("");
        for call in ["", "cachex --no-spinner --no-store -- "] {
            let mut terminal = on_terminal(sandbox.sh(&format!("exec {call}{command}")), 24, 80);
            terminal.wait_for("ready");
            terminal.press(3);
            assert_eq!(terminal.end().1.signal(), Some(libc::SIGINT), "{call}{command}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_z_stops_a_command_with_a_process_group_of_its_own() {
    for command in LEADERS {
        let sandbox = Sandbox::new();
        sandbox.sh("mkfifo go").gives("");
        for call in ["", "cachex --no-spinner --no-store -- "] {
            let script = format!("{call}{command}; echo status $?; (echo > go) & fg; echo end $?");
            let shell = sandbox.program("bash", &["-m", "-c", &script]);
            let mut terminal = on_terminal(shell, 24, 80);
            terminal.wait_for("ready");
            terminal.press(26);
            terminal.wait_for("status 148");
            terminal.wait_for("went on");
            terminal.wait_for("end 0");
        }
    }
}

#[test]
fn ctrl_c_spares_a_command_that_left_the_foreground_of_its_caller() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    for call in ["", "cachex --no-spinner --no-store -- "] {
        // This shell leads the foreground group, and cachex is in it.
        let script = format!("trap : INT; {call}{}; echo status $?", LEADERS[0]);
        let mut terminal = on_terminal(sandbox.sh(&format!("{script}; :")), 24, 80);
        terminal.wait_for("ready");
        terminal.press(3);
        // The shell handles the signal only after the command has ended.
        sandbox.sh("echo > go").gives("");
        terminal.wait_for("went on");
        terminal.wait_for("status");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn kill_9_of_cachex_kills_a_command_under_pty() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "echo $$ > id; echo ready; exec sleep 1000");
    let mut terminal = on_terminal(sandbox.cachex("--pty ./s.sh"), 24, 80);
    terminal.wait_for("ready");
    let id = std::fs::read_to_string(sandbox.dir.join("id")).expect("read");
    terminal.child.kill().expect("killed");
    assert_eq!(terminal.end().1.signal(), Some(libc::SIGKILL));
    let gone = format!("until ! kill -0 {} 2>/dev/null; do sleep 0.01; done", id.trim());
    sandbox.program("timeout", &["10", "sh", "-c", &gone]).gives("");
}

#[test]
fn a_key_that_kills_a_command_under_pty_ends_the_loop_around_it() {
    let sandbox = Sandbox::new();
    let script = "while :; do cachex --pty sh -c 'echo ready; exec sleep 1000'; done";
    let mut terminal = on_terminal(sandbox.program("bash", &["-c", script]), 24, 80);
    terminal.wait_for("ready");
    terminal.press(3);
    let (seen, status) = terminal.end();
    assert_eq!(seen.matches("ready").count(), 1);
    assert_eq!(status.signal(), Some(libc::SIGINT));
}

#[test]
fn a_terminal_that_hangs_up_reaches_the_command_of_a_session_leader() {
    let sandbox = Sandbox::new();
    let wait = "trap 'echo heard > hangup; exit' HUP; echo ready; while :; do sleep 0.02; done";
    sandbox.script("s.sh", wait);
    let mut terminal = on_terminal(sandbox.cachex("--no-spinner ./s.sh"), 24, 80);
    terminal.wait_for("ready");
    let Terminal { master, mut child, .. } = terminal;
    drop(master);
    child.wait().expect("ended");
    assert_eq!(std::fs::read_to_string(sandbox.dir.join("hangup")).expect("heard"), "heard\n");
}
