//! Huge files and many files among the arguments.

use super::file_arguments::runs;
use super::harness::{Sandbox, Texts};

#[test]
fn a_huge_file_counts_by_its_dates_and_is_not_read() {
    let sandbox = Sandbox::new();
    sandbox.sh("truncate -s 100G big; touch -d '1 hour ago' big").gives("");
    // The file changed too recently for its dates to be trusted.
    let told = sandbox.cachex("stat -c %s big").tells("107374182400\n", 0);
    assert!(told.contains("64 MiB") && told.contains("running uncached"), "{told}");
    // A call behind a wrapper runs uncached as well.
    sandbox.cachex("-q timeout 9 stat -c %s big").gives("107374182400\n");
}

#[test]
fn many_large_files_count_by_their_dates_too() {
    let sandbox = Sandbox::new();
    // Together they are above 64 MiB, and they changed too recently for their dates to be trusted.
    sandbox.sh("for i in 1 2 3; do truncate -s 30M $i.bin; done; echo small > s").gives("");
    let told = sandbox.cachex("wc -c s 1.bin 2.bin 3.bin").output();
    let told = told.stderr_text();
    assert!(told.contains("64 MiB") && told.contains("running uncached"), "{told}");
    assert!(runs(&sandbox, "wc -c s 1.bin") && !runs(&sandbox, "wc -c s 1.bin"));
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
    let told = told.stderr_text();
    assert!(told.contains("changed while the command ran") || told.contains("failed"), "{told}");
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
fn links_and_execute_bits_of_many_files_count() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir d; for i in $(seq 20); do echo $i > d/$i; done; cp d/1 d/copy").gives("");
    let resolve = "cachex sh -c 'readlink -f $0' d/link $(seq -f d/%g 20)";
    for target in ["1", "copy", "1"] {
        sandbox.sh(&format!("ln -sfn {target} d/link")).gives("");
        for _ in 0..2 {
            let expected = format!("{}/d/{target}\n", sandbox.dir.display());
            sandbox.sh(resolve).gives(expected);
        }
    }
    let execute = "cachex sh -c 'test -x $0 && echo yes || echo no' d/1 $(seq -f d/%g 20)";
    for (mode, expected) in [("-x", "no\n"), ("+x", "yes\n"), ("-x", "no\n")] {
        sandbox.sh(&format!("chmod {mode} d/1")).gives("");
        sandbox.sh(execute).gives(expected);
    }
}
