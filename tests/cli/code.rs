//! Code behind wrappers and unknown programs, real paths and permissions of code.

use super::file_arguments::runs;
use super::harness::{Sandbox, Texts, has, set_mode};
use std::fs;
use std::os::unix::fs::symlink;

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
    let explained =
        sandbox.cachex("explain bin/sudo true").env("PATH", &path).output().stdout_text();
    assert!(explained.contains("bin/true") && explained.contains(" /usr/bin/true"), "{explained}");
    let told = sandbox.cachex("bin/sudo zz").tells("v2\n", 0);
    assert!(told.contains("cachex cannot tell which program it runs; running uncached"), "{told}");
}

#[test]
fn no_number_of_wrappers_hides_the_script() {
    let sandbox = Sandbox::new();
    let path =
        format!("{}:{}", sandbox.dir.join("bin").display(), std::env::var("PATH").expect("set"));
    for call in [
        "env nice timeout -s KILL 9 env nice env bash tool",
        "env /bin/bash tool",
        "env nice timeout 9 env nice env python3 package",
    ] {
        if !has(if call.contains("bash") { "/bin/bash" } else { "python3" }) {
            continue;
        }
        for version in ["one\n", "two\n"] {
            sandbox.write("bin/tool", format!("echo {version}"));
            sandbox.write("package/__main__.py", format!("print('{}')", version.trim()));
            sandbox.cachex(&format!("-q {call}")).env("PATH", &path).gives(version);
        }
    }
}

#[test]
fn sudo_and_chroot_are_understood_behind_other_wrappers() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/sudo", "PATH=$PWD/own:$PATH; exec \"$@\"");
    sandbox.script("bin/chroot", "exec \"$1$2\"");
    let path =
        format!("{}:{}", sandbox.dir.join("bin").display(), std::env::var("PATH").expect("set"));
    for (call, reason) in [
        ("timeout 9 sudo zz", "cannot tell which program it runs"),
        ("timeout 9 bin/sudo zz", "cannot tell which program it runs"),
        ("bin/sudo env zz", "cannot tell which program it runs"),
        ("bin/sudo /usr/bin/env zz", "cannot tell which program it runs"),
        ("nice env sudo nice env zz", "cannot tell which program it runs"),
        ("timeout 9 chroot own /zz", "below another root directory"),
        ("timeout 9 bin/chroot own /zz", "below another root directory"),
        ("sudo chroot own /zz", "below another root directory"),
        ("timeout -s kill 9 chroot own /zz", "below another root directory"),
    ] {
        for version in ["one\n", "two\n"] {
            sandbox.script("own/zz", &format!("echo {}", version.trim()));
            sandbox.cachex(call).env("PATH", &path).warns(version, reason);
        }
    }
    // Here they are no commands.
    sandbox.sh("mkdir -p srv/chroot srv/sudo").gives("");
    for call in ["env ls srv/chroot srv/sudo", "env echo sudo", "env echo chroot"] {
        assert!(runs(&sandbox, call) && !runs(&sandbox, call), "{call}");
    }
}

#[test]
fn the_first_of_many_executable_arguments_are_code() {
    let sandbox = Sandbox::new();
    let line = format!("#!{}/interpreter\n", sandbox.dir.display());
    let names: Vec<_> = (1..=20).map(|number| format!("ex/{number}")).collect();
    for name in &names {
        set_mode(sandbox.write(name, &line), 0o755);
    }
    for version in ["one\n", "two\n"] {
        sandbox.script("interpreter", &format!("echo {}", version.trim()));
        sandbox.cachex(&format!("timeout 9 {}", names.join(" "))).gives(version);
    }
}

#[test]
fn only_env_searches_the_interpreter_in_path() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/interpreter", "echo other");
    set_mode(sandbox.write("s", "#!interpreter\n"), 0o755);
    let path =
        format!("{}:{}", sandbox.dir.join("bin").display(), std::env::var("PATH").expect("set"));
    for version in ["one\n", "two\n"] {
        sandbox.script("interpreter", &format!("echo {}", version.trim()));
        sandbox.cachex("./s").env("PATH", &path).gives(version);
    }
}

#[test]
fn a_hook_of_ruby_may_be_named_without_its_extension() {
    let sandbox = Sandbox::new();
    sandbox.script("ruby", "cat hook.rb");
    sandbox.write("main.rb", "");
    for version in ["one\n", "two\n"] {
        sandbox.write("hook.rb", version);
        sandbox.cachex("./ruby -r ./hook main.rb").gives(version);
    }
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
        set_mode(sandbox.dir.join(name), mode);
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
