//! Commands that are hard to trace: the files that they read still count, or their results are not stored for a stated
//! reason.

use super::super::harness::{Sandbox, Texts, am_root, found, has, skipped, wait_until, word};
use super::programs::with_c;
use super::traced::Traced;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// Expects that a script is stored, and that new content of `in` is a miss.
#[track_caller]
fn depends_on_in(script: &str) {
    let traced = Traced::new(script);
    traced.sh("mkdir sub; echo 1 > in; touch -d @1000 in");
    traced.gives("1\n").stored();
    traced.gives("1\n").hit();
    traced.sh("echo 2 > in; touch -d @1000 in");
    traced.gives("2\n").missed("in changed");
}

/// Expects that a script works and is not stored for this reason.
#[track_caller]
fn is_unstored(script: &str, stdout: &str, reason: &str) {
    let traced = Traced::new(script);
    traced.gives(stdout).unstored(reason);
    traced.gives(stdout).unstored(reason);
}

/// Like [`depends_on_in`], for a C program.
#[track_caller]
fn c_depends_on_in(lines: &str) {
    let Some(sandbox) = with_c(lines) else { return };
    let traced = Traced::within(sandbox, "./c");
    traced.sh("mkdir sub; echo 1 > in; touch -d @1000 in");
    traced.gives("1\n").stored();
    traced.gives("1\n").hit();
    traced.sh("echo 2 > in; touch -d @1000 in");
    traced.gives("2\n").missed("in changed");
}

#[test]
fn files_count_however_they_are_opened() {
    for script in [
        "cd sub; cat ../in",
        "cat $PWD/in",
        "cat sub/../in",
        "cat < in",
        "exec 3< in; cat <&3",
        "exec 3< in; cat /proc/self/fd/3",
        "exec 3< in; cat /dev/fd/3",
        "cat /proc/self/cwd/in",
        "ln -sf ../in sub/l; cat sub/l; rm sub/l",
        "cat in | cat | cat",
        "(cat in &) | cat",
        "env -i /bin/cat in",
        "setsid -w cat in",
        "cat /proc/$$/cwd/in",
    ] {
        depends_on_in(script);
    }
}

#[test]
fn a_thread_with_the_working_directory_of_all_is_followed() {
    c_depends_on_in(
        "static void *run(void *x) { chdir(\"..\"); return x; }
        static void *open_it(void *x) { show(open(\"in\", O_RDONLY)); return x; }
        int main(void) {
            pthread_t t; chdir(\"sub\");
            pthread_create(&t, 0, run, 0); pthread_join(t, 0);
            pthread_create(&t, 0, open_it, 0); pthread_join(t, 0);
            return 0;
        }",
    );
}

#[test]
fn exec_from_a_thread_is_followed() {
    c_depends_on_in(
        "static void *run(void *x) { execl(\"/bin/cat\", \"cat\", \"in\", (char *)0); return x; }
        int main(void) { pthread_t t; pthread_create(&t, 0, run, 0); pause(); }",
    );
}

#[test]
fn a_program_that_its_caller_cannot_read_is_not_followed() {
    if !am_root() || !has("setpriv") {
        return;
    }
    let Some(sandbox) = with_c("int main(void) { show(open(\"in\", O_RDONLY)); return 0; }") else {
        return;
    };
    sandbox.write("in", "1\n");
    fs::write(sandbox.dir.join("p.sh"), "./c; ls > /dev/null\n").expect("written");
    sandbox.sh("chmod 711 c").gives("");
    for _ in 0..2 {
        let stderr = sandbox.by(65534, "--trace -v --cache-dir store -- sh p.sh").tells("1\n", 0);
        assert!(stderr.contains("cachex: not stored: "), "{stderr}");
    }
}

#[test]
fn a_write_through_a_mapping_is_seen() {
    let Some(sandbox) = with_c(
        "int main(void) { int fd = open(\"in\", O_RDWR); char *m = mmap(0, 2, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        printf(\"%c\\n\", *m); ++*m; return 0; }",
    ) else {
        return;
    };
    let traced = Traced::within(sandbox, "./c");
    traced.write("in", "1\n");
    traced.gives("1\n").unstored("it changed in after reading it");
    traced.gives("2\n").unstored("it changed in after reading it");
}

#[test]
fn a_timer_whose_signals_interrupt_calls_changes_nothing() {
    let Some(sandbox) = with_c(
        "static void tick(int s) { (void)s; }
        int main(void) {
            struct sigaction a = {.sa_handler = tick}; sigaction(SIGALRM, &a, 0);
            struct itimerval t = {{0, 200}, {0, 200}}; setitimer(ITIMER_REAL, &t, 0);
            for (int i = 0; i < 2000; i++) {
                int fd = open(\"in\", O_RDONLY);
                if (fd < 0 && errno != EINTR) return 1;
                if (fd >= 0) close(fd);
            }
            puts(\"done\"); return 0;
        }",
    ) else {
        return;
    };
    let traced = Traced::within(sandbox, "./c");
    traced.write("in", "1\n");
    // Whether a signal comes first is chance, but a stored result has to depend on the file.
    let output = traced.call().output();
    assert_eq!(output.stdout_text(), "done\n");
    let stderr = output.stderr_text();
    assert!(stderr.contains("stored"), "{stderr}");
    if stderr.contains("cachex: stored") {
        traced.write("in", "2\n");
        traced.gives("done\n").missed("in changed");
    }
}

#[test]
fn io_uring_is_not_followed() {
    let Some(sandbox) = with_c(
        "int main(void) { char p[120] = {0}; syscall(425, 1, p); puts(\"done\"); return 0; }",
    ) else {
        return;
    };
    let traced = Traced::within(sandbox, "./c");
    traced.gives("done\n").unstored("io_uring, which cannot be traced");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn calls_of_another_architecture_are_not_followed() {
    let Some(sandbox) = with_c(
        "int main(void) { long r; __asm__ volatile(\"int $0x80\" : \"=a\"(r) : \"a\"(20) : \"memory\");
        puts(\"done\"); return 0; }",
    ) else {
        return;
    };
    let traced = Traced::within(sandbox, "./c");
    let output = traced.call().output();
    if output.stdout_text() != "done\n" {
        return skipped("32-bit system calls");
    }
    assert!(output.stderr_text().contains("another architecture"), "{}", output.stderr_text());
}

#[test]
fn tracers_work_inside() {
    if has("strace") {
        let traced = Traced::new("strace -f -o log cat in; grep -c '^[0-9]* *openat.*\"in\"' log");
        traced.write("in", "1\n");
        if traced.sandbox.sh("strace true 2> /dev/null").output().status.success() {
            traced.gives("1\n1\n").stored();
            traced.write("in", "2\n");
            traced.gives("2\n1\n").missed("in changed");
        } else {
            skipped("the right to use strace");
        }
    }
    if has("gdb") {
        let traced = Traced::new("gdb -batch -ex run --args /bin/cat in 2> /dev/null | grep -x 1");
        traced.write("in", "1\n");
        let bare =
            traced.sandbox.sh("gdb -batch -ex run --args /bin/cat in 2> /dev/null | grep -x 1");
        if bare.output().stdout == b"1\n" {
            assert_eq!(traced.call().output().stdout_text(), "1\n");
        } else {
            skipped("the right to use gdb");
        }
    }
}

#[test]
fn nested_traces_work_and_say_so() {
    let traced = Traced::new("cachex --trace -v -- cat in");
    traced.write("in", "1\n");
    for _ in 0..2 {
        let output = traced.call().output();
        assert_eq!((output.stdout_text().as_str(), output.status.code()), ("1\n", Some(0)));
    }
    traced.write("in", "2\n");
    assert_eq!(traced.call().output().stdout_text(), "2\n");
}

#[test]
fn an_inner_call_without_trace_is_followed() {
    let traced = Traced::new("cachex -- sh -c 'cat in; :'");
    traced.write("in", "1\n");
    assert_eq!(traced.call().output().stdout_text(), "1\n");
    traced.write("in", "2\n");
    // The inner call does not know the file, and replays its old result as it would without the outer call.
    let bare = traced.sandbox.sh("cachex -- sh -c 'cat in; :'").output().stdout_text();
    assert_eq!(traced.call().output().stdout_text(), bare);
}

#[test]
fn an_inherited_file_prevents_storing() {
    let sandbox = Sandbox::new();
    sandbox.write("in", "1\n");
    let call = "cachex -v --trace -- sh -c 'cat <&3' 3< in";
    for _ in 0..2 {
        let stderr = sandbox.sh(call).tells("1\n", 0);
        assert!(stderr.contains("not stored: "), "{stderr}");
    }
}

#[test]
fn a_process_left_behind_goes_on_and_reads_later() {
    let traced = Traced::new(
        "(read x < go; cat in > late; echo > over) < /dev/null > /dev/null 2>&1 & echo 1",
    );
    traced.sh("mkfifo go; echo 1 > in");
    let told = traced.gives("1\n");
    traced.sh(
        "echo 2 > in; echo > go; until test -e over; do sleep 0.01; done; test $(cat late) = 2",
    );
    drop(told);
}

#[test]
fn after_kill_9_the_command_is_gone_and_calls_go_on() {
    let traced = Traced::new(
        "(setsid sh -c 'echo > ready; read x < go; cat in > late; echo > over' &) ; read x < never",
    );
    traced.sh("mkfifo go never; echo 1 > in");
    let mut call = traced.call();
    call.command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
    call.command.stderr(std::process::Stdio::null());
    let mut child = call.command.spawn().expect("started");
    let ready = traced.sandbox.dir.join("ready");
    wait_until("the command has begun", || ready.exists());
    child.kill().expect("killed");
    child.wait().expect("ended");
    traced.sh("echo > go; until test -e over; do sleep 0.01; done; test $(cat late) = 1");
}

#[test]
fn a_stopped_cachex_goes_on_where_it_was() {
    let traced = Traced::new("echo > ready; read x < go; cat in");
    let traced = traced.with("--trace-ignore go --trace-ignore ready");
    traced.sh("mkfifo go; echo 1 > in");
    let mut call = traced.call();
    std::os::unix::process::CommandExt::process_group(&mut call.command, 0);
    let child = call.spawn();
    let ready = traced.sandbox.dir.join("ready");
    wait_until("the command has begun", || ready.exists());
    let id = child.id();
    traced.sh(&format!("kill -STOP {id}; (echo > go) & kill -CONT {id}; wait"));
    let output = child.wait_with_output().expect("ended");
    traced.told(&output, "1\n", 0).stored();
}

#[test]
fn long_names_and_names_of_any_bytes_count() {
    let traced = Traced::new("cat d*/d*/d*/d*/d*/d*/d*/d*/d*/d*/d*/d*/d*/d*/*");
    let mut directory = traced.sandbox.dir.clone();
    for _ in 0..14 {
        directory.push(format!("d{}", "x".repeat(250)));
    }
    traced.sandbox.program("mkdir", &["-p", directory.to_str().expect("text")]).gives("");
    let file = directory.join(word(b"f\xff\n "));
    fs::write(&file, "1\n").expect("written");
    assert!(file.as_os_str().as_bytes().len() > 3500);
    traced.gives("1\n").stored();
    traced.gives("1\n").hit();
    fs::write(&file, "2\n").expect("written");
    traced.gives("2\n").missed("changed");
}

#[test]
fn a_loader_that_is_replaced_counts() {
    let Some(sandbox) = with_c("int main(void) { puts(\"1\"); return 0; }") else { return };
    let loader = "$(readelf -l c | sed -n 's/.*interpreter: \\(.*\\)]/\\1/p')";
    let patched = format!(
        "command -v readelf > /dev/null && l={loader} && cp -L $l ld && cc -Wl,--dynamic-linker=./ld -o c c.c"
    );
    if !sandbox.sh(&patched).output().status.success() {
        return skipped("readelf");
    }
    let traced = Traced::within(sandbox, "exec ./c");
    traced.gives("1\n").stored();
    traced.gives("1\n").hit();
    traced.sh("cat ld > new; echo >> new; chmod +x new; mv new ld");
    traced.gives("1\n").missed("ld changed");
}

#[test]
fn directories_that_are_made_twice_or_renamed_are_understood() {
    let moved = Traced::new("cat d/x; mv d e; mkdir d");
    moved.sh("mkdir d; echo 1 > d/x");
    moved.gives("1\n").unstored("moved the directory d");
    let twice =
        Traced::new("mkdir -p out; mkdir -p out/deep; mkdir out 2> /dev/null || echo there");
    twice.gives("there\n").unstored("");
    twice.gives("there\n").stored();
    twice.gives("there\n").hit();
}

#[test]
fn make_rebuilds_after_a_touch() {
    if !has("make") {
        return;
    }
    let traced = Traced::new("make -s -j2");
    traced
        .write("Makefile", "all: a b\na: in\n\techo a; cat in > a\nb: in\n\techo b; cat in > b\n");
    traced.sh("echo 1 > in; touch -d @1000 in; touch -d @2000 a b");
    traced.gives("").stored();
    traced.gives("").hit();
    traced.sh("touch -d @3000 in");
    let output = traced.call().output();
    let mut lines: Vec<_> = output.stdout_text().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["a", "b"], "{}", output.stderr_text());
}

#[test]
fn daemons_and_the_network_count_with_a_ttl() {
    let Some(python) = found("python3") else { return skipped("python3") };
    let script = format!(
        "{} -c 'import socket; s = socket.socket(); s.settimeout(1); print(s.connect_ex((\"127.0.0.1\", 9)) != 0)'",
        python.display()
    );
    is_unstored(
        &script,
        "True\n",
        "it talked to 127.0.0.1:9 over the network; with --ttl it would be stored",
    );
    let traced = Traced::new(&script).with("--ttl 1h");
    traced.gives("True\n").stored();
    traced.gives("True\n").hit();
}

#[test]
fn a_fifo_is_no_file() {
    let traced = Traced::new("(echo 1 > f &) ; cat f");
    traced.sh("mkfifo f");
    traced.gives("1\n").unstored("f, which is no file");
}
