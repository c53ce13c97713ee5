//! Inputs that options add to the key or leave out: `--file`, `--hash-with`, `--ignore-arg`, `--pure-env`.

use super::harness::{Sandbox, Texts, word};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

fn sandbox() -> Sandbox {
    Sandbox::with_script("echo hi")
}

/// Whether a call with these options runs the command.
#[track_caller]
fn runs(sandbox: &Sandbox, options: &str) -> bool {
    let before = sandbox.runs();
    sandbox.cachex(&format!("{options} ./s.sh")).gives("hi\n");
    sandbox.runs() > before
}

/// Expects a hit before a change, a miss after it, and then a hit.
#[track_caller]
fn counts(sandbox: &Sandbox, options: &str, change: impl FnOnce()) {
    runs(sandbox, options);
    assert!(!runs(sandbox, options), "{options}: hits before");
    change();
    assert!(runs(sandbox, options), "{options}: misses after");
    assert!(!runs(sandbox, options), "{options}: hits again");
}

#[track_caller]
fn does_not_count(sandbox: &Sandbox, options: &str, change: impl FnOnce()) {
    runs(sandbox, options);
    change();
    assert!(!runs(sandbox, options), "{options}");
}

#[test]
fn a_file_counts_by_its_content_alone() {
    let sandbox = sandbox();
    let path = sandbox.write("in.txt", "one");
    counts(&sandbox, "--file in.txt", || {
        sandbox.write("in.txt", "two");
    });
    does_not_count(&sandbox, "--file in.txt", || {
        sandbox.sh("touch -d '2001-01-01' in.txt; chmod 600 in.txt").gives("");
    });
    let before = fs::metadata(&path).expect("there").modified().expect("a date");
    counts(&sandbox, "--file in.txt", || {
        sandbox.write("in.txt", "owt");
        let file = fs::File::options().write(true).open(&path).expect("opened");
        file.set_modified(before).expect("set");
    });
    counts(&sandbox, "--file in.txt", || fs::remove_file(&path).expect("removed"));
    counts(&sandbox, "--file in.txt", || {
        sandbox.write("in.txt", "");
    });
    assert!(runs(&sandbox, "--file other.txt"), "its name counts as well");
    assert!(!runs(&sandbox, "--file in.txt --file in.txt"));
    runs(&sandbox, "--file a --file b");
    assert!(!runs(&sandbox, "--file b --file a"), "the order does not");
}

#[test]
fn a_directory_counts_with_everything_below_it() {
    let sandbox = sandbox();
    sandbox.write("tree/a", "1");
    sandbox.write("tree/deep/b", "2");
    let tree = sandbox.dir.join("tree");
    let options = "--file tree";
    let set_mode = |mode| {
        fs::set_permissions(tree.join("a"), fs::Permissions::from_mode(mode)).expect("set");
    };
    counts(&sandbox, options, || drop(sandbox.write("tree/deep/b", "3")));
    counts(&sandbox, options, || drop(sandbox.write("tree/deep/c", "")));
    counts(&sandbox, options, || fs::create_dir(tree.join("empty")).expect("made"));
    counts(&sandbox, options, || fs::rename(tree.join("a"), tree.join("z")).expect("renamed"));
    fs::rename(tree.join("z"), tree.join("a")).expect("renamed");
    counts(&sandbox, options, || set_mode(0o755));
    does_not_count(&sandbox, options, || set_mode(0o700));
    counts(&sandbox, options, || symlink("a", tree.join("link")).expect("linked"));
    counts(&sandbox, options, || {
        fs::remove_file(tree.join("link")).expect("removed");
        symlink("b", tree.join("link")).expect("linked");
    });
    counts(&sandbox, options, || {
        fs::remove_file(tree.join("link")).expect("removed");
        sandbox.write("tree/link", "b");
    });
    does_not_count(&sandbox, options, || {
        sandbox
            .sh("touch tree tree/a tree/deep; cp -r tree copy; rm -r tree; mv copy tree")
            .gives("");
    });
    counts(&sandbox, options, || fs::remove_dir_all(&tree).expect("removed"));
}

#[test]
fn a_loop_of_links_in_a_directory_ends() {
    let sandbox = sandbox();
    sandbox.write("tree/a", "1");
    symlink("..", sandbox.dir.join("tree/up")).expect("linked");
    symlink("self", sandbox.dir.join("tree/self")).expect("linked");
    counts(&sandbox, "--file tree", || drop(sandbox.write("tree/a", "2")));
}

#[test]
fn a_glob_counts_by_its_matches() {
    let sandbox = sandbox();
    sandbox.write("src/a.rs", "1");
    sandbox.write("src/deep/b.rs", "2");
    sandbox.write("src/c.txt", "3");
    counts(&sandbox, "--file src/*.rs", || drop(sandbox.write("src/a.rs", "4")));
    counts(&sandbox, "--file src/*.rs", || drop(sandbox.write("src/new.rs", "")));
    does_not_count(&sandbox, "--file src/*.rs", || drop(sandbox.write("src/deep/b.rs", "5")));
    does_not_count(&sandbox, "--file src/*.rs", || drop(sandbox.write("src/.hidden.rs", "")));
    counts(&sandbox, "--file src/**/*.rs", || drop(sandbox.write("src/deep/b.rs", "6")));
    counts(&sandbox, "--file nothing*", || drop(sandbox.write("nothing.yet", "")));
    counts(&sandbox, "--file s*c", || drop(sandbox.write("src/c.txt", "whole directories too")));
    counts(&sandbox, "--file no[file", || drop(sandbox.write("no[file", "no glob, but a name")));
    fs::write(sandbox.dir.join(word(b"src/\xff.rs")), "any name").expect("written");
    counts(&sandbox, "--file src/*.rs", || drop(sandbox.write("src/a.rs", "7")));
    sandbox.write("[x]", "1");
    counts(&sandbox, "--file [x]", || drop(sandbox.write("[x]", "a file of that very name")));
}

#[test]
fn an_unreadable_file_is_named_and_the_run_is_uncached() {
    let sandbox = sandbox();
    sandbox.write("tree/a", "");
    sandbox.sh("mkfifo fifo tree/fifo; ln -s loop loop").gives("");
    for (input, problem) in [
        ("fifo", "fifo: it is not a regular file; running uncached"),
        ("tree", "tree/fifo: it is not a regular file; running uncached"),
        ("loop", "loop: Too many levels of symbolic links"),
        ("/proc/self/mem", "/proc/self/mem: "),
    ] {
        for _ in 0..2 {
            let before = sandbox.runs();
            sandbox.cachex(&format!("--file {input} ./s.sh")).warns("hi\n", problem);
            assert_eq!(sandbox.runs(), before + 1, "{input}");
        }
    }
}

#[test]
fn a_run_whose_input_changes_is_not_stored() {
    for (file, change) in [
        ("in.txt", "echo 2 > in.txt"),
        ("tree", "echo 2 > tree/a"),
        ("tree", "touch tree/new"),
        ("*.txt", "touch new.txt"),
        ("gone", "touch gone"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("in.txt", "1");
        sandbox.write("tree/a", "1");
        sandbox.script("s.sh", &format!("{change}; echo hi"));
        let stderr = sandbox.cachex(&format!("-v --file {file} ./s.sh")).tells("hi\n", 0);
        assert!(stderr.contains("changed while the command ran"), "{change}: {stderr}");
    }
}

#[test]
fn ignored_arguments_do_not_count() {
    let sandbox = Sandbox::with_script("echo $#");
    let call = |options: &str, words: &str| {
        let before = sandbox.runs();
        sandbox.cachex(&format!("{options} ./s.sh {words}")).output();
        sandbox.runs() > before
    };
    assert!(call("--ignore-arg --token=*", "--token=1 a"));
    assert!(!call("--ignore-arg --token=*", "--token=2 a"));
    assert!(!call("--ignore-arg --token=*", "a"));
    assert!(call("--ignore-arg --token=*", "--token=2 b"));
    assert!(call("", "a"), "a call that ignores nothing does not get the result of one that does");
    let two = |words: [&str; 2]| {
        let before = sandbox.runs();
        let all = ["--ignore-arg", "--token *", "--", "./s.sh"];
        sandbox.cachex_words(all.iter().chain(&words)).gives("2\n");
        sandbox.runs() > before
    };
    assert!(two(["--token", "1"]));
    assert!(!two(["--token", "2"]));
    assert!(two(["token", "2"]));
    the_order_of_globs_does_not_matter(&sandbox);
}

fn the_order_of_globs_does_not_matter(sandbox: &Sandbox) {
    sandbox.cachex("--ignore-arg a* --ignore-arg b* ./s.sh a c").gives("2\n");
    let before = sandbox.runs();
    sandbox.cachex("--ignore-arg b* --ignore-arg a* ./s.sh b c").gives("2\n");
    assert_eq!(sandbox.runs(), before);
}

#[test]
fn an_input_counts_by_the_output_of_its_hash_command() {
    let sandbox = sandbox();
    sandbox.write("in.txt", "b\na\n");
    let options = ["--file", "in.txt", "--hash-with", "file:*.txt=sort", "./s.sh"];
    let file = || {
        let before = sandbox.runs();
        sandbox.cachex_words(options).gives("hi\n");
        sandbox.runs() > before
    };
    assert!(file());
    sandbox.write("in.txt", "a\nb\n");
    assert!(!file(), "the same lines");
    sandbox.write("in.txt", "a\nc\n");
    assert!(file());
    assert!(runs(&sandbox, "--file in.txt"), "with and without a hash command differ");

    sandbox.write("tree/in.txt", "b\na\n");
    let tree = |content: &str| {
        sandbox.write("tree/in.txt", content);
        let before = sandbox.runs();
        let options = ["--file", "tree", "--hash-with", "file:*.txt=sort", "./s.sh"];
        sandbox.cachex_words(options).gives("hi\n");
        sandbox.runs() > before
    };
    assert!(tree("b\na\n"));
    assert!(!tree("a\nb\n"));

    let variable = |value: &str| {
        let before = sandbox.runs();
        let call = sandbox.cachex_words(["--hash-with", "env:NOW=cut -c1-10", "./s.sh"]);
        call.env("NOW", value).gives("hi\n");
        sandbox.runs() > before
    };
    assert!(variable("2026-11-22T10:00"));
    assert!(!variable("2026-11-22T11:00"));
    assert!(variable("2026-11-23T11:00"));

    let arguments = |with: &str, words: &[&str]| {
        let before = sandbox.runs();
        let options = ["--hash-with", with, "./s.sh"];
        sandbox.cachex_words(options.iter().chain(words)).gives("hi\n");
        sandbox.runs() > before
    };
    assert!(arguments("arg:2=cut -c1", &["a", "xy"]));
    assert!(!arguments("arg:2=cut -c1", &["a", "xz"]));
    assert!(arguments("arg:2=cut -c1", &["b", "xz"]));
    assert!(arguments("arg:--seed*=true", &["--seed=1"]));
    assert!(!arguments("arg:--seed*=true", &["--seed=2"]));
    assert!(arguments("arg:--seed*=echo", &["--seed=2"]), "another command");
}

#[test]
fn standard_input_counts_by_the_output_of_its_hash_command() {
    let sandbox = Sandbox::with_script("cat");
    let call =
        |input: &str| sandbox.cachex_words(["--hash-with", "stdin=sort", "./s.sh"]).stdin(input);
    call("b\na\n").gives("b\na\n");
    call("a\nb\n").gives("b\na\n");
    call("a\nlonger\n").gives("a\nlonger\n");
    assert_eq!(sandbox.runs(), 2);
    sandbox.cachex("./s.sh").stdin("a\nb\n").gives("a\nb\n");
    let stderr = sandbox.cachex_words(["-n", "--hash-with", "stdin=sort", "./s.sh"]).tells("", 2);
    assert!(stderr.contains("exclude each other"), "{stderr}");
}

#[test]
fn a_failing_hash_command_is_named_and_the_run_is_uncached() {
    let sandbox = Sandbox::with_script("cat");
    for (with, input) in
        [("arg:1=exit 3", "argument 1"), ("env:HOME=nonsense-command", "variable HOME")]
    {
        for _ in 0..2 {
            let call = sandbox.cachex_words(["--hash-with", with, "./s.sh", "x"]).stdin("in");
            call.warns("in", &format!("cannot compute the key: {input}: its hash command"));
        }
    }
    for _ in 0..2 {
        let call = sandbox.cachex_words(["--hash-with", "stdin=cat; exit 1", "./s.sh"]).stdin("in");
        call.warns(
            "in",
            "cannot compute the key: standard input: its hash command `cat; exit 1`: exit code 1",
        );
    }
    assert_eq!(sandbox.runs(), 6);
}

#[test]
fn pure_env_passes_only_selected_and_basic_variables() {
    let sandbox =
        Sandbox::with_script("env | cut -d= -f1 | sort | grep -vE '^(_|PWD|SHLVL|OLDPWD)$'");
    let call = |options: &str| {
        sandbox.cachex(&format!("{options} ./s.sh")).env("ONLY_A", "1").env("OTHER", "2")
    };
    let all = call("").output().stdout_text();
    assert!(all.contains("OTHER"));
    let pure = call("--pure-env --env ONLY_*").output().stdout_text();
    let expected = ["ONLY_A", "CACHEX_ACTIVE", "HOME", "LOGNAME", "PATH", "TMPDIR", "USER"];
    let unexpected: Vec<_> = pure.lines().filter(|name| !expected.contains(name)).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    for name in ["ONLY_A", "HOME", "PATH"] {
        assert!(pure.lines().any(|line| line == name), "{pure}");
    }
    assert_eq!(sandbox.runs(), 2, "the option counts");
    let uncached = call("--pure-env --cache-dir /dev/null -q").output().stdout_text();
    assert!(!uncached.contains("OTHER"));
}

#[test]
fn invalid_selectors_are_refused_before_anything_runs() {
    let sandbox = sandbox();
    for (option, value) in [
        ("--file", ""),
        ("--file", "src/**.rs"),
        ("--file", "src/*.[rs"),
        ("--ignore-arg", "["),
        ("--ignore-arg", " "),
        ("--env", "A B"),
        ("--env", "$A"),
        ("--hash-with", "env:A*=cat"),
        ("--hash-with", "nonsense"),
        ("--hash-with", "file:=cat"),
    ] {
        let stderr = sandbox.cachex_words([option, value, "./s.sh"]).tells("", 2);
        assert!(stderr.contains(&format!("invalid value '{value}' for '{option}'")), "{stderr}");
    }
    assert_eq!(sandbox.runs(), 0);
}

#[test]
fn a_file_counts_even_if_its_name_would_be_no_glob() {
    let sandbox = sandbox();
    for name in ["**.rs", "[", "a["] {
        let call = || sandbox.cachex_words(["-v", "--file", name, "./s.sh"]).output().stderr_text();
        for content in ["1", "2"] {
            sandbox.write(name, content);
            assert!(call().contains("cachex: miss"), "{name}");
            assert!(call().contains("cachex: hit"), "{name}");
        }
    }
}

#[test]
fn names_of_any_bytes_count() {
    let sandbox = sandbox();
    let name = word(b"in\xff.txt");
    fs::write(sandbox.dir.join(&name), "1").expect("written");
    let words = || [OsString::from("--file"), name.clone(), OsString::from("./s.sh")];
    sandbox.cachex_words(words()).gives("hi\n");
    fs::write(sandbox.dir.join(&name), "2").expect("written");
    sandbox.cachex_words(words()).gives("hi\n");
    sandbox.cachex_words(words()).gives("hi\n");
    assert_eq!(sandbox.runs(), 2);
}
