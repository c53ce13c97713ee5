//! Files among the arguments are in the key by content, without an option.

use super::harness::{Sandbox, Texts};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// Whether a call is a miss.
pub fn runs(sandbox: &Sandbox, words: &str) -> bool {
    let output = sandbox.cachex(&format!("-v {words}")).output();
    let told = output.stderr_text();
    assert_ne!(told.contains("cachex: hit"), told.contains("cachex: miss"), "{words}: {told}");
    told.contains("cachex: miss")
}

#[test]
fn an_edited_file_is_a_miss_wherever_its_name_is_in_a_word() {
    for word in ["d.csv", "--data=d.csv", "-d@d.csv", "@d.csv", "name=@d.csv", "-fd.csv", "./d.csv"]
    {
        let sandbox = Sandbox::new();
        sandbox.write("d.csv", "1\n");
        let call = format!("echo {word}");
        assert!(runs(&sandbox, &call), "{word}");
        assert!(!runs(&sandbox, &call), "{word}");
        sandbox.write("d.csv", "2\n");
        assert!(runs(&sandbox, &call), "{word}");
        let told = sandbox.cachex(&format!("explain echo {word}")).output().stdout_text();
        assert!(told.contains("d.csv"), "{word}");
    }
}

#[test]
fn bare_command_miss_and_hit_print_the_current_content() {
    let sandbox = Sandbox::new();
    for content in ["one\n", "two\n", "one\n"] {
        sandbox.write("d.csv", content);
        sandbox.program("cat", &["d.csv"]).gives(content);
        sandbox.cachex("cat d.csv").gives(content);
        sandbox.cachex("cat d.csv").gives(content);
    }
}

#[test]
fn files_count_behind_wrappers_and_unknown_programs() {
    let sandbox = Sandbox::new();
    sandbox.script("unknown", "cat \"$2\"");
    for call in
        ["env cat x.txt", "timeout 9 nice cat x.txt", "./unknown --in x.txt", "setsid -w cat x.txt"]
    {
        for content in ["1\n", "2\n"] {
            sandbox.write("x.txt", content);
            sandbox.cachex(call).gives(content);
            sandbox.cachex(call).gives(content);
        }
    }
}

#[test]
fn an_output_file_counts_once_a_run_leaves_it_unchanged() {
    let sandbox = Sandbox::new();
    sandbox.write("x", "b\na\n");
    let call = "sort x -o y";
    let told = sandbox.cachex(&format!("-v {call}")).tells("", 0);
    assert!(told.contains("not stored: y changed while the command ran"), "{told}");
    assert!(runs(&sandbox, call), "the file exists and the run leaves it unchanged");
    assert!(!runs(&sandbox, call));
    fs::remove_file(sandbox.dir.join("y")).expect("removed");
    assert!(runs(&sandbox, call), "removed");
    assert_eq!(fs::read(sandbox.dir.join("y")).expect("read"), b"a\nb\n");
    assert!(!runs(&sandbox, call), "it stands again as the run of before left it");
    for _ in 0..2 {
        sandbox.write("y", "edited\n");
        assert!(runs(&sandbox, call), "edited");
        assert_eq!(fs::read(sandbox.dir.join("y")).expect("read"), b"a\nb\n");
    }
}

#[test]
fn a_run_that_creates_or_removes_its_argument_is_never_stored() {
    let sandbox = Sandbox::new();
    for (call, bare) in
        [("mkdir made", "rmdir made"), ("rm gone", "touch gone"), ("mv a b", "mv b a")]
    {
        sandbox.sh("touch gone a").gives("");
        for _ in 0..3 {
            let told = sandbox.cachex(&format!("-v {call}")).tells("", 0);
            assert!(told.contains("changed while the command ran"), "{call}: {told}");
            sandbox.sh(bare).gives("");
        }
    }
}

#[test]
fn a_file_replaced_with_equal_content_is_a_hit() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "x");
    assert!(runs(&sandbox, "cat a"));
    sandbox.sh("cp a b && mv b a && touch -d 2001-01-01 a").gives("");
    assert!(!runs(&sandbox, "cat a"));
}

#[test]
fn ignored_and_hashed_words_are_not_files() {
    let sandbox = Sandbox::new();
    sandbox.write("log", "1");
    for options in ["--ignore-arg log", "--hash-with arg:1=cat", "--ignore-file-args"] {
        let call = format!("{options} -- echo log");
        sandbox.write("log", "1");
        assert!(runs(&sandbox, &call), "{options}");
        sandbox.write("log", "2");
        assert!(!runs(&sandbox, &call), "{options}");
    }
}

#[test]
fn ignore_file_args_can_be_configured() {
    let sandbox = Sandbox::new();
    sandbox.user_config("[[rule]]\ncommand = 'echo'\nignore-file-args = true\n");
    sandbox.write("log", "1");
    assert!(runs(&sandbox, "echo log") && runs(&sandbox, "printf %s log"));
    sandbox.write("log", "2");
    assert!(!runs(&sandbox, "echo log") && runs(&sandbox, "printf %s log"));
    let variable =
        || sandbox.cachex("-v printf %s log").env("CACHEX_IGNORE_FILE_ARGS", "1").output();
    variable();
    sandbox.write("log", "3");
    assert!(variable().stderr_text().contains("cachex: hit"));
}

#[test]
fn a_hash_command_for_files_applies_to_arguments() {
    let sandbox = Sandbox::new();
    let call = "--hash-with file:*.txt=sort -- wc -l a.txt";
    sandbox.write("a.txt", "1\n2\n");
    assert!(sandbox.cachex_words(call.split(' ')).output().status.success());
    sandbox.write("a.txt", "2\n1\n");
    assert!(!runs(&sandbox, call));
    sandbox.write("a.txt", "2\n1\n3\n");
    assert!(runs(&sandbox, call));
}

#[test]
fn a_hash_command_for_files_applies_to_executable_files() {
    let sandbox = Sandbox::new();
    let call = "--hash-with file:*.txt=sort -- wc -l a.txt";
    for (content, is_miss) in [("1\n2\n", true), ("2\n1\n", false), ("3\n", true)] {
        sandbox.write("a.txt", content);
        sandbox.sh("chmod +x a.txt").gives("");
        assert_eq!(runs(&sandbox, call), is_miss, "{content:?}");
    }
    sandbox.cachex_words(call.split(' ')).gives("1 a.txt\n");
}

#[test]
fn names_may_be_any_bytes() {
    let sandbox = Sandbox::new();
    let name = OsStr::from_bytes(b"\xff\n.txt");
    for content in ["1", "2", "2"] {
        fs::write(sandbox.dir.join(name), content).expect("written");
        sandbox.cachex_words([OsStr::new("cat"), name]).gives(content);
    }
}

#[test]
fn a_word_that_could_be_an_option_value_is_a_file() {
    let sandbox = Sandbox::new();
    sandbox.write("3", "x\ny\n");
    assert!(runs(&sandbox, "head -n 3 3"));
    sandbox.write("3", "x\nz\n");
    sandbox.cachex("head -n 3 3").gives("x\nz\n");
}

#[test]
fn files_are_found_relative_to_a_directory_option() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir dir").gives("");
    for call in ["env -C dir cat f", "env --chdir=dir cat f", "env -Cdir cat f"] {
        for content in ["1", "2", "2"] {
            sandbox.write("dir/f", content);
            sandbox.cachex(call).gives(content);
        }
    }
}

#[test]
fn an_executable_output_file_counts_once_a_run_leaves_it_unchanged() {
    let sandbox = Sandbox::new();
    sandbox.sh("printf '#!/bin/sh\\necho hi\\n' > a; chmod +x a").gives("");
    let call = "cp a b";
    assert!(runs(&sandbox, call) && runs(&sandbox, call));
    assert!(!runs(&sandbox, call), "the file exists and the run leaves it unchanged");
    sandbox.sh("rm b").gives("");
    assert!(runs(&sandbox, call));
}

#[test]
fn directory_options_may_be_relative_to_each_other() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir -p d/e").gives("");
    for call in ["env -C d env -C e cat g", "env -C d env --chdir=e cat g"] {
        for content in ["1", "2", "2"] {
            sandbox.write("d/e/g", content);
            sandbox.cachex(call).gives(content);
        }
    }
}

#[test]
fn names_may_follow_option_letters_and_surround_a_colon() {
    for word in ["-sfd.csv", "d.csv:12", "file:d.csv", "a=b=d.csv"] {
        let sandbox = Sandbox::new();
        sandbox.write("d.csv", "1");
        assert!(runs(&sandbox, &format!("echo {word}")), "{word}");
        assert!(!runs(&sandbox, &format!("echo {word}")), "{word}");
        sandbox.write("d.csv", "2");
        assert!(runs(&sandbox, &format!("echo {word}")), "{word}");
    }
}
