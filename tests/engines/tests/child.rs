//! The process that makes a transfer may do what it likes.

use cachex::remote::child::{RemoteOperation, Transfer};
use cachex::remote::engine::{RemoteAccess, RemoteFault};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

fn outcome(program: &Path) -> RemoteFault {
    let url = "redis://127.0.0.1:1".parse().expect("an address");
    let access = RemoteAccess { url, token: Some("secret".into()), ca: None, directory: None };
    let mut transfer = Transfer::new(access, Duration::from_millis(300));
    transfer.program = program.to_owned();
    let object = tempfile::tempfile().expect("a file");
    let start = Instant::now();
    let outcome = transfer.run("v1/main/ab/ab", RemoteOperation::Get { bound: 10 }, &object);
    assert!(start.elapsed() < Duration::from_secs(20));
    outcome.expect_err("no answer")
}

#[test]
fn whatever_the_process_does_the_time_is_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    for (number, (script, expected)) in [
        ("exec sleep 100", "Timeout"),
        ("exec sleep 100 >/dev/null", "ended early"),
        ("trap '' TERM INT; while :; do :; done", "Timeout"),
        ("kill -SEGV $$", "signal: 11"),
        ("exit 3", "exit status: 3"),
        ("echo nonsense", "ended early"),
        ("exec cat /dev/zero", "ended early"),
    ]
    .into_iter()
    .enumerate()
    {
        let program = directory.path().join(number.to_string());
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("set");
        let fault = format!("{:?}", outcome(&program));
        assert!(fault.contains(expected), "{script}: {fault}");
    }
    let fault = outcome(Path::new("/no/such/program"));
    assert!(matches!(fault, RemoteFault::Local(_)), "{fault}");
}
