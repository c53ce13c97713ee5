//! `--output`: files that a command writes are stored with its result, and brought back by a hit.

use super::harness::Sandbox;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

/// A script that writes `dist/` and `out.txt`, from `in.txt`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("in.txt", "one");
    sandbox.script(
        "s.sh",
        "mkdir -p dist/sub dist/empty; cat in.txt > dist/a; echo run > dist/run; chmod 755 dist/run
         ln -sf a dist/link; tr a-z A-Z < in.txt > out.txt; echo built",
    );
    sandbox
}

const OPTIONS: &str = "--output dist --output out.txt --file in.txt";

fn build(sandbox: &Sandbox) {
    sandbox.cachex(&format!("{OPTIONS} ./s.sh")).gives("built\n");
}

#[test]
fn files_links_bits_and_empty_directories_come_back() {
    let sandbox = sandbox();
    build(&sandbox);
    fs::remove_dir_all(sandbox.dir.join("dist")).expect("removed");
    fs::remove_file(sandbox.dir.join("out.txt")).expect("removed");
    build(&sandbox);
    assert_eq!(sandbox.runs(), 1);
    assert_eq!(sandbox.read("dist/a"), "one");
    assert_eq!(sandbox.read("out.txt"), "ONE");
    let mode = fs::metadata(sandbox.dir.join("dist/run")).expect("there").permissions().mode();
    assert_eq!(mode & 0o111, 0o111);
    let link = fs::read_link(sandbox.dir.join("dist/link")).expect("a link");
    assert_eq!(link.to_str(), Some("a"));
    assert!(sandbox.dir.join("dist/empty").is_dir());
}

#[test]
fn directories_keep_their_modes() {
    let sandbox = Sandbox::with_script(
        "mkdir -p d/a/b d/c; echo 1 > d/a/b/x; echo 2 > d/c/y; chmod 500 d/a/b d/a; chmod 750 d/c",
    );
    let build = || sandbox.cachex("--output d ./s.sh").gives("");
    build();
    sandbox.sh("chmod -R u+w d; rm -r d").gives("");
    build();
    let mode = |name| fs::metadata(sandbox.dir.join(name)).expect(name).mode() & 0o777;
    assert_eq!(["d/a", "d/a/b", "d/c"].map(mode), [0o500, 0o500, 0o750]);
    assert_eq!((sandbox.read("d/a/b/x"), sandbox.runs()), ("1\n".into(), 1));
    sandbox.sh("chmod -R u+w d").gives("");
}

#[test]
fn equal_files_are_left_untouched() {
    let sandbox = sandbox();
    build(&sandbox);
    let stamp = || {
        let found = fs::metadata(sandbox.dir.join("dist/a")).expect("there");
        (found.ino(), found.mtime(), found.mtime_nsec())
    };
    let before = stamp();
    build(&sandbox);
    assert_eq!(stamp(), before);
    sandbox.write("dist/a", "edited");
    build(&sandbox);
    assert_eq!(sandbox.read("dist/a"), "one");
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn each_state_of_the_inputs_has_its_own_outputs() {
    let sandbox = sandbox();
    build(&sandbox);
    sandbox.write("in.txt", "two");
    build(&sandbox);
    assert_eq!(sandbox.read("dist/a"), "two");
    sandbox.write("in.txt", "one");
    build(&sandbox);
    assert_eq!(sandbox.read("dist/a"), "one");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn the_former_content_of_an_output_does_not_count() {
    let sandbox = Sandbox::new();
    sandbox.write("in.txt", "one");
    sandbox.script("s.sh", "cat src/in > src/out; cat src/in");
    sandbox.sh("mkdir src; echo one > src/in").gives("");
    for held in ["", "echo old > src/out", "echo other > src/out", "rm src/out"] {
        sandbox.sh(held).gives("");
        sandbox.cachex("--output src/out --file src ./s.sh src/out").gives("one\n");
        assert_eq!(sandbox.read("src/out"), "one\n");
    }
    assert_eq!(sandbox.runs(), 1);
    sandbox.sh("echo two > src/in").gives("");
    sandbox.cachex("--output src/out --file src ./s.sh src/out").gives("two\n");
}

#[test]
fn an_output_that_was_not_written_is_not_stored() {
    let sandbox = Sandbox::with_script("mkdir -p there; : > there/old; echo hi");
    for pattern in ["dist", "*.none"] {
        for _ in 0..2 {
            let seen = sandbox.cachex(&format!("-v --output {pattern} ./s.sh")).output();
            let told = String::from_utf8_lossy(&seen.stderr).into_owned();
            let expected = format!("not stored: said `--output {pattern}`, wrote nothing there");
            assert!(told.contains(&expected), "{told}");
        }
    }
    assert_eq!(sandbox.runs(), 4);
}

#[test]
fn a_failure_is_stored_without_outputs() {
    let sandbox = Sandbox::with_script("echo partial > out; echo text; exit 3");
    sandbox.cachex("--output out ./s.sh").ends("text\n", "", 3);
    fs::remove_file(sandbox.dir.join("out")).expect("removed");
    sandbox.cachex("--output out ./s.sh").ends("text\n", "", 3);
    assert_eq!(sandbox.runs(), 1);
    assert!(!sandbox.dir.join("out").exists());
}

#[test]
fn an_obstacle_is_named_once_and_the_command_runs() {
    let sandbox = sandbox();
    build(&sandbox);
    fs::remove_file(sandbox.dir.join("out.txt")).expect("removed");
    sandbox.sh("mkdir out.txt; rm -r dist").gives("");
    sandbox.script("s.sh.new", "");
    let seen = sandbox.cachex(&format!("{OPTIONS} ./s.sh")).output();
    let told = String::from_utf8_lossy(&seen.stderr).into_owned();
    assert_eq!(told.matches("cachex: warning:").count(), 1, "{told}");
    assert!(told.contains("out.txt"), "{told}");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn what_is_no_plain_file_is_not_stored() {
    for (make, what) in [
        ("chmod 4755 dist/a", "dist/a is set-user-id or set-group-id"),
        ("chmod 2755 dist/a", "dist/a is set-user-id or set-group-id"),
        ("mkfifo dist/fifo", "dist/fifo is a FIFO"),
    ] {
        let sandbox = Sandbox::with_script(&format!("mkdir -p dist; echo x > dist/a; {make}"));
        let told = sandbox.cachex("-v --output dist ./s.sh").tells("", 0);
        assert!(told.contains(&format!("not stored: output {what}")), "{told}");
        assert!(sandbox.entries().is_empty());
        assert!(sandbox.objects().is_empty());
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let sandbox = sandbox();
    build(&sandbox);
    sandbox.sh("rm -r dist; mkdir elsewhere").gives("");
    symlink("elsewhere", sandbox.dir.join("dist")).expect("linked");
    let seen = sandbox.cachex(&format!("{OPTIONS} --only-if-cached ./s.sh")).output();
    assert_eq!(seen.status.code(), Some(124));
    assert!(fs::read_dir(sandbox.dir.join("elsewhere")).expect("there").next().is_none());
}

#[test]
fn no_link_on_the_way_to_an_output_is_followed() {
    let sandbox = Sandbox::with_script("mkdir -p a/b; echo new > a/b/out; echo built");
    let call = |more: &str| sandbox.cachex(&format!("{more} --output a/b/out ./s.sh"));
    call("").gives("built\n");
    for link in ["mv a elsewhere; ln -s elsewhere a", "rm a; mkdir a; ln -s ../elsewhere/b a/b"] {
        sandbox.sh(&format!("{link}; rm -f elsewhere/b/out")).gives("");
        let seen = call("--only-if-cached").output();
        let told = String::from_utf8_lossy(&seen.stderr).into_owned();
        assert_eq!((seen.status.code(), &*seen.stdout), (Some(124), &b""[..]), "{told}");
        assert!(told.contains("is a link, which is not followed"), "{told}");
        assert!(!sandbox.dir.join("elsewhere/b/out").exists());
    }
    // Nor is anything stored through one.
    let told = call("-v --refresh").tells("built\n", 0);
    assert!(told.contains("not stored: output a/b is a link, which is not followed"), "{told}");
}

#[test]
fn a_damaged_object_is_a_miss_that_heals() {
    let sandbox = sandbox();
    build(&sandbox);
    for object in sandbox.objects() {
        fs::write(object, "damaged").expect("written");
    }
    fs::remove_file(sandbox.dir.join("out.txt")).expect("removed");
    build(&sandbox);
    assert_eq!(sandbox.runs(), 2);
    fs::remove_file(sandbox.dir.join("out.txt")).expect("removed");
    build(&sandbox);
    assert_eq!(sandbox.runs(), 2);
    assert_eq!(sandbox.read("out.txt"), "ONE");
}

#[test]
fn an_output_has_to_lie_below_the_working_directory() {
    let sandbox = sandbox();
    for path in ["../x", "/etc/x", "a/../../x", "."] {
        let seen = sandbox.cachex(&format!("--output {path} ./s.sh")).output();
        assert_eq!(seen.status.code(), Some(2), "{path}");
        let told = String::from_utf8_lossy(&seen.stderr).into_owned();
        assert!(told.contains("below the working directory"), "{told}");
    }
    assert_eq!(sandbox.runs(), 0);
}

#[test]
fn clear_removes_the_objects_of_outputs() {
    let sandbox = sandbox();
    build(&sandbox);
    assert!(!sandbox.objects().is_empty());
    sandbox.cachex("clear").output();
    assert!(sandbox.objects().is_empty());
}

#[test]
fn explain_brings_no_file_back() {
    let sandbox = sandbox();
    build(&sandbox);
    sandbox.sh("rm -r dist").gives("");
    let seen = sandbox.cachex(&format!("explain {OPTIONS} ./s.sh")).output().stdout;
    assert!(String::from_utf8_lossy(&seen).starts_with("hit:"));
    assert!(!sandbox.dir.join("dist").exists());
}

#[test]
fn the_files_are_there_before_the_first_byte() {
    let sandbox = sandbox();
    build(&sandbox);
    sandbox.sh("rm -r dist").gives("");
    sandbox
        .sh(&format!("cachex {OPTIONS} ./s.sh | (read x; cat dist/a; echo $x)"))
        .gives("onebuilt\n");
}

#[cfg(target_os = "linux")]
mod traced {
    use super::*;

    #[test]
    fn all_that_a_traced_run_writes_comes_back() {
        let sandbox = Sandbox::with_script(
            "cat in > out; mkdir -p d; cp in d/x; echo s > scratch; rm scratch; echo done",
        );
        sandbox.write("in", "1\n");
        let build = || {
            sandbox
                .cachex("--trace --trace-times ignore --trace-ignore ran --outputs ./s.sh")
                .gives("done\n");
        };
        build();
        build();
        sandbox.sh("rm -r out d").gives("");
        build();
        assert_eq!((sandbox.read("out"), sandbox.read("d/x")), ("1\n".into(), "1\n".into()));
        assert!(sandbox.runs() <= 2);
        sandbox.write("in", "2\n");
        build();
        assert_eq!(sandbox.read("out"), "2\n");
        sandbox.write("in", "1\n");
        let runs = sandbox.runs();
        build();
        assert_eq!((sandbox.read("out"), sandbox.runs()), ("1\n".into(), runs));
    }

    #[test]
    fn a_file_that_is_read_and_then_changed_is_not_stored() {
        let sandbox = Sandbox::with_script("read n < count; echo $((n + 1)) > count; echo $n");
        sandbox.write("count", "1\n");
        let seen = sandbox.cachex("-v --trace --trace-ignore ran --outputs ./s.sh").output();
        let told = String::from_utf8_lossy(&seen.stderr).into_owned();
        assert!(told.contains("not stored: it changed count after reading it"), "{told}");
    }

    #[test]
    fn declared_outputs_count_for_no_trace() {
        let sandbox =
            Sandbox::with_script("test -e out && cat out > /dev/null; cat in > out; echo ok");
        sandbox.write("in", "1\n");
        let build =
            || sandbox.cachex("--trace --trace-ignore ran --output out ./s.sh").gives("ok\n");
        build();
        for held in ["rm out", "echo x > out", "echo y > out"] {
            sandbox.sh(held).gives("");
            build();
            assert_eq!(sandbox.read("out"), "1\n");
        }
        assert_eq!(sandbox.runs(), 1);
    }

    #[test]
    fn an_argument_may_name_what_a_traced_run_writes() {
        let sandbox = Sandbox::with_script("cat $1 > $2; echo ok");
        sandbox.write("in", "1\n");
        let build = || {
            sandbox.cachex("--trace --trace-ignore ran --outputs ./s.sh in out").gives("ok\n");
        };
        build();
        sandbox.sh("rm out").gives("");
        build();
        assert_eq!((sandbox.read("out"), sandbox.runs()), ("1\n".into(), 1));
        sandbox.write("in", "2\n");
        build();
        assert_eq!((sandbox.read("out"), sandbox.runs()), ("2\n".into(), 2));
    }

    #[test]
    fn a_traced_run_that_reads_its_former_output_is_not_stored() {
        let sandbox = Sandbox::with_script("cat o 2> /dev/null || echo none; cp s o");
        sandbox.write("s", "1\n");
        let seen = sandbox.cachex("-v --trace --trace-ignore ran --outputs ./s.sh").output();
        let told = String::from_utf8_lossy(&seen.stderr).into_owned();
        assert!(told.contains("not stored: it changed o after reading it"), "{told}");
    }

    #[test]
    fn outputs_need_a_trace() {
        let sandbox = sandbox();
        let seen = sandbox.cachex("--outputs ./s.sh").output();
        assert_eq!(seen.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&seen.stderr).contains("--outputs needs --trace"));
    }
}
