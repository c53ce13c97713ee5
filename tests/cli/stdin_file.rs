//! A file as standard input counts by content and offset, whether or not it is read.

use super::harness::{Sandbox, Texts};
use super::stdin::{as_bare, sandbox};

/// A sandbox with scripts that inspect standard input in several ways.
fn with_files() -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("a", "abc\n");
    sandbox.write("b", "abcdef\n");
    sandbox
}

/// Expects the bare result for each of the files, twice, with this number of runs.
#[track_caller]
fn differ(sandbox: &Sandbox, script: &str) {
    let bare = |file: &str| sandbox.sh(&format!("{} < {file}", script.replace("CX", ""))).output();
    let bare = ["a", "b"].map(|file| (file, bare(file)));
    assert_ne!(bare[0].1.stdout, bare[1].1.stdout, "{script}");
    for round in ["miss", "hit"] {
        for (file, bare) in &bare {
            let call = script.replace("CX", "cachex -v --");
            let output = sandbox.sh(&format!("{call} < {file}")).output();
            assert_eq!(
                output.stdout.escape_ascii().to_string(),
                bare.stdout.escape_ascii().to_string()
            );
            let stderr = output.stderr_text();
            let expected = if round == "hit" { "cachex: hit: " } else { "cachex: stored" };
            assert!(stderr.contains(expected), "{round} of {script} < {file}: {stderr}");
        }
    }
}

#[test]
fn a_file_counts_by_content() {
    let sandbox = sandbox();
    sandbox.write("a", "a\n");
    sandbox.write("b", "b\n");
    sandbox.write("c", "a\n");
    for round in 1..=2 {
        sandbox.sh("cachex ./cat.sh < a").gives("a\n");
        sandbox.sh("cachex ./cat.sh < b").gives("b\n");
        sandbox.sh("cachex ./cat.sh < c").gives("a\n");
        assert_eq!(sandbox.runs(), 2, "round {round}");
    }
}

#[test]
fn a_file_counts_even_if_only_its_metadata_is_used() {
    let sandbox = with_files();
    differ(&sandbox, "CX wc -c");
    differ(&sandbox, "CX stat -L -c %s -");
    differ(&sandbox, "CX sh -c 'wc -c < /dev/stdin; ls > ls.out'");
    // Reads without moving the offset.
    differ(&sandbox, "CX perl -e 'open F, \"/dev/stdin\"; print <F>'");
    differ(&sandbox, "CX perl -e 'sysread STDIN, $x, 99; sysseek STDIN, 0, 0; print $x'");
}

#[test]
fn a_mapped_file_counts() {
    let sandbox = with_files();
    let source = "#include <stdio.h>\n#include <sys/mman.h>\n#include <sys/stat.h>\n\
        int main(void) { struct stat s; fstat(0, &s);\n\
        return fwrite(mmap(0, s.st_size, 1, 2, 0, 0), s.st_size, 1, stdout) != 1; }\n";
    sandbox.write("map.c", source);
    sandbox.write("b", "xyz\n");
    if !sandbox.sh("cc -o map map.c 2>&1").output().status.success() {
        return super::harness::skipped("a C compiler");
    }
    differ(&sandbox, "CX ./map");
}

#[test]
fn an_entry_for_a_pipe_is_not_replayed_for_a_file() {
    let sandbox = with_files();
    sandbox.script("kind.sh", "stat -L -c %F -");
    sandbox.sh("echo x | cachex ./kind.sh").gives("fifo\n");
    sandbox.sh("cachex ./kind.sh < a").gives("regular file\n");
}

#[test]
fn a_loop_over_a_file_loses_no_line() {
    let sandbox = sandbox();
    as_bare(&sandbox, "seq 20 > list; while read x; do CX ./job.sh \"$x\"; done < list", None);
    assert_eq!(sandbox.runs(), 40);
}

#[test]
fn a_hit_moves_the_offset_as_the_run_did() {
    let sandbox = sandbox();
    sandbox.sh("seq 10000 > list").gives("");
    sandbox.script("part.sh", "exec head -c3");
    sandbox.script(
        "seeks.sh",
        "exec perl -e 'sysseek STDIN, 8, 0; sysread STDIN, $x, 2; print $x; sysseek STDIN, 4, 0'",
    );
    for command in
        ["head -1", "./cat.sh", "./part.sh", "sh -c 'read a; read b; echo $b'", "./seeks.sh"]
    {
        as_bare(&sandbox, &format!("(CX {command}; head -c 20) < list"), None);
        as_bare(&sandbox, &format!("(read x; read x; CX {command}; head -c 20) < list"), None);
        as_bare(&sandbox, &format!("(CX {command}; CX {command}; head -c 20) < list"), None);
    }
    // Bare, and once for each offset: the second call begins where the first one ends, and some seek back.
    sandbox.sh("cachex ./part.sh < list").gives("1\n2");
    let before = sandbox.runs();
    sandbox
        .sh("(cachex ./part.sh; cachex ./seeks.sh; cat | head -c 4) < list")
        .gives("1\n25\n3\n4\n");
    assert_eq!(sandbox.runs() - before, 1, "only the second is at a new offset");
}

#[test]
fn content_before_the_offset_counts_too() {
    let sandbox = sandbox();
    sandbox.write("a", "1\nrest\n");
    sandbox.write("b", "2\nrest\n");
    let script = "(read x; CX perl -e 'sysseek STDIN, 0, 0; print <STDIN>')";
    differ(&sandbox, script);
}

#[test]
fn the_offset_counts_even_at_the_end() {
    let sandbox = with_files();
    sandbox.script("at.sh", "exec perl -e 'print sysseek(STDIN, 0, 1), \"\\n\"'");
    for offset in ["0 but true", "3", "4", "5", "100", "3"] {
        let seek = format!(
            "exec perl -e 'sysseek STDIN, {}, 0; exec @ARGV' cachex ./at.sh < a",
            offset.split(' ').next().expect("a number")
        );
        sandbox.sh(&seek).gives(format!("{offset}\n"));
    }
    assert_eq!(sandbox.runs(), 5);
}

#[test]
fn a_run_whose_input_file_changes_is_not_stored() {
    let sandbox = with_files();
    sandbox.script("grow.sh", "echo more >> a; cat");
    // The same length, and perhaps within one tick of the clock.
    sandbox.script("same.sh", "printf x | dd of=b conv=notrunc 2>/dev/null; cat");
    for (script, file) in [("grow.sh", "a"), ("same.sh", "b")] {
        let stderr = sandbox.sh(&format!("cachex -v ./{script} < {file}")).output().stderr_text();
        assert!(stderr.contains("not stored: its standard input changed while it ran"), "{stderr}");
    }
}

#[test]
fn a_file_of_proc_is_not_stored() {
    if !std::path::Path::new("/proc/uptime").exists() {
        return super::harness::skipped("/proc");
    }
    let sandbox = sandbox();
    for runs in 1..=2 {
        let output = sandbox.sh("cachex -v ./cat.sh < /proc/uptime").output();
        assert!(!output.stdout.is_empty());
        assert_eq!(sandbox.runs(), runs, "{}", output.stderr_text());
    }
}

#[test]
fn a_writable_descriptor_is_another_input() {
    let sandbox = with_files();
    sandbox.script("write.sh", "echo x 2>/dev/null >&0 && echo written || echo refused");
    sandbox.sh("cachex ./write.sh < a").gives("refused\n");
    for _ in 0..2 {
        sandbox.sh("cachex ./write.sh <> a").gives("written\n");
    }
    assert_eq!(sandbox.runs(), 3);
    // If the command does not write, the run is stored.
    for _ in 0..2 {
        sandbox.sh("cachex ./cat.sh <> b").gives("abcdef\n");
    }
    assert_eq!(sandbox.runs(), 4);
}

#[test]
fn a_file_without_a_name_counts() {
    let sandbox = sandbox();
    for word in ["one", "two", "one"] {
        let call = format!("bash -c 'cachex ./cat.sh <<< {word}'");
        sandbox.sh(&call).gives(format!("{word}\n"));
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_large_file_that_the_command_does_not_read_is_not_read() {
    let sandbox = sandbox();
    sandbox.script("size.sh", "wc -c");
    sandbox.sh("truncate -s 100G big && truncate -s 200G bigger").gives("");
    let call = |file: &str| sandbox.sh(&format!("exec timeout 60 cachex -v ./size.sh < {file}"));
    let size = |file: &str| if file == "big" { "107374182400\n" } else { "214748364800\n" };
    let stderr = call("big").tells(size("big"), 0);
    if cfg!(target_os = "linux") {
        assert!(
            stderr.contains("not stored: its standard input is a file that is too large"),
            "{stderr}"
        );
    }
    // Only waiting makes a date old.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let mut last = String::new();
    for file in ["big", "bigger", "big", "bigger"] {
        last = call(file).tells(size(file), 0);
    }
    let is_known = last.contains("cachex: hit: ");
    assert!(is_known || !last.contains("cachex: stored"), "{last}");
}

#[test]
fn a_renewal_gets_the_file_at_its_offset() {
    let sandbox = sandbox();
    sandbox.sh("mkfifo renewed && seq 5 > list").gives("");
    sandbox.script("rest.sh", "read x; cat; test -e first && echo > renewed; : > first");
    sandbox.sh("(read x; cachex ./rest.sh) < list").gives("3\n4\n5\n");
    sandbox.age(200);
    let stale = "(read x; cachex --ttl 100 --stale-while-revalidate 1h ./rest.sh; cat) < list";
    sandbox.sh(stale).gives("3\n4\n5\n");
    sandbox.sh("timeout 20 cat renewed").gives("\n");
    sandbox.sh("(read x; timeout 20 cachex --ttl 100 ./rest.sh; cat) < list").gives("3\n4\n5\n");
    assert_eq!(sandbox.runs(), 2);
}
