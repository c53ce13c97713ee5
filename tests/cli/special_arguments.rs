//! Arguments that name directories, special files, unreadable files or open descriptors.

use super::file_arguments::runs;
use super::harness::{Sandbox, Texts, am_root, set_mode};
use std::os::unix::net::UnixListener;

#[test]
fn a_directory_counts_by_its_name_and_v_says_so() {
    let sandbox = Sandbox::new();
    sandbox.write("src/a", "1");
    sandbox.sh("mkdir other").gives("");
    let note = "the directory src (and 1 more) counts by its name alone; to count its content, use --file src";
    let told = sandbox.cachex("-v echo src other").tells("src other\n", 0);
    assert!(told.contains(note), "{told}");
    sandbox.write("src/b", "1");
    assert!(!runs(&sandbox, "echo src other"));
    let explained = sandbox.cachex("explain echo src other").output().stdout_text();
    assert!(explained.contains(&format!("note: {note}")), "{explained}");
    sandbox.sh("rm -r other").gives("");
    assert!(runs(&sandbox, "echo src other"), "the directory is gone");
}

#[test]
fn a_special_file_counts_by_its_name_and_v_says_so() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo fifo").gives("");
    let _socket = UnixListener::bind(sandbox.dir.join("socket")).expect("bound");
    let note = |word, what| format!("the argument {word} {what} and counts by its name alone");
    for (word, what) in [("fifo", "is a FIFO"), ("socket", "is a socket")] {
        let told = sandbox.cachex(&format!("-v echo {word}")).tells(format!("{word}\n"), 0);
        assert!(told.contains(&note(word, what)) && told.contains("stored"), "{told}");
        assert!(!runs(&sandbox, &format!("echo {word}")));
    }
    // Another process may use it during the run, so the result may not be stored.
    let told = sandbox.cachex("-v echo /dev/tty").tells("/dev/tty\n", 0);
    assert!(told.contains(&note("/dev/tty", "is a device")), "{told}");
    assert!(runs(&sandbox, "echo /dev/null") && !runs(&sandbox, "echo /dev/null"));
}

#[test]
fn a_run_that_opens_a_fifo_or_a_device_is_never_stored() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo ff").gives("");
    for text in ["one", "two"] {
        let script = format!("echo {text} > ff & cachex -v cat ff; wait");
        let told = sandbox.sh(&script).tells(format!("{text}\n"), 0);
        assert!(told.contains("not stored: ff was used while the command ran"), "{told}");
    }
    for _ in 0..2 {
        let told = sandbox.cachex("-v head -c 0 /dev/zero").tells("", 0);
        assert!(told.contains("not stored: /dev/zero was used"), "{told}");
    }
}

#[test]
fn an_unreadable_file_counts_by_its_name_and_dates() {
    if !am_root() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("secret", "1");
    set_mode(sandbox.dir.join("secret"), 0o0);
    let call = || sandbox.by(4711, "--cache-dir store -v echo secret").tells("secret\n", 0);
    let told = call();
    assert!(told.contains("the argument secret cannot be read (Permission denied"), "{told}");
    assert!(call().contains("cachex: hit"));
    // A set-user-ID command could read the change.
    sandbox.write("secret", "22");
    assert!(call().contains("cachex: miss"));
}

#[test]
fn an_unreadable_file_among_many_counts_by_its_name() {
    if !am_root() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.sh("touch $(seq 40); chmod 0 7").gives("");
    let words: Vec<_> = (1..=40).map(|number| number.to_string()).collect();
    let call = format!("--cache-dir store -v echo {}", words.join(" "));
    for expected in ["cachex: stored", "cachex: hit"] {
        let told = sandbox.by(4711, &call).output().stderr_text();
        assert!(
            told.contains(expected) && told.contains("the argument 7 cannot be read"),
            "{told}"
        );
    }
}

#[test]
fn a_path_in_a_closed_directory_is_uncached() {
    if !am_root() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("closed/file", "1");
    sandbox.sh("chmod 700 closed").gives("");
    let told = sandbox.by(4711, "--cache-dir store echo closed/file").tells("closed/file\n", 0);
    assert!(told.contains("cannot compute the key: closed/file: Permission denied"), "{told}");
    assert!(told.contains("running uncached"), "{told}");
}

#[test]
fn only_a_whole_name_is_an_open_descriptor() {
    let sandbox = Sandbox::new();
    for call in ["echo /dev/fd/ src", "echo see:/dev/fd/2", "echo /dev/fd/2/x", "echo /dev/stderr"]
    {
        assert!(runs(&sandbox, call) && !runs(&sandbox, call), "{call}");
    }
    for call in ["echo /dev/fd/0", "echo @/dev/fd/0", "echo file=/proc/self/fd/0"] {
        let output = sandbox.cachex(call).output();
        let told = output.stderr_text();
        assert!(told.contains("names an open descriptor; running uncached"), "{call}: {told}");
    }
}

#[test]
fn a_descriptor_named_by_a_part_of_a_word_is_noticed() {
    let sandbox = Sandbox::new();
    let call = |text: &str, word: &str| {
        let script = format!("exec 7< <(echo {text}); cachex -q sh -c 'cat \"${{0#*:}}\"' {word}");
        sandbox.program("bash", &["-c", &script]).gives(format!("{text}\n"));
    };
    for word in ["file:/dev/fd/7", "x,y:/dev//fd/7", "/dev/./fd/7"] {
        call("one", word);
        call("two", word);
    }
}
