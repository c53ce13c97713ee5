//! The properties that count in a traced run, one by one. After an edit that matters there is a miss that names the
//! change, and after it is undone there is a hit again.

use super::super::harness::has;
use super::traced::Traced;
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn a_file_that_is_read_counts_by_its_content() {
    let traced = Traced::new("cat in; :");
    traced.write("in", "one\n");
    traced.gives("one\n").stored();
    traced.gives("one\n").hit();
    traced.write("in", "two\n");
    traced.gives("two\n").missed("file in changed");
    traced.write("in", "one\n");
    traced.gives("one\n").hit();
    traced.write("in", "two\n");
    traced.gives("two\n").hit();
    traced.remove("in");
    traced.gives("").missed("file in is gone");
}

#[test]
fn an_edit_that_keeps_size_and_date_counts() {
    let traced = Traced::new("cat in ../beside");
    traced.write("in", "one\n");
    traced.write("../beside", "ONE\n");
    traced.sh("touch -d 2001-01-01 in ../beside");
    traced.gives("one\nONE\n").stored();
    traced.gives("one\nONE\n").hit();
    traced.sh("printf 'two\\n' > in; touch -d 2001-01-01 in");
    traced.gives("two\nONE\n").missed("file in changed");
    traced.sh("printf 'TWO\\n' > ../beside; touch -d 2001-01-01 ../beside");
    traced.gives("two\nTWO\n").missed("beside changed");
    // The same content in another inode.
    traced.sh("printf 'six\\n' > new; touch -d 2001-01-01 new; mv new in");
    traced.gives("six\nTWO\n").missed("file in changed");
}

#[test]
fn a_file_that_was_looked_for_in_vain_counts() {
    let traced = Traced::new("cat .env.local 2> /dev/null; test -f conf/deep/x && echo deep; :");
    traced.gives("").stored();
    traced.gives("").hit();
    traced.sh("mkdir conf");
    traced.gives("").missed("directory conf is there now");
    traced.gives("").hit();
    traced.write("conf/deep/x", "");
    traced.gives("deep\n").missed("directory conf/deep is there now");
    traced.write(".env.local", "local\n");
    traced.gives("local\ndeep\n").missed(".env.local is there now");
    traced.sh("rm -r conf .env.local");
    traced.gives("").hit();
}

#[test]
fn a_listed_directory_counts_by_names_and_kinds() {
    let traced = Traced::new("ls src");
    traced.sh("mkdir src; echo 1 > src/a");
    traced.gives("a\n").stored();
    traced.write("src/a", "other content and size");
    traced.gives("a\n").hit();
    traced.write("src/b", "");
    traced.gives("a\nb\n").missed("directory src changed");
    traced.remove("src/b");
    traced.gives("a\n").hit();
    traced.sh("rm src/a; mkdir src/a");
    traced.gives("a\n").missed("directory src changed");
    traced.gives("a\n").hit();
    traced.sh("chmod 700 src");
    traced.gives("a\n").missed("directory src changed");
}

#[test]
fn a_link_counts_by_what_it_leads_to() {
    let traced = Traced::new("cat current/x; readlink current");
    traced.sh("mkdir v1 v2; echo 1 > v1/x; echo 2 > v2/x; ln -s v1 current");
    traced.gives("1\nv1\n").stored();
    traced.gives("1\nv1\n").hit();
    traced.sh("ln -sfn v2 current");
    traced.gives("2\nv2\n").missed("link current");
    traced.sh("ln -sfn v1 current");
    traced.gives("1\nv1\n").hit();
}

#[test]
fn a_link_in_the_middle_of_a_path_counts_though_nobody_reads_it() {
    let traced = Traced::new("cat current/deep/x");
    traced.sh("mkdir -p v1/deep v2/deep; echo 1 > v1/deep/x; echo 2 > v2/deep/x; ln -s v1 current");
    traced.gives("1\n").stored();
    traced.sh("ln -sfn v2 current");
    traced.gives("2\n").missed("file current/deep/x changed");
    traced.sh("echo 1 > v2/deep/x");
    traced.gives("1\n").hit();
}

#[test]
fn only_the_properties_of_a_file_that_are_asked_for_count() {
    let traced = Traced::new("test -x in && echo executable; :");
    traced.write("in", "one");
    traced.gives("").stored();
    traced.write("in", "another content");
    traced.gives("").hit();
    traced.sh("chmod +x in");
    traced.gives("executable\n").missed("file in changed");
    traced.sh("chmod -x in");
    traced.gives("").hit();
}

#[test]
fn stat_counts_size_mode_and_date_of_a_file() {
    let traced = Traced::new("stat -c '%s %Y %a' in");
    traced.write("in", "one");
    traced.sh("touch -d @1000 in; chmod 644 in");
    traced.gives("3 1000 644\n").stored();
    traced.sh("printf two > in; touch -d @1000 in");
    traced.gives("3 1000 644\n").hit();
    traced.sh("touch -d @1001 in");
    traced.gives("3 1001 644\n").missed("file in changed");
    traced.sh("chmod 600 in");
    traced.gives("3 1001 600\n").missed("file in changed");
    traced.sh("printf longer > in; touch -d @1001 in");
    traced.gives("6 1001 600\n").missed("file in changed");
    traced.sh("printf two > in; touch -d @1000 in; chmod 644 in");
    traced.gives("3 1000 644\n").hit();
}

#[test]
fn dates_can_be_left_out() {
    let traced = Traced::new("find src -type f -size +1c; cat src/a").with("--trace-times ignore");
    traced.sh("mkdir src; echo 1 > src/a; touch -d @1000 src/a");
    traced.gives("src/a\n1\n").stored();
    traced.sh("touch src/a src");
    traced.gives("src/a\n1\n").hit();
    traced.sh("printf 12 > src/a");
    traced.gives("src/a\n12").missed("file src/a changed");
    let exact = Traced::new("stat -c %s in");
    exact.sh("echo 1 > in; touch -d @1000 in");
    exact.gives("2\n").stored();
    exact.sh("touch -d @1001 in");
    exact.gives("2\n").missed("file in changed");
}

#[test]
fn a_directory_counts_by_kind_and_mode_when_it_is_only_entered() {
    let traced = Traced::new("cd sub && test -d . && cat x");
    traced.sh("mkdir sub; echo x > sub/x");
    traced.gives("x\n").stored();
    traced.write("sub/other", "");
    traced.gives("x\n").hit();
    traced.sh("chmod 700 sub");
    traced.gives("x\n").missed("directory sub changed");
}

#[test]
fn programs_count_with_their_interpreters() {
    let traced = Traced::new("exec ./tool");
    traced.sh("cp /bin/sh interpreter; printf '#!./interpreter\\necho 1\\n' > tool; chmod +x tool");
    traced.gives("1\n").stored();
    traced.gives("1\n").hit();
    traced.sh("printf '#!/bin/sh\\necho fake\\n' > new; chmod +x new");
    traced.sh("cat /bin/sh > interpreter; echo >> interpreter");
    traced.gives("1\n").missed("file interpreter changed");
    traced.sh("printf '#!./interpreter\\necho 2\\n' > tool");
    traced.gives("2\n").missed("file tool changed");
    traced.sh("chmod -x tool");
    traced.ends(126).missed("file tool changed");
}

#[test]
fn files_that_a_run_makes_and_removes_do_not_count() {
    let traced =
        Traced::new("echo 1 > made; cat made; rm made; mkdir d; rmdir d; mktemp -p . | xargs rm");
    traced.gives("1\n").stored();
    traced.gives("1\n").hit();
    traced.sh("mkdir other");
    traced.gives("1\n").hit();
}

#[test]
fn a_directory_that_a_run_makes_is_its_own_whatever_its_mode() {
    let traced = Traced::new("mkdir d; chmod 755 d; touch d; echo 1 >> d/made").with("--outputs");
    traced.gives("").stored();
    traced.sh("rm -r d");
    traced.gives("").hit();
    assert_eq!(traced.sandbox.read("d/made"), "1\n");
}

#[test]
fn a_file_that_a_run_leaves_has_to_stay_as_it_is() {
    let traced = Traced::new("echo out > made; echo done");
    traced.gives("done\n").stored();
    traced.gives("done\n").hit();
    traced.write("made", "other\n");
    traced.gives("done\n").missed("file made changed");
    traced.sh("test $(cat made) = out");
    traced.gives("done\n").hit();
    traced.remove("made");
    traced.gives("done\n").missed("file made is gone");
}

#[test]
fn the_cause_of_a_failed_change_counts() {
    for (script, said) in [
        ("ln -s x b/ 2> /dev/null && echo linked || echo failed", "linked\n"),
        ("(: > b/x) 2> /dev/null && echo written || echo failed", "written\n"),
        ("rmdir b 2> /dev/null && echo removed || echo failed", "removed\n"),
        ("mv a b/ 2> /dev/null && echo moved || echo failed", "moved\n"),
        ("touch b/ 2> /dev/null && echo touched || echo failed", "touched\n"),
        ("mkdir t; mv -T t b/c 2> /dev/null && echo moved || echo failed; rm -rf t", "moved\n"),
    ] {
        for in_the_way in ["", "; echo > b"] {
            let traced = Traced::new(script);
            traced.sh(&format!("echo > a{in_the_way}"));
            traced.gives("failed\n").stored();
            traced.gives("failed\n").hit();
            traced.sh("rm -f b; mkdir b");
            traced.gives(said).missed("b");
        }
    }
}

#[test]
fn the_former_content_of_an_overwritten_file_does_not_count() {
    let traced = Traced::new("cat in > out; echo done");
    traced.write("in", "1");
    traced.write("out", "1");
    traced.gives("done\n").stored();
    traced.gives("done\n").hit();
    traced.write("in", "2");
    traced.gives("done\n").missed("file in changed");
    traced.sh("test $(cat out) = 2");
}

#[test]
fn a_run_that_changes_a_file_after_reading_it_is_not_stored() {
    for script in [
        "cat counter; echo 2 > counter",
        "cat counter; echo 2 > new; mv new counter",
        "cat counter; rm counter",
        "cat counter; chmod 600 counter",
        "cat counter; cp counter new; echo 2 >> new; ln -f new counter",
        "cat counter; sed -i s/1/2/ counter",
        "cat counter; cd sub; echo 2 > ../counter",
        "cat counter; ln counter other; echo 2 > other",
        "cat counter; echo 2 > link",
    ] {
        let traced = Traced::new(script);
        traced.sh("echo 1 > counter; mkdir sub; ln -s counter link");
        traced.gives("1\n").unstored("changed");
        traced.sh("rm -f counter new other; echo 1 > counter; chmod 644 counter");
        traced.gives("1\n").unstored("it changed counter after reading it");
    }
    let listing = Traced::new("ls sub; echo > sub/b");
    listing.sh("mkdir sub; echo > sub/a");
    listing.gives("a\n").unstored("it changed sub after reading it");
    listing.gives("a\nb\n").stored();
    let appended = Traced::new("read x < log; echo $x; echo more >> log");
    appended.write("log", "first\n");
    appended.gives("first\n").unstored("it changed log after reading it");
}

#[test]
fn a_log_that_is_only_written_to_does_not_prevent_storing() {
    for script in ["echo hi; echo run >> log", "echo hi; date +%N > log", "echo hi; touch stamp"] {
        let traced = Traced::new(script);
        traced.gives("hi\n").stored();
        traced.gives("hi\n").hit();
    }
}

#[test]
fn a_run_whose_inputs_somebody_else_changes_is_not_stored() {
    let traced = Traced::new("cat in; echo > ready; read x < go; ls sub");
    traced.sh("mkfifo go; mkdir sub; echo 1 > in");
    let traced = traced.with("--ttl 1d");
    for change in ["echo 2 > in", "echo 2 > new; mv new in", "rm in", "echo > sub/new"] {
        traced.sh("echo 1 > in; rm -f sub/*");
        let call = traced.spawn();
        traced.sh(&format!(
            "until test -e ready; do sleep 0.01; done; {change}; rm ready; echo > go"
        ));
        let ended = call.end();
        match change {
            "echo > sub/new" => ended.stored(),
            _ => ended.unstored("in changed while it ran"),
        }
    }
}

#[test]
fn files_of_the_kernel_and_devices_do_not_count() {
    let script = "cat /proc/uptime /proc/self/stat /proc/meminfo /sys/kernel/uevent_seqnum > /dev/null; ls /proc /sys > /dev/null; echo 1";
    let traced = Traced::new(script);
    traced.gives("1\n").stored();
    traced.gives("1\n").hit();
    let devices = Traced::new(
        "head -c 4 /dev/urandom > /dev/null; cat /dev/null; head -c 1 /dev/zero | wc -c",
    );
    devices.gives("1\n").stored();
    devices.gives("1\n").hit();
}

#[test]
fn paths_that_trace_ignore_matches_do_not_count() {
    let traced =
        Traced::new("cat in noise/a; ls").with("--trace-ignore noise --trace-ignore *.log");
    traced.sh("mkdir noise; echo 1 > in; echo a > noise/a; echo > x.log");
    traced.gives("1\na\nin\nnoise\nx.log\n").stored();
    traced.sh("echo b > noise/a; rm x.log; echo > y.log");
    traced.gives("1\na\nin\nnoise\nx.log\n").hit();
    traced.write("in", "2\n");
    traced.gives("2\nb\nin\nnoise\ny.log\n").missed("file in changed");
}

#[test]
fn a_missing_command_is_looked_for_along_the_whole_path() {
    let traced = Traced::new("PATH=$PWD/bin:$PATH; tool 2> /dev/null || echo none");
    traced.sh("mkdir bin");
    traced.gives("none\n").stored();
    traced.sh("printf '#!/bin/sh\\necho tool\\n' > bin/tool; chmod +x bin/tool");
    traced.gives("tool\n").missed("bin/tool is there now");
    fs::rename(traced.sandbox.dir.join("bin"), traced.sandbox.dir.join("away")).expect("moved");
    traced.gives("none\n").hit();
}

#[test]
fn a_directory_that_is_replaced_by_a_link_elsewhere_counts_by_what_is_found() {
    let traced = Traced::new("cat d/x");
    traced.sh("mkdir d e; echo 1 > d/x; echo 1 > e/x");
    traced.gives("1\n").stored();
    traced.sh("mv d was");
    symlink("e", traced.sandbox.dir.join("d")).expect("made");
    traced.gives("1\n").hit();
    traced.write("e/x", "2\n");
    traced.gives("2\n").missed("file d/x changed");
}

#[test]
fn a_link_to_a_directory_that_is_entered_counts() {
    for script in ["cd l && cat x", "cd l/. && cat x; :", "d/../l/there; :"] {
        let traced = Traced::new(script);
        traced.sh("mkdir d e; ln -s d k; ln -s k l; echo 1 > d/x; echo 2 > e/x");
        traced.sh("echo 'cd -P \"$(dirname \"$0\")\" && cat x' > d/there; cp d/there e/");
        traced.sh("sed -i '1i #!/bin/sh' d/there e/there; chmod +x d/there e/there");
        traced.gives("1\n").stored();
        traced.gives("1\n").hit();
        traced.sh("ln -sfn e k");
        traced.gives("2\n").missed("k changed");
    }
}

#[test]
fn a_lock_that_could_be_taken_counts_when_somebody_else_holds_it() {
    for take in ["mkdir lock", "ln -s x lock", "ln in lock", "mkfifo lock"] {
        let release = if take.starts_with("mkdir") { "rmdir" } else { "rm" };
        let script = format!("{take} 2> /dev/null && {release} lock && echo free || echo taken");
        let traced = Traced::new(&script);
        traced.write("in", "");
        traced.gives("free\n").stored();
        traced.gives("free\n").hit();
        traced.sh(": > lock");
        traced.gives("taken\n").missed("lock is there now");
        traced.sh("rm lock");
    }
}

#[test]
fn a_file_that_is_opened_to_append_counts_by_its_size() {
    if !has("python3") {
        return;
    }
    let traced = Traced::new("python3 -c 'print(open(\"log\", \"a\").tell())'");
    traced.write("log", "one");
    traced.gives("3\n").stored();
    traced.gives("3\n").hit();
    traced.write("log", "longer");
    traced.gives("6\n").missed("file log changed");
}
