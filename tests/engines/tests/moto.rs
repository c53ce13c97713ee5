//! S3 as AWS describes it: conditional writes, missing buckets, and roles by the identity of a job.

use cachex::remote::child::RemoteAnswer::{AlreadyThere, Stored};
use cachex::remote::engine::RemoteFault;
use cachex_engines::faulty::{Fault, faulty};
use cachex_engines::machine::Machine;
use cachex_engines::moto::Moto;
use cachex_engines::page::s3_policy;
use cachex_engines::remote::Remote;
use std::thread;

const NAME: &str = "v1/main/ab/ab0123";

fn at(url: &str) -> Remote {
    let remote = Remote::at(env!("CARGO_BIN_EXE_transfer"), url).with("MILLIS", "20000");
    remote.with("AWS_ACCESS_KEY_ID", "a").with("AWS_SECRET_ACCESS_KEY", "b")
}

#[test]
fn of_those_who_put_what_is_absent_one_succeeds() {
    let Some(moto) = Moto::start(&[]) else { return };
    let remote = at(&moto.url("our-bucket"));
    for round in 0..3 {
        let name = format!("v1/main/ab/{round}");
        let answers = thread::scope(|scope| {
            let put = |number: u8| {
                let (remote, name) = (&remote, &name);
                scope.spawn(move || remote.put_if_absent(name, &[number; 1000]))
            };
            let puts: Vec<_> = (0..8).map(put).collect();
            puts.into_iter().map(|put| put.join().expect("no panic")).collect::<Vec<_>>()
        });
        let stored: Vec<_> = (0..8_u8).filter(|n| answers[usize::from(*n)] == Ok(Stored)).collect();
        let others = answers.iter().filter(|answer| **answer == Ok(AlreadyThere));
        assert!(stored.len() == 1 && others.count() == 7, "{answers:?}");
        assert_eq!(remote.get(&name), Ok(Some(vec![stored[0]; 1000])));
    }
}

#[test]
fn a_bucket_that_is_not_there_is_no_absent_object() {
    let Some(moto) = Moto::start(&[]) else { return };
    let remote = at(&moto.url("no-such-bucket"));
    for fault in [remote.get(NAME).map(drop), remote.put_if_absent(NAME, b"x").map(drop)] {
        let Err(RemoteFault::Refused(text)) = fault else { panic!("{fault:?}") };
        assert!(text.contains("NoSuchBucket"), "{text}");
    }
}

/// With the policies of `docs/fleet.md`, and the identity that GitHub Actions or GitLab gives a job.
#[test]
fn a_job_takes_on_the_role_of_its_environment() {
    let Some(moto) = Moto::start(&[s3_policy(false), s3_policy(true)]) else { return };
    let service = format!("http://127.0.0.1:{}/", moto.server.port);
    let github = b"HTTP/1.1 200 OK\r\n\r\n{\"count\":1,\"value\":\"the.identity.of.a.job\"}";
    let identities = format!("http://127.0.0.1:{}/?api-version=2.0", faulty(Fault::Answer(github)));
    let directory = tempfile::tempdir().expect("a directory");
    let in_environment = |role: &str, data: &str| {
        let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), &moto.url("our-bucket"));
        machine.write("s.sh", "echo ran >> $HOME/runs; cat data\n");
        machine.write("data", data);
        machine
            .without("AWS_ACCESS_KEY_ID")
            .without("AWS_SECRET_ACCESS_KEY")
            .with("AWS_ROLE_ARN", role)
            .with("AWS_ENDPOINT_URL_STS", &service)
            .with("ACTIONS_ID_TOKEN_REQUEST_URL", &identities)
            .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer")
            // Where credentials are kept.
            .with("TMPDIR", directory.path().to_str().expect("UTF-8"))
    };
    let call = |machine: &Machine, word: &str| {
        let output = machine.call(&["sh", "s.sh", word]);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let (trusted, untrusted) =
        (in_environment(&moto.roles[1], "good"), in_environment(&moto.roles[0], "evil"));
    // The service is asked before it looks at signatures, since moto does not know that this request has none.
    assert_eq!(call(&trusted, "first"), "good");
    trusted.wait_until_pushed();
    assert_eq!(call(&untrusted, "first"), "good");
    let token = directory.path().join("token");
    std::fs::write(&token, "the.identity.of.a.job").expect("written");
    let gitlab = in_environment(&moto.roles[0], "mine")
        .without("ACTIONS_ID_TOKEN_REQUEST_URL")
        .with("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().expect("UTF-8"));
    assert_eq!(call(&gitlab, "first"), "good");
    moto.enforce();
    assert_eq!(call(&trusted, "a"), "good");
    trusted.wait_until_pushed();
    assert_eq!(call(&untrusted, "a"), "good");
    assert_eq!(call(&untrusted, "b"), "evil");
    untrusted.wait_until_pushed();
    assert_eq!((call(&gitlab, "a"), gitlab.runs().len()), ("good".to_owned(), 0));
    let other = in_environment(&moto.roles[0], "mine");
    assert_eq!((call(&other, "a"), other.runs().len()), ("good".to_owned(), 0));
    assert_eq!(call(&other, "b"), "mine", "the store has what a reader wrote");
}
