//! Output files of real programs. A compiler, a linker and `make` look at their own output before they write it.

use super::harness::{Sandbox, has};
use std::fs;

const TRACED: &str = "--trace --outputs --";

#[test]
fn outputs_of_a_compiler_and_a_linker_come_back() {
    if !has("gcc") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("x.h", "#define N 3\n");
    sandbox.write("x.c", "#include \"x.h\"\nint main(void) { return N; }\n");
    for (command, output) in [("gcc -c x.c", "x.o"), ("gcc -o x x.c", "x")] {
        let build = |expected: &str| {
            let seen = sandbox.cachex(&format!("-v {TRACED} {command}")).output();
            let told = String::from_utf8_lossy(&seen.stderr).into_owned();
            assert!(seen.status.success() && told.contains(expected), "{command}: {told}");
        };
        build("stored; traced");
        let made = fs::read(sandbox.dir.join(output)).expect(output);
        build("equal already: 1");
        sandbox.sh(&format!("rm {output}")).gives("");
        build("outputs brought back: 1");
        assert_eq!(fs::read(sandbox.dir.join(output)).expect(output), made);
        sandbox.sh(&format!("echo x > {output}")).gives("");
        build("outputs brought back: 1");
        assert_eq!(fs::read(sandbox.dir.join(output)).expect(output), made);
    }
    sandbox.sh("./x; echo $?").gives("3\n");
}

/// `truncate`, like all that a Haskell program writes, opens its file first and empties it by another call.
#[test]
fn a_file_that_is_emptied_after_it_was_opened_is_an_output() {
    if !has("truncate") {
        return;
    }
    let sandbox = Sandbox::with_script("truncate -s 0 out; cat in >> out; echo ok");
    sandbox.write("in", "1\n");
    sandbox.write("out", "old and longer\n");
    let build =
        || sandbox.cachex("--trace --trace-ignore ran --outputs ./s.sh in out").gives("ok\n");
    build();
    for held in ["rm out", "echo other > out"] {
        sandbox.sh(held).gives("");
        build();
        assert_eq!((sandbox.read("out"), sandbox.runs()), ("1\n".into(), 1));
    }
}

/// A file that is appended to, or written in place, keeps a part of its former content.
#[test]
fn a_file_that_is_not_emptied_is_no_output() {
    for write in ["cat in >> out", "dd if=in of=out conv=notrunc 2> /dev/null"] {
        let sandbox = Sandbox::with_script(&format!("{write}; echo ok"));
        sandbox.write("in", "1\n");
        let build = || sandbox.cachex("--trace --trace-ignore ran --outputs ./s.sh").gives("ok\n");
        build();
        sandbox.write("out", "3\n3\n");
        build();
        assert_eq!(sandbox.runs(), 2, "{write}");
        assert_ne!(sandbox.read("out"), "1\n", "{write}");
    }
}

#[test]
fn a_program_that_is_an_output_is_no_input() {
    let sandbox = Sandbox::with_script("cp $1 $2; chmod 755 $2; echo ok");
    sandbox.write("in", "#!/bin/sh\necho 1\n");
    let build = || sandbox.cachex("--output out ./s.sh in out").gives("ok\n");
    build();
    build();
    sandbox.sh("echo '#!/bin/sh' > out").gives("");
    build();
    sandbox.sh("./out").gives("1\n");
    assert_eq!(sandbox.runs(), 1);
    sandbox.write("in", "#!/bin/sh\necho 2\n");
    build();
    sandbox.sh("./out").gives("2\n");
}

#[test]
fn a_first_make_is_brought_back() {
    if !has("gcc") || !has("make") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("Makefile", "x: a.o b.o\n\tgcc -o x a.o b.o\n%.o: %.c\n\tgcc -c $<\n");
    sandbox.write("a.c", "int f(void);\nint main(void) { return f(); }\n");
    sandbox.write("b.c", "int f(void) { return 3; }\n");
    let make = || {
        let seen = sandbox.cachex(&format!("-v {TRACED} make")).output();
        assert!(seen.status.success());
        String::from_utf8_lossy(&seen.stderr).into_owned()
    };
    let told = make();
    assert!(told.contains("stored; traced"), "{told}");
    sandbox.sh("rm x a.o b.o").gives("");
    let told = make();
    assert!(told.contains("outputs brought back: 3"), "{told}");
    sandbox.sh("./x; echo $?; make").gives("3\nmake: 'x' is up to date.\n");
    // A new file could be one that make looks for.
    sandbox.write("c.c", "");
    let told = make();
    assert!(!told.contains("hit"), "{told}");
}

/// cargo keeps state of its own beside what it documents.
#[test]
fn the_documentation_of_a_crate_comes_back() {
    if !has("cargo") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("Cargo.toml", "[package]\nname = \"adder\"\nversion = \"0.1.0\"\n");
    sandbox.write("src/lib.rs", "/// Adds.\npub fn add() {}\n");
    let home = std::env::var("HOME").unwrap_or_default();
    let rustup = std::env::var("RUSTUP_HOME").unwrap_or(format!("{home}/.rustup"));
    let document = |more: &str, options: &str| {
        let call = format!("-v {more} {options} -- cargo doc --no-deps --offline");
        sandbox.cachex(&call).env("RUSTUP_HOME", &rustup).output()
    };
    // The first run makes what it misses in its home.
    let first = sandbox.program("cargo", &["doc", "--no-deps", "--offline"]);
    assert!(first.env("RUSTUP_HOME", &rustup).output().status.success());
    let read = |name: &str| fs::read_to_string(sandbox.dir.join(name)).expect(name);
    let page = "target/doc/adder/index.html";
    for options in
        ["--trace --trace-ignore target --output target/doc", "--file src --output target/doc"]
    {
        let _ = fs::remove_dir_all(sandbox.dir.join("target"));
        let seen = document("", options);
        let told = String::from_utf8_lossy(&seen.stderr).into_owned();
        assert!(seen.status.success() && told.contains("cachex: stored"), "{told}");
        assert!(read(page).contains("Adds."));
        fs::remove_dir_all(sandbox.dir.join("target")).expect("removed");
        let seen = document("--only-if-cached", options);
        let told = String::from_utf8_lossy(&seen.stderr).into_owned();
        assert!(seen.status.success(), "{told}");
        assert!(read(page).contains("Adds."));
        sandbox.write("src/lib.rs", "/// Adds up.\npub fn add() {}\n");
        document("", options);
        assert!(read(page).contains("Adds up."));
        sandbox.write("src/lib.rs", "/// Adds.\npub fn add() {}\n");
    }
    let _ = fs::remove_dir_all(sandbox.dir.join("target"));
    let seen = document("", "--trace --output target/doc");
    let told = String::from_utf8_lossy(&seen.stderr).into_owned();
    assert!(told.contains("if that does not matter, --trace-ignore target\n"), "{told}");
}

/// A script that makes a file for each file that it finds.
fn converter() -> Sandbox {
    Sandbox::with_script(
        "for f in *; do case $f in *.in) cp $f ${f%.in}.out ;; esac; done; echo ok",
    )
}

#[test]
fn outputs_do_not_count_where_names_are_listed() {
    let sandbox = converter();
    sandbox.write("a.in", "a\n");
    let convert = || sandbox.cachex("--trace --trace-ignore ran --outputs ./s.sh").gives("ok\n");
    convert();
    convert();
    sandbox.sh("rm a.out").gives("");
    convert();
    assert_eq!((sandbox.read("a.out"), sandbox.runs()), ("a\n".into(), 1));
    sandbox.write("b.in", "b\n");
    convert();
    assert_eq!((sandbox.read("b.out"), sandbox.runs()), ("b\n".into(), 2));
    sandbox.sh("rm a.out b.out b.in").gives("");
    convert();
    assert!(!sandbox.dir.join("b.out").exists());
    assert_eq!((sandbox.read("a.out"), sandbox.runs()), ("a\n".into(), 2));
}

#[test]
fn explain_and_show_name_no_output_among_the_inputs() {
    let sandbox = converter();
    sandbox.write("a.in", "a\n");
    let options = "--trace --trace-ignore ran --outputs";
    sandbox.cachex(&format!("{options} ./s.sh")).gives("ok\n");
    let explain = || {
        let seen = sandbox.cachex(&format!("explain {options} -- ./s.sh")).output();
        String::from_utf8_lossy(&seen.stdout).into_owned()
    };
    sandbox.sh("rm a.out").gives("");
    let told = explain();
    assert!(told.contains("hit") && !told.contains("a.out is gone"), "{told}");
    sandbox.write("c.in", "c\n");
    let told = explain();
    assert!(told.contains("directory . changed") && !told.contains("a.out"), "{told}");
}
