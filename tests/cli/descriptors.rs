//! Descriptors from 3 on reach the command. A run that used a file among them is not stored.

use super::harness::{Sandbox, Texts};

#[track_caller]
fn is_stored(sandbox: &Sandbox, call: &str, stdout: &str) {
    for expected in ["cachex: stored", "cachex: hit: "] {
        let stderr = sandbox.sh(call).tells(stdout, 0);
        assert!(stderr.contains(expected), "{call}: {stderr}");
    }
}

#[track_caller]
fn is_not_stored(sandbox: &Sandbox, call: &str, stdout: &str) {
    let stderr = sandbox.sh(call).tells(stdout, 0);
    let reason = "cachex: not stored: descriptor 3 was read or written\n";
    assert!(stderr.ends_with(reason), "{call}: {stderr}");
}

#[test]
fn a_run_that_reads_an_inherited_descriptor_is_not_stored() {
    let sandbox = Sandbox::new();
    for name in ["a", "b"] {
        sandbox.write(name, format!("{name}\n"));
        is_not_stored(
            &sandbox,
            &format!("cachex -v sh -c 'cat <&3' 3< {name}"),
            &format!("{name}\n"),
        );
    }
    is_not_stored(&sandbox, "cachex -v sh -c 'read x <&3; echo $x' 3< a </dev/null", "a\n");
}

#[test]
fn a_run_that_writes_to_an_inherited_descriptor_is_not_stored() {
    let sandbox = Sandbox::new();
    for name in ["one", "two"] {
        is_not_stored(&sandbox, &format!("cachex -v sh -c 'echo x >&3' 3> {name}"), "");
        is_not_stored(&sandbox, &format!("cachex -v sh -c 'echo y >&3' 3>> {name}"), "");
        sandbox.sh(&format!("cat {name}")).gives("x\ny\n");
    }
    // The file changes but the offset does not.
    let call = "cachex -v sh -c 'echo z > two' 3>> two";
    is_not_stored(&sandbox, call, "");
}

#[test]
fn an_unused_descriptor_does_not_prevent_storing() {
    let sandbox = Sandbox::new();
    sandbox.write("list", "1\n2\n");
    is_stored(&sandbox, "cachex -v echo 3 3< list", "3\n");
    is_stored(&sandbox, "cachex -v echo 4 3> new 4>> list", "4\n");
    is_stored(
        &sandbox,
        "exec 3< list; while read x <&3; do cachex echo $x; done; cachex -v echo 5",
        "1\n2\n5\n",
    );
    is_stored(&sandbox, "mkfifo fifo; cachex -v echo 6 3<> fifo; rm fifo", "6\n");
}

#[test]
fn one_open_file_may_have_two_descriptors() {
    let sandbox = Sandbox::new();
    sandbox.write("list", "1\n2\n");
    is_stored(&sandbox, "exec 3< list; cachex -v cat <&3", "1\n2\n");
    is_stored(&sandbox, "exec < list; cachex -v sort -r 3<&0", "2\n1\n");
    // Another process than the one with this standard input reads it.
    is_not_stored(&sandbox, "exec < list; cachex -v -n sh -c 'cat <&3' 3<&0", "1\n2\n");
}

#[test]
fn output_that_cachex_writes_does_not_count_as_use() {
    let sandbox = Sandbox::new();
    for (redirection, name) in
        [("> out 3>&1", "plain"), (">> out 3>&1", "append"), ("> out 3>> out", "apart")]
    {
        let call = format!("cachex -v echo {name} {redirection}");
        is_stored(&sandbox, &call, "");
        is_not_stored(
            &sandbox,
            &format!("cachex -v sh -c 'echo {name}; echo >&3' {redirection}"),
            "",
        );
    }
}

#[test]
fn nothing_is_served_stale_if_a_renewal_would_lack_a_descriptor() {
    let sandbox =
        Sandbox::with_script("if (: >&3) 2>/dev/null; then echo with; else echo without; fi");
    let call = "cachex -v --ttl 1m --stale-while-revalidate 1h ./s.sh 3>> o";
    sandbox.sh(call).tells("with\n", 0);
    sandbox.age(120);
    let explained = sandbox.sh(&call.replace("-v", "explain")).output().stdout;
    assert!(explained.starts_with(b"miss: expired"), "{}", explained.escape_ascii());
    let told = sandbox.sh(call).tells("with\n", 0);
    assert!(told.contains("not served stale: a renewal would lack descriptor 3"), "{told}");
    assert_eq!(sandbox.runs(), 2);
    assert!(sandbox.sh(call).tells("with\n", 0).contains("hit: "), "the new result is stored");
    // The call without a descriptor is renewed as usual.
    let without = call.replace("3>> o", "");
    sandbox.sh(&without).tells("without\n", 0);
    sandbox.age(120);
    assert!(sandbox.sh(&without).tells("without\n", 0).contains("stale"));
    super::stale_while_revalidate::wait_until_idle(&sandbox);
    assert_eq!(sandbox.runs(), 4);
}

#[test]
fn warm_runs_nothing_if_it_would_lack_a_descriptor() {
    let sandbox =
        Sandbox::with_script("if (: >&3) 2>/dev/null; then echo with; else echo without; fi");
    sandbox.sh("cachex --warm ./s.sh 3>> o").warns("", "would lack descriptor 3");
    super::stale_while_revalidate::wait_until_idle(&sandbox);
    assert_eq!(sandbox.runs(), 0);
    let explained = sandbox.sh("cachex explain --warm ./s.sh 3>> o").output().stdout_text();
    assert!(
        explained.contains("nothing runs: a run in the background would lack descriptor 3"),
        "{explained}"
    );
    sandbox.sh("cachex ./s.sh 3>> o").gives("with\n");
}

#[test]
fn the_set_of_descriptors_for_files_is_in_the_key() {
    let sandbox = Sandbox::new();
    for fd in ["3", "9", "100"] {
        let tries = format!("cachex bash -c 'echo x >&{fd}; true' 2>/dev/null");
        let bash = |script: &str| sandbox.program("bash", &["-c", script]);
        bash(&tries).gives("");
        for file in ["o", "p"] {
            bash(&format!("{tries} {fd}> {file}; cat {file}")).gives("x\n");
        }
    }
    let told = sandbox.sh("cachex -v sh -c 'true' 3> o; cachex -v sh -c 'true' 3>&-").tells("", 0);
    assert!(told.contains("miss: nothing stored for this call: descriptor 3 is gone"), "{told}");
}
