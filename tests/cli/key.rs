//! What is in the key and what is not.

use super::harness::{Sandbox, Texts, has, set_mode, word};
use std::fs::{self, File, FileTimes};
use std::path::Path;

/// Replaces content by other content of the same size and restores the modification time.
fn edit_in_place(path: &Path, from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let modified = fs::metadata(path).expect("there").modified().expect("a time");
    let content = fs::read_to_string(path).expect("readable");
    assert!(content.contains(from));
    fs::write(path, content.replace(from, to)).expect("written");
    let file = File::options().write(true).open(path).expect("opened");
    file.set_times(FileTimes::new().set_modified(modified)).expect("set");
}

#[track_caller]
fn an_edit_is_a_miss(call: &str, script: &str) {
    let sandbox = Sandbox::new();
    let path = sandbox.write(script, "echo one\n");
    for _ in 0..2 {
        sandbox.cachex(call).gives("one\n");
    }
    edit_in_place(&path, "one", "two");
    for _ in 0..2 {
        sandbox.cachex(call).gives("two\n");
    }
}

#[test]
fn an_edited_script_is_a_miss_even_with_the_same_size_and_time() {
    let sandbox = Sandbox::new();
    let path = sandbox.script("s.sh", "echo one");
    for _ in 0..2 {
        sandbox.cachex("./s.sh").gives("one\n");
    }
    edit_in_place(&path, "one", "two");
    for _ in 0..2 {
        sandbox.cachex("./s.sh").gives("two\n");
    }
    assert_eq!(sandbox.runs(), 2);
    edit_in_place(&path, "two", "one");
    sandbox.cachex("./s.sh").gives("one\n");
    assert_eq!(sandbox.runs(), 2, "the first content is still stored");
}

#[test]
fn the_script_of_an_interpreter_counts_by_content() {
    an_edit_is_a_miss("sh -e t.sh", "t.sh");
    an_edit_is_a_miss("bash -eu -o pipefail ./t.sh arg", "t.sh");
    an_edit_is_a_miss("sh -- t.sh", "t.sh");
}

#[test]
fn no_option_hides_the_script() {
    for call in [
        "sh - t.sh",
        "bash - t.sh",
        "bash -norc t.sh",
        "bash -posix t.sh",
        "bash -oO pipefail extglob t.sh",
        "bash --noprofile t.sh",
        "timeout 50 sh t.sh",
        "env A=b sh ./t.sh",
        "nice -n 1 sh t.sh",
    ] {
        an_edit_is_a_miss(call, "t.sh");
    }
    for (call, script, content) in [
        ("sed data -f x.sed", "x.sed", "s/.*/one/"),
        ("sed --fi x.sed data", "x.sed", "s/.*/one/"),
        ("perl -S ./x.pl", "x.pl", "print qq(one\\n)"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("data", "x\n");
        let path = sandbox.write(script, content);
        sandbox.cachex(call).gives("one\n");
        edit_in_place(&path, "one", "two");
        sandbox.cachex(call).gives("two\n");
    }
}

#[test]
fn no_wrapper_hides_the_script() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("sub/x.sh", "#!/bin/sh\necho one\n");
    set_mode(&path, 0o755);
    let calls = ["env -C sub ./x.sh", "env -C sub sh x.sh", "cachex ./sub/x.sh", "nohup sub/x.sh"];
    for (from, to) in [("one", "two"), ("two", "one")] {
        for call in calls {
            sandbox.cachex(call).gives(format!("{from}\n"));
        }
        edit_in_place(&path, from, to);
        for call in calls {
            sandbox.cachex(call).gives(format!("{to}\n"));
        }
        sandbox.cachex("clear").output();
    }
    for call in ["env PATH=sub:/bin x.sh", "env -S x.sh"] {
        let stderr = sandbox.cachex_words(call.split(' ')).output().stderr_text();
        assert!(stderr.contains("running uncached"), "{call}");
    }
}

#[test]
fn an_interpreter_by_another_name_is_known() {
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink("/bin/sh", sandbox.dir.join("mine")).expect("linked");
    let path = sandbox.write("t.sh", "echo one\n");
    sandbox.cachex("./mine t.sh").gives("one\n");
    edit_in_place(&path, "one", "two");
    sandbox.cachex("./mine t.sh").gives("two\n");
}

#[test]
fn a_script_named_in_a_shebang_line_counts() {
    for line in ["#!/bin/sh DIR/runner", "#!/usr/bin/env -S sh DIR/runner"] {
        let sandbox = Sandbox::new();
        let runner = sandbox.write("runner", "echo one\n");
        let line = line.replace("DIR", &sandbox.dir.display().to_string());
        let path = sandbox.write("s", format!("{line}\n"));
        set_mode(&path, 0o755);
        sandbox.cachex("./s").gives("one\n");
        edit_in_place(&runner, "one", "two");
        sandbox.cachex("./s").gives("two\n");
    }
    let sandbox = Sandbox::new();
    let path = sandbox.write("s", "#!/usr/bin/env -S \"sh\"\necho hi\n");
    set_mode(&path, 0o755);
    sandbox.cachex("./s").warns("hi\n", "the quoting in its first line");
}

#[test]
fn scripts_of_interpreters_count_by_content() {
    let sandbox = Sandbox::new();
    for (program, call, script, content) in [
        ("python3", "python3 -B -W ignore x.py", "x.py", "print('one')"),
        ("perl", "perl -w -I . x.pl", "x.pl", "print \"one\\n\""),
        ("awk", "awk -f x.awk", "x.awk", "BEGIN { print \"one\" }"),
        ("node", "node --no-warnings x.js", "x.js", "console.log('one')"),
    ] {
        if !has(program) {
            continue;
        }
        let path = sandbox.write(script, content);
        sandbox.cachex(call).gives("one\n");
        edit_in_place(&path, "one", "two");
        sandbox.cachex(call).gives("two\n");
    }
}

#[test]
fn inline_code_is_an_argument() {
    let sandbox = Sandbox::new();
    for text in ["one", "two"] {
        for _ in 0..2 {
            let code = format!("echo {text} | tee -a ran");
            sandbox.cachex_words(["sh", "-c", &code]).gives(format!("{text}\n"));
        }
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_program_earlier_in_path_is_a_miss() {
    let sandbox = Sandbox::new();
    sandbox.script("a/tool", "echo from a");
    fs::create_dir(sandbox.dir.join("b")).expect("made");
    let path = format!("{0}/b:{0}/a:/usr/bin:/bin", sandbox.dir.display());
    for _ in 0..2 {
        sandbox.cachex("tool").env("PATH", &path).gives("from a\n");
    }
    sandbox.script("b/tool", "echo from b");
    for _ in 0..2 {
        sandbox.cachex("tool").env("PATH", &path).gives("from b\n");
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn an_upgraded_binary_is_a_miss() {
    let sandbox = Sandbox::new();
    let tool = sandbox.dir.join("tool");
    let install = |name: &str| {
        let from = ["/bin", "/usr/bin"].map(|dir| Path::new(dir).join(name));
        let from = from.iter().find(|path| path.exists()).expect("installed");
        fs::copy(from, &tool).expect("copied");
        set_mode(&tool, 0o755);
    };
    install("true");
    sandbox.cachex("./tool").gives("");
    install("false");
    sandbox.cachex("./tool").ends("", "", 1);
}

#[test]
fn an_edited_shebang_interpreter_is_a_miss() {
    let sandbox = Sandbox::new();
    let interpreter = sandbox.script("interpreter", "echo one");
    let path = sandbox.write("s", format!("#!{}\n", interpreter.display()));
    set_mode(&path, 0o755);
    // Linux accepts a script as an interpreter; other systems may not.
    if sandbox.sh("./s").output().stdout != b"one\n" {
        return;
    }
    for _ in 0..2 {
        sandbox.cachex("./s").gives("one\n");
    }
    sandbox.script("interpreter", "echo two");
    sandbox.cachex("./s").gives("two\n");
}

#[test]
fn argument_words_are_kept_apart() {
    let sandbox = Sandbox::with_script("printf '%s|' \"$@\"");
    let calls: [&[&[u8]]; 9] = [
        &[b"a b", b"c"],
        &[b"a", b"b c"],
        &[b"a", b"b", b"c"],
        &[b"a b c"],
        &[],
        &[b""],
        &[b"", b""],
        &[b"\xff"],
        &[b"\xfe"],
    ];
    for round in 1..=2 {
        for arguments in calls {
            let mut words = vec![word(b"./s.sh")];
            words.extend(arguments.iter().map(|bytes| word(bytes)));
            let mut expected = arguments.join(&b"|"[..]);
            expected.push(b'|');
            sandbox.cachex_words(words).gives(expected);
        }
        assert_eq!(sandbox.runs(), calls.len(), "round {round}");
    }
}

#[test]
fn unset_empty_and_unselected_variables_differ() {
    let sandbox = Sandbox::with_script("echo \"${V-unset}\"");
    for round in 1..=2 {
        sandbox.cachex("--env V ./s.sh").env("V", "1").gives("1\n");
        sandbox.cachex("--env V ./s.sh").env("V", "2").gives("2\n");
        sandbox.cachex("--env V ./s.sh").env("V", "").gives("\n");
        sandbox.cachex("--env V ./s.sh").without_env("V").gives("unset\n");
        assert_eq!(sandbox.runs(), 4, "round {round}");
    }
    sandbox.cachex("./s.sh").env("V", "x").gives("x\n");
    sandbox.cachex("./s.sh").env("V", "ignored").gives("x\n");
}

#[test]
fn variables_are_selected_by_glob_list_and_repeated_options() {
    let sandbox = Sandbox::with_script("echo $A_1$A_2");
    let call = |options: &str, value: &str| {
        sandbox.cachex(&format!("{options} ./s.sh")).env("A_1", "x").env("A_2", value)
    };
    for options in ["--env A_*", "--env A_1,A_2", "--env A_1 --env A_2"] {
        call(options, "1").gives("x1\n");
        call(options, "2").gives("x2\n");
    }
    // The order and spelling of a selection do not matter.
    assert_eq!(sandbox.runs(), 4);
    call("--env A_2,A_1", "2").gives("x2\n");
    sandbox
        .cachex("./s.sh")
        .env("CACHEX_ENV", "A_2,A_1")
        .env("A_1", "x")
        .env("A_2", "2")
        .gives("x2\n");
    assert_eq!(sandbox.runs(), 4);
}

#[test]
fn the_working_directory_counts_unless_ignored() {
    let sandbox = Sandbox::with_script("echo hi");
    let script = sandbox.dir.join("s.sh").display().to_string();
    let other = sandbox.dir.join("other");
    fs::create_dir(&other).expect("made");
    sandbox.cachex(&script).gives("hi\n");
    sandbox.cachex(&script).in_dir(&other).gives("hi\n");
    assert_eq!(sandbox.runs(), 2);
    sandbox.cachex(&format!("--ignore-cwd {script}")).gives("hi\n");
    sandbox.cachex(&format!("--ignore-cwd {script}")).in_dir(&other).gives("hi\n");
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn logical_and_physical_working_directories_differ() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.dir.join("real")).expect("made");
    std::os::unix::fs::symlink("real", sandbox.dir.join("link")).expect("linked");
    let dir = sandbox.dir.display();
    for name in ["real", "link"] {
        for _ in 0..2 {
            sandbox
                .sh(&format!("cd {name} && cachex -- sh -c pwd"))
                .gives(format!("{dir}/{name}\n"));
        }
    }
}

#[test]
fn texts_and_scopes_count() {
    let sandbox = Sandbox::with_script("echo hi");
    let options = ["", "--key a", "--key b", "--key a --key b", "--key b --key a", "--scope a"];
    for round in 1..=2 {
        for options in options {
            sandbox.cachex(&format!("{options} ./s.sh")).gives("hi\n");
        }
        assert_eq!(sandbox.runs(), options.len(), "round {round}");
    }
}

#[test]
fn the_order_of_options_does_not_count() {
    let sandbox = Sandbox::with_script("echo hi");
    sandbox.cachex("--env HOME --key a --ttl 1h ./s.sh").gives("hi\n");
    sandbox.cachex("--ttl 1h --key a --env HOME ./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn an_unreadable_script_is_named_and_the_run_is_uncached() {
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        sandbox
            .sh("echo 'echo hi' | bash -c 'cachex bash <(cat)'")
            .warns("hi\n", "it names an open descriptor; running uncached");
    }
    sandbox.write("dir/x", "");
    let stderr = sandbox.cachex("bash dir").tells("", 126);
    assert!(stderr.contains("cachex: warning: cannot compute the key"), "{stderr}");
    sandbox.cachex("list").gives("ID  AGE  LEFT  EXIT  SIZE  TIME  HITS  COMMAND\n");
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
fn blocked_signals_count() {
    let sandbox = Sandbox::new();
    let blocking = "use POSIX; sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGUSR1)); exec @ARGV";
    let words = ["cachex", "sh", "-c", "kill -USR1 $$; echo survived"];
    sandbox.program("perl", &[&["-e", blocking], &words[..]].concat()).gives("survived\n");
    assert_ne!(sandbox.cachex_words(&words[1..]).output().stdout, b"survived\n");
}
