//! S3 as AWS describes it: conditional writes, missing buckets, and roles by the identity of a job.

use cachex::remote::child::RemoteAnswer::{AlreadyThere, Stored};
use cachex::remote::engine::RemoteFault;
use cachex_engines::faulty::{Fault, faulty};
use cachex_engines::machine::Machine;
use cachex_engines::moto::Moto;
use cachex_engines::page::{github_variables, gitlab_variables, s3_policy};
use cachex_engines::remote::Remote;
use std::path::Path;
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

/// The seed of the team's signer, and its public key, which `docs/fleet.md` shows.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

/// A service that gives each job its identity.
fn identities() -> String {
    let answer = b"HTTP/1.1 200 OK\r\n\r\n{\"count\":1,\"value\":\"the.identity.of.a.job\"}";
    format!("http://127.0.0.1:{}/?api-version=2.0", faulty(Fault::Answer(answer)))
}

/// The variables of a job in GitHub Actions.
fn on_github(is_trusted: bool, role: &str, identities: &str) -> Vec<(String, String)> {
    let (seed, mode) = if is_trusted { (SEED, "read-write") } else { ("", "read") };
    let mut variables = github_variables(&[
        ("secrets.CACHEX_REMOTE_KEY", &"ab".repeat(32)),
        ("vars.CACHEX_REMOTE_TRUST", PUBLIC),
        ("!github.event.pull_request.head.repo.fork", "true"),
        ("vars.CACHEX_ROLE", role),
        ("secrets.CACHEX_REMOTE_SIGN_KEY", seed),
        ("github.ref == 'refs/heads/main' && 'trusted' || 'untrusted'", "some-environment"),
        ("github.ref == 'refs/heads/main' && 'read-write' || 'read'", mode),
    ]);
    variables.push(("ACTIONS_ID_TOKEN_REQUEST_URL".to_owned(), identities.to_owned()));
    variables.push(("ACTIONS_ID_TOKEN_REQUEST_TOKEN".to_owned(), "bearer".to_owned()));
    variables
}

/// The variables of a job in GitLab.
fn on_gitlab(is_trusted: bool, role: &str, token: &str) -> Vec<(String, String)> {
    let mut variables = gitlab_variables(is_trusted);
    for (name, value) in &mut variables {
        match &**name {
            "AWS_ROLE_ARN" => role.clone_into(value),
            "AWS_WEB_IDENTITY_TOKEN_FILE" => token.clone_into(value),
            _ => {}
        }
    }
    variables.push(("CACHEX_SHARE".to_owned(), "1".to_owned()));
    variables.push(("CACHEX_REMOTE_KEY".to_owned(), "ab".repeat(32)));
    if is_trusted {
        variables.push(("CACHEX_REMOTE_SIGN_KEY".to_owned(), SEED.to_owned()));
    }
    variables
}

/// A job with these variables, and with this in a file that it does not name.
fn job(moto: &Moto, variables: Vec<(String, String)>, home: &Path, data: &str) -> Machine {
    let mut machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), "none");
    machine.write("s.sh", "echo ran >> $HOME/runs; cat data\n");
    machine.write("data", data);
    let ours = ["CACHEX_REMOTE_KEY", "CACHEX_SHARE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    machine = ours.into_iter().fold(machine, Machine::without);
    for (name, value) in variables {
        let address = value.strip_prefix("s3+https://s3.eu-west-1.amazonaws.com/our-bucket");
        assert_eq!(address.is_some(), name == "CACHEX_REMOTE", "{name}");
        let here = address.map(|rest| moto.url("our-bucket").replace("/cachex", rest));
        machine = machine.with(&name, &here.unwrap_or(value));
    }
    let service = format!("http://127.0.0.1:{}/", moto.server.port);
    // The directory of temporary files is where credentials are kept.
    let home = home.to_str().expect("UTF-8");
    machine.with("AWS_ENDPOINT_URL_STS", &service).with("TMPDIR", home)
}

fn call(machine: &Machine, word: &str) -> String {
    let output = machine.call(&["sh", "s.sh", word]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The workflows and the policies are those of `docs/fleet.md`.
fn jobs_share(variables: impl Fn(bool, &str) -> Vec<(String, String)>) {
    let Some(moto) = Moto::start(&[s3_policy(false), s3_policy(true)]) else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let job = |is_trusted: bool, data: &str| {
        let role = &moto.roles[usize::from(is_trusted)];
        job(&moto, variables(is_trusted, role), directory.path(), data)
    };
    let (trusted, untrusted) = (job(true, "good"), job(false, "evil"));
    // The service is asked before it looks at signatures, since moto does not know that this request has none.
    assert_eq!((call(&trusted, "first"), call(&untrusted, "none")), ("good".into(), "evil".into()));
    moto.enforce();
    assert_eq!(call(&trusted, "a"), "good");
    let flush = |job: &Machine| job.call(&["remote", "flush", "--timeout", "60s"]);
    assert!(flush(&trusted).status.success());
    assert_eq!((call(&untrusted, "first"), call(&untrusted, "a")), ("good".into(), "good".into()));
    assert_eq!(untrusted.runs().len(), 1);
    assert!(flush(&untrusted).status.success(), "nothing waits");
    // Should it write nevertheless, the policy is against it.
    let rebel = job(false, "evil").with("CACHEX_REMOTE_MODE", "read-write");
    let rebel = rebel.with("CACHEX_REMOTE_SIGN_KEY", SEED);
    assert_eq!(call(&rebel, "b"), "evil");
    rebel.wait_until_pushed();
    let other = job(false, "mine");
    assert_eq!((call(&other, "b"), other.runs().len()), ("mine".into(), 1));
}

#[test]
fn jobs_of_github_actions_share() {
    let identities = identities();
    jobs_share(|is_trusted, role| on_github(is_trusted, role, &identities));
}

#[test]
fn jobs_of_gitlab_share() {
    let directory = tempfile::tempdir().expect("a directory");
    let token = directory.path().join("identity");
    std::fs::write(&token, "the.identity.of.a.job").expect("written");
    let token = token.to_str().expect("UTF-8");
    jobs_share(|is_trusted, role| on_gitlab(is_trusted, role, token));
}
