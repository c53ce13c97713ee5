//! The names by which a traced run reaches files, and names that are in the way of files that it makes.

use super::super::harness::{Sandbox, wait_until};
use super::programs::{compiled, with_c};
use super::traced::Traced;

#[test]
fn the_name_of_an_open_file_counts_when_it_is_asked_for() {
    let traced = Traced::new("exec 3< l; basename $(readlink /proc/self/fd/3)");
    traced.sh("echo 1 > a; cp -p a b; ln -s a l");
    traced.gives("a\n").stored();
    traced.gives("a\n").hit();
    traced.sh("ln -sfn b l");
    traced.gives("b\n").missed("l");
    // A program that does not ask for the name may find the same file under another one.
    let traced = Traced::new("exec 3< l; cat <&3");
    traced.sh("echo 1 > a; cp -p a b; ln -s a l");
    traced.gives("1\n").stored();
    traced.sh("ln -sfn b l");
    traced.gives("1\n").hit();
}

#[test]
fn a_link_to_a_file_that_is_opened_only_as_a_name_counts() {
    for use_it in [
        "char n[40]; sprintf(n, \"/proc/self/fd/%d\", fd); show(open(n, O_RDONLY));",
        "char n[40], b[99]; sprintf(n, \"/proc/self/fd/%d\", fd); b[readlink(n, b, 98)] = 0;
        show(open(b, O_RDONLY));",
        "char *v[] = {\"x\", 0}; syscall(SYS_execveat, fd, \"\", v, v, AT_EMPTY_PATH);",
    ] {
        let lines =
            format!("int main(void) {{ int fd = open(\"l\", O_PATH); {use_it} return 0; }}");
        let Some(sandbox) = with_c(&lines) else { return };
        let traced = Traced::within(sandbox, "./c; :");
        for name in ["1", "2"] {
            traced.write(name, &format!("#!/bin/echo {name}\n"));
        }
        traced.sh("chmod +x 1 2; touch -d @1000 1 2; ln -s 1 l");
        let output = traced.call().output().stdout;
        let first = String::from_utf8(output).expect("text");
        traced.gives(&first).hit();
        traced.sh("ln -sfn 2 l");
        traced.gives(&first.replace('1', "2")).missed("l");
    }
}

#[test]
fn a_link_that_is_open_itself_counts_by_its_target() {
    let Some(sandbox) = with_c(
        "int main(void) { char b[99]; int fd = open(\"l\", O_PATH | O_NOFOLLOW);
        ssize_t n = readlinkat(fd, \"\", b, 99); write(1, b, n > 0 ? n : 0); return 0; }",
    ) else {
        return;
    };
    let traced = Traced::within(sandbox, "./c");
    traced.sh("ln -s a l; touch -h -d @1000 l");
    traced.gives("a").stored();
    traced.gives("a").hit();
    traced.sh("ln -sfn b l; touch -h -d @1000 l");
    traced.gives("b").missed("link l");
}

#[test]
fn a_name_that_a_run_makes_and_removes_must_be_free() {
    let script = "(: > t) 2> /dev/null && rm t && echo free || echo in the way";
    for (in_the_way, said, left) in [
        ("ln u t", "free", "test ! -s u"),
        ("ln -s u t", "free", "test ! -s u"),
        ("mkdir t", "in the way", "test -d t"),
        ("ln -s none/x t", "in the way", "test -L t"),
        ("echo > t; chmod 000 t", "free", "test ! -e t"),
    ] {
        let traced = Traced::new(script);
        traced.write("u", "content");
        traced.gives("free\n").stored();
        traced.gives("free\n").hit();
        traced.sh(in_the_way);
        traced.gives(&format!("{said}\n")).missed("t is there now");
        traced.sh(left);
    }
}

#[test]
fn files_behind_a_link_of_the_run_count_after_the_link_is_gone() {
    let script = "mkdir t; ln -s ../d t/l; cat t/l/x; test -e t/l/none && echo there; rm -r t";
    let traced = Traced::new(script);
    traced.sh("mkdir d; echo 1 > d/x");
    traced.gives("1\n").stored();
    traced.gives("1\n").hit();
    traced.write("d/none", "");
    traced.gives("1\nthere\n").missed("d/none is there now");
    traced.write("d/x", "2\n");
    traced.gives("2\nthere\n").missed("d/x changed");
}

#[test]
fn how_a_change_fails_depends_on_the_directory_as_well() {
    for (call, with, without) in [
        ("write:o/a/:1", "open: Is a directory", "open: No such file or directory"),
        ("rename:in:o/a/", "rename: Not a directory", "rename: No such file or directory"),
    ] {
        let sandbox = Sandbox::new();
        if compiled(&sandbox.dir, "calls", include_str!("calls.c")).is_none() {
            return;
        }
        let traced = Traced::within(sandbox, &format!("./calls {call}"));
        traced.sh("mkdir o; echo > in");
        traced.gives(&format!("{with}\n")).stored();
        traced.gives(&format!("{with}\n")).hit();
        traced.sh("rmdir o");
        traced.gives(&format!("{without}\n")).missed("o is gone");
    }
}

#[test]
fn a_directory_that_is_swapped_during_the_run_is_noticed() {
    for (before, printed) in [("cat d/in;", "1\n2\n"), ("", "2\n")] {
        let script = format!("{before} echo > ready; read x < go; cat d/in; read x < go");
        let traced = Traced::new(&script).with("--trace-ignore go --trace-ignore ready");
        traced.sh("mkfifo go; mkdir d e; echo 1 > d/in; echo 2 > e/in");
        let mut call = traced.spawn();
        let ready = traced.sandbox.dir.join("ready");
        wait_until("the command has begun", || ready.exists());
        traced.sh("mv d away; mv e d; echo > go");
        call.prints(printed);
        traced.sh("mv d e; mv away d; echo > go");
        call.end().unstored("changed while it ran");
    }
}
