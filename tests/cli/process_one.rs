//! cachex as process 1 of a container, whose end kills all other processes: `docker run image cachex …`.

use super::harness::{Call, Sandbox, skipped};
use super::stale_while_revalidate::sandbox;

/// A call as process 1. Returns `None` and reports why if that is not possible.
pub fn as_process_one(sandbox: &Sandbox, words: &str) -> Option<Call> {
    let ways: [&[&str]; 2] =
        [&["--pid", "--fork"], &["--user", "--map-root-user", "--pid", "--fork"]];
    let way = ways.iter().find(|way| {
        let words = [way, &["true"][..]].concat();
        sandbox.program("unshare", &words).output().status.success()
    });
    let Some(way) = way else {
        skipped("the right to make a namespace");
        return None;
    };
    let words: Vec<&str> = words.split(' ').collect();
    Some(sandbox.program("unshare", &[way, &["cachex"][..], &words].concat()))
}

#[test]
fn process_one_renews_before_it_exits() {
    let sandbox = sandbox();
    let renews = "-v --ttl 1m --stale-while-revalidate 1h ./s.sh";
    let Some(call) = as_process_one(&sandbox, renews) else { return };
    call.output();
    sandbox.write("now", "new\n");
    sandbox.age(100);
    let Some(call) = as_process_one(&sandbox, renews) else { return };
    let told = call.tells("old\n", 0);
    assert!(told.contains(", stale"), "{told}");
    sandbox.cachex("--only-if-cached ./s.sh").gives("new\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn process_one_warms_before_it_exits() {
    let sandbox = sandbox();
    let Some(call) = as_process_one(&sandbox, "--warm ./s.sh") else { return };
    call.gives("");
    sandbox.cachex("--only-if-cached ./s.sh").gives("old\n");
}

#[test]
fn a_renewal_does_not_outlast_a_signal() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "echo hi; test ! -e slow || { echo > started; read x < go; }");
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.write("slow", "");
    sandbox.age(100);
    let renews = "--ttl 1m --stale-while-revalidate 1h ./s.sh";
    let Some(mut call) = as_process_one(&sandbox, renews) else { return };
    let mut child = call.command.spawn().expect("started");
    sandbox.sh("until test -s started; do sleep 0.01; done").gives("");
    // Process 1 is the only child of the process that created the namespace. cachex may not wait for signals yet, and
    // process 1 does not get signals before that.
    let kill = "while kill $(cat /proc/ID/task/ID/children) 2> kill.log; do sleep 0.01; done";
    sandbox.sh(&kill.replace("ID", &child.id().to_string())).gives("");
    child.wait().expect("ended");
    sandbox.cachex("--ttl 1m --only-if-cached ./s.sh").tells("", 124);
}
