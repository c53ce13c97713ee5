//! Files among the arguments are in the key by content, without an option.

use super::harness::{Sandbox, am_root, has};
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

/// Whether a call is a miss.
fn runs(sandbox: &Sandbox, words: &str) -> bool {
    let output = sandbox.cachex(&format!("-v {words}")).output();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
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
        let told = sandbox.cachex(&format!("explain echo {word}")).output().stdout;
        assert!(String::from_utf8_lossy(&told).contains("d.csv"), "{word}");
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
fn scripts_behind_unknown_programs_are_never_stale() {
    let sandbox = Sandbox::new();
    sandbox.script("run", "\"$@\"");
    sandbox.script("bin/tool", "echo one");
    let tool = |version: &str| sandbox.write("bin/tool", format!("#!/bin/sh\necho {version}\n"));
    let path =
        format!("{}:{}", sandbox.dir.join("bin").display(), std::env::var("PATH").expect("set"));
    for call in [
        "./run ./bin/tool",
        "./run sh bin/tool",
        "env ./bin/tool",
        "./run tool",
        "find bin/tool -exec {} ;",
    ] {
        for version in ["one\n", "two\n", "two\n"] {
            tool(version.trim());
            sandbox.cachex(call).env("PATH", &path).gives(version);
        }
    }
}

#[test]
fn programs_behind_a_wrapper_with_its_own_path_are_never_stale() {
    let sandbox = Sandbox::new();
    // Like sudo, whose PATH is not that of its caller.
    sandbox.script("bin/sudo", "PATH=$PWD/own:$PATH; exec \"$@\"");
    sandbox.script("own/zz", "echo v1");
    let call = || sandbox.cachex("-q bin/sudo zz");
    call().gives("v1\n");
    sandbox.write("own/zz", "#!/bin/sh\necho v2\n");
    call().gives("v2\n");
    // The programs in the wrapper's PATH count as well as those in ours.
    sandbox.script("bin/true", "exit 0");
    let path = format!("{}:/usr/bin:/bin", sandbox.dir.join("bin").display());
    let explained = sandbox.cachex("explain bin/sudo true").env("PATH", &path).output().stdout;
    let explained = String::from_utf8(explained).expect("UTF-8");
    assert!(explained.contains("bin/true") && explained.contains(" /usr/bin/true"), "{explained}");
    let told = sandbox.cachex("bin/sudo zz").tells("v2\n", 0);
    assert!(told.contains("it cannot be told what it runs; running uncached"), "{told}");
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
    assert!(String::from_utf8_lossy(&variable().stderr).contains("cachex: hit"));
}

#[test]
fn scripts_count_even_with_ignore_file_args() {
    let sandbox = Sandbox::new();
    for call in ["sh x.sh", "env sh x.sh", "timeout 9 ./x.sh"] {
        for version in ["one\n", "two\n"] {
            sandbox.write("x.sh", format!("#!/bin/sh\necho {version}"));
            sandbox.sh("chmod +x x.sh").gives("");
            sandbox.cachex(&format!("--ignore-file-args -- {call}")).gives(version);
        }
    }
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
fn a_directory_counts_by_its_name_and_v_says_so() {
    let sandbox = Sandbox::new();
    sandbox.write("src/a", "1");
    sandbox.sh("mkdir other").gives("");
    let note =
        "the directory src (and 1 more) counts by its name alone: --file src counts what is in it";
    let told = sandbox.cachex("-v echo src other").tells("src other\n", 0);
    assert!(told.contains(note), "{told}");
    sandbox.write("src/b", "1");
    assert!(!runs(&sandbox, "echo src other"));
    let explained = sandbox.cachex("explain echo src other").output().stdout;
    let explained = String::from_utf8(explained).expect("UTF-8");
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
    // Another process may use it during the run, so it may not be stored.
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
    fs::set_permissions(sandbox.dir.join("secret"), Permissions::from_mode(0o0)).expect("set");
    let call = || sandbox.by(4711, "--cache-dir store -v echo secret").tells("secret\n", 0);
    let told = call();
    assert!(told.contains("the argument secret cannot be read (Permission denied"), "{told}");
    assert!(call().contains("cachex: hit"));
    // A set-user-ID command could read the change.
    sandbox.write("secret", "22");
    assert!(call().contains("cachex: miss"));
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
    assert!(told.contains("cannot key closed/file: Permission denied"), "{told}");
    assert!(told.contains("running uncached"), "{told}");
}

#[test]
fn a_huge_file_counts_by_its_dates_and_is_not_read() {
    let sandbox = Sandbox::new();
    sandbox.sh("truncate -s 100G big; touch -d '1 hour ago' big").gives("");
    // It changed too recently for its dates to be trusted.
    let told = sandbox.cachex("stat -c %s big").tells("107374182400\n", 0);
    assert!(told.contains("64 MiB") && told.contains("running uncached"), "{told}");
    // Behind wrappers too.
    sandbox.cachex("-q timeout 9 stat -c %s big").gives("107374182400\n");
}

#[test]
fn many_files_count_as_one() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir d && cd d && seq 10000 | xargs touch").gives("");
    let script = "cd d && cachex -v sh -c 'echo $#' sh *";
    let told = sandbox.sh(script).tells("10000\n", 0);
    assert!(told.contains("stored"), "{told}");
    let told = sandbox.sh(script).tells("10000\n", 0);
    assert!(told.contains("cachex: hit"), "{told}");
    sandbox.write("d/777", "edited");
    let told = sandbox.sh(script).tells("10000\n", 0);
    assert!(told.contains("cachex: miss"), "{told}");
    sandbox.sh("rm d/778; mkdir d/778").gives("");
    let told = sandbox.sh(script).tells("10000\n", 0);
    assert!(told.contains("cachex: miss"), "{told}");
    let told = sandbox.sh("cd d && cachex -v rm *[02468]").output();
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("changed while the command ran") || told.contains("failed"), "{told}");
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
fn many_directories_behind_a_wrapper_are_fast() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir d && cd d && seq 1500 | xargs mkdir").gives("");
    let script = "cachex env ls -d d/* | tail -n 1";
    sandbox.sh(script).gives("d/999\n");
    sandbox.sh(script).gives("d/999\n");
}

#[test]
fn the_real_path_of_code_counts() {
    let sandbox = Sandbox::new();
    for release in ["rel-1", "rel-2"] {
        sandbox.script(&format!("{release}/tool"), "readlink -f \"$0\"");
        sandbox.write(&format!("{release}/data"), "same");
    }
    let at = |release: &str| {
        let _ = fs::remove_file(sandbox.dir.join("current"));
        symlink(release, sandbox.dir.join("current")).expect("linked");
    };
    let tool = |release: &str| format!("{}/{release}/tool\n", sandbox.dir.display());
    // Make the scripts equal, so that only their paths differ.
    sandbox.sh("cp rel-1/tool rel-2/tool").gives("");
    for call in ["current/tool", "sh current/tool", "env current/tool", "env sh current/tool"] {
        for release in ["rel-1", "rel-2", "rel-1"] {
            at(release);
            sandbox.cachex(call).gives(tool(release));
            sandbox.cachex(call).gives(tool(release));
        }
    }
    for release in ["rel-1", "rel-2"] {
        at(release);
        let expected = format!("{}/{release}/data\n", sandbox.dir.display());
        sandbox.cachex("readlink -f current/data").gives(&expected);
    }
}

#[test]
fn the_real_path_of_an_interpreter_counts() {
    let sandbox = Sandbox::new();
    for release in ["rel-1", "rel-2"] {
        sandbox.script(&format!("{release}/interpreter"), "readlink -f \"$0\"");
    }
    sandbox.sh("cp rel-1/interpreter rel-2/interpreter").gives("");
    let line = format!("#!{}/current/interpreter\n", sandbox.dir.display());
    sandbox.write("x", line);
    sandbox.sh("chmod +x x").gives("");
    for release in ["rel-1", "rel-2"] {
        sandbox.sh(&format!("ln -sfn {release} current")).gives("");
        sandbox.cachex("./x").gives(format!("{}/{release}/interpreter\n", sandbox.dir.display()));
    }
}

#[test]
fn execute_and_set_user_id_bits_count() {
    let sandbox = Sandbox::new();
    sandbox.script("tool", "echo hi");
    sandbox.write("x", format!("#!{}/tool\n", sandbox.dir.display()));
    sandbox.sh("chmod +x x").gives("");
    let mode = |name: &str, mode| {
        fs::set_permissions(sandbox.dir.join(name), Permissions::from_mode(mode)).expect("set");
    };
    assert!(runs(&sandbox, "./tool") && !runs(&sandbox, "./tool"));
    mode("tool", 0o4755);
    assert!(runs(&sandbox, "./tool"), "set-user-ID is new");
    mode("tool", 0o755);
    assert!(!runs(&sandbox, "./tool"), "as before");
    sandbox.cachex("-q ./x").gives("hi\n");
    mode("tool", 0o644);
    // As without cachex: the interpreter may not be executed.
    sandbox.cachex("-q ./x").tells("", 126);
    mode("tool", 0o755);
    sandbox.cachex("env ./tool").gives("hi\n");
    mode("tool", 0o644);
    sandbox.cachex("-q env ./tool").tells("", 126);
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
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("names an open descriptor; running uncached"), "{call}: {told}");
    }
}

#[test]
fn ignored_signals_count() {
    let sandbox = Sandbox::new();
    let survives = "cachex sh -c 'kill -USR1 $$; echo survived'";
    sandbox.sh(&format!("trap '' USR1; {survives}")).gives("survived\n");
    sandbox.sh(&format!("{{ {survives}; }} 2>/dev/null || test $? -ge 128")).gives("");
    sandbox.sh(&format!("trap '' USR1; {survives}")).gives("survived\n");
}

#[test]
fn many_large_files_count_by_their_dates_too() {
    let sandbox = Sandbox::new();
    // Together they are above 64 MiB, and they changed too recently for their dates to be trusted.
    sandbox.sh("for i in 1 2 3; do truncate -s 30M $i.bin; done; echo small > s").gives("");
    let told = sandbox.cachex("wc -c s 1.bin 2.bin 3.bin").output();
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("64 MiB") && told.contains("running uncached"), "{told}");
    assert!(runs(&sandbox, "wc -c s 1.bin") && !runs(&sandbox, "wc -c s 1.bin"));
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
        let told = sandbox.by(4711, &call).output().stderr;
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(
            told.contains(expected) && told.contains("the argument 7 cannot be read"),
            "{told}"
        );
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
fn the_execute_bit_of_an_argument_counts_for_any_program() {
    let sandbox = Sandbox::new();
    sandbox.script("tool", "echo ran");
    let call =
        || sandbox.cachex_words(["-q", "sh", "-c", "\"$0\" 2>/dev/null || echo not", "./tool"]);
    call().gives("ran\n");
    sandbox.sh("chmod -x tool").gives("");
    call().gives("not\n");
    sandbox.sh("chmod +x tool").gives("");
    call().gives("ran\n");
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

#[test]
fn a_directory_that_is_executed_is_uncached() {
    let sandbox = Sandbox::new();
    if !has("python3") {
        return;
    }
    for version in ["one", "two"] {
        sandbox.write("d/__main__.py", format!("print('{version}')\n"));
        for call in ["python3 d", "env python3 d", "env -C d python3 ."] {
            sandbox.cachex(&format!("-q {call}")).gives(format!("{version}\n"));
        }
    }
    // Here nothing executes the directory.
    assert!(runs(&sandbox, "echo python3 d") && !runs(&sandbox, "echo python3 d"));
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

#[test]
fn blocked_signals_count() {
    let sandbox = Sandbox::new();
    let blocking = "use POSIX; sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGUSR1)); exec @ARGV";
    let words = ["cachex", "sh", "-c", "kill -USR1 $$; echo survived"];
    sandbox.program("perl", &[&["-e", blocking], &words[..]].concat()).gives("survived\n");
    assert_ne!(sandbox.cachex_words(&words[1..]).output().stdout, b"survived\n");
}
