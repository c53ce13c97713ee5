//! Traced calls by a user who is not root.

use super::super::harness::{Sandbox, Texts, am_root, has};
use std::fs;

#[test]
fn another_user_traces_as_well() {
    if !am_root() || !has("setpriv") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("in", "1\n");
    fs::write(sandbox.dir.join("p.sh"), "cat in; ls > /dev/null\n").expect("written");
    let call = "--trace -v --cache-dir store -- sh p.sh";
    let first = sandbox.by(65534, call).tells("1\n", 0);
    assert!(first.contains("cachex: stored; traced: "), "{first}");
    let second = sandbox.by(65534, call).tells("1\n", 0);
    assert!(second.contains("cachex: hit: "), "{second}");
    sandbox.write("in", "2\n");
    let third = sandbox.by(65534, call).tells("2\n", 0);
    assert!(third.contains("file in changed"), "{third}");
}

#[test]
fn a_program_with_privileges_is_not_traced_for_another_user() {
    if !am_root() || !has("setpriv") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.sh("cp /usr/bin/id me; chown 0:0 me; chmod 4755 me").gives("");
    let bare = sandbox.by(65534, "--no-cache -- ./me -u").output().stdout_text();
    // The sandbox belongs to the other user now, but not the program in it.
    sandbox.sh("chown 0:0 me; chmod 4755 me").gives("");
    let output = sandbox.by(65534, "--trace -v --cache-dir store -- ./me -u").output();
    assert_eq!(output.stdout_text(), bare);
    let stderr = output.stderr_text();
    assert!(stderr.contains("cachex: warning: ") && stderr.contains("privileges"), "{stderr}");
    let inside = sandbox.by(65534, "--trace -v --cache-dir store -- env ./me -u").output();
    let stderr = inside.stderr_text();
    assert!(!stderr.contains("cachex: stored"), "{stderr}");
    assert!(stderr.contains("privileges"), "{stderr}");
}
