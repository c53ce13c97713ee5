//! Either side is killed in the middle of a transfer: an object is there whole, or not at all.

use cachex::remote::child::{RemoteAnswer, RemoteOperation, Transfer};
use cachex::remote::engine::{PutCondition, RemoteAccess, RemoteFault};
use cachex_engines::nginx::Nginx;
use cachex_engines::redis::Redis;
use cachex_engines::remote::file_of;
use cachex_engines::s3::{ACCESS_KEY, S3, SECRET_KEY};
use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const NAME: &str = "v1/main/ab/ab0123";

/// Bytes of an object that takes a while.
const LENGTH: usize = 32 << 20;

fn object(of: u8) -> File {
    file_of(&vec![of; LENGTH])
}

fn transfer(url: &str, within: Duration) -> Transfer {
    let token = (!url.starts_with("redis")).then(|| "writer".to_owned());
    let url = url.parse().expect("an address");
    let access = RemoteAccess { url, token, ca: None, directory: None };
    let mut transfer = Transfer::new(access, within);
    transfer.program = env!("CARGO_BIN_EXE_transfer").into();
    transfer
}

fn put(transfer: &Transfer, object: &File) -> Result<RemoteAnswer, RemoteFault> {
    let condition = PutCondition::Replace;
    let length = LENGTH as u64;
    transfer.run(NAME, RemoteOperation::Put { length, condition, lifetime_millis: None }, object)
}

/// What the object consists of, if there is one. It is whole.
fn content(transfer: &Transfer) -> Option<u8> {
    let mut file = tempfile::tempfile().expect("a file");
    match transfer.run(NAME, RemoteOperation::Get { bound: u64::MAX }, &file) {
        Ok(RemoteAnswer::Absent { .. }) => None,
        Ok(RemoteAnswer::Found { length, .. }) => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).expect("read");
            assert!(bytes.len() == LENGTH && length == LENGTH as u64, "{length} bytes");
            assert!(bytes.iter().all(|byte| *byte == bytes[0]), "a mixture");
            Some(bytes[0])
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_push_that_is_killed_leaves_no_part_of_an_object() {
    let (redis, nginx) = (Redis::start(&[]), Nginx::start(""));
    for url in [
        format!("redis://127.0.0.1:{}", redis.server.port),
        format!("http://127.0.0.1:{}", nginx.server.port),
    ] {
        let patient = transfer(&url, Duration::from_secs(60));
        let mut expected = None;
        let mut killed = 0;
        for round in 0..12_u8 {
            let new = object(round);
            // The transfer is ended after this time, wherever it is then.
            let hasty = transfer(&url, Duration::from_millis(20 * u64::from(round)));
            match put(&hasty, &new) {
                Ok(answer) => {
                    assert_eq!(answer, RemoteAnswer::Stored);
                    expected = Some(round);
                }
                Err(_) => killed += 1,
            }
            let found = content(&patient);
            // The server may have had all of it before the answer was on its way.
            assert!(found == expected || found == Some(round), "{found:?} in round {round}");
            expected = found;
        }
        println!("{url}: {killed} of 12 were ended");
        assert!(killed > 0);
    }
}

#[test]
fn a_server_that_is_killed_is_a_fault() {
    let mut redis = Redis::start(&[]);
    let mut nginx = Nginx::start("");
    let mut s3 = S3::start(env!("CARGO_BIN_EXE_s3-server"));
    for (url, server) in [
        (format!("redis://127.0.0.1:{}", redis.server.port), &mut redis.server),
        (format!("http://127.0.0.1:{}", nginx.server.port), &mut nginx.server),
        (format!("s3+http://127.0.0.1:{}/bucket", s3.server.port), &mut s3.server),
    ] {
        let remote = cachex_engines::remote::Remote::at(env!("CARGO_BIN_EXE_transfer"), &url)
            .with_token("writer")
            .with("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .with("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .with("BOUND", "1000000000")
            .with("MILLIS", "20000");
        let remote = if url.starts_with("redis") { remote.without("TOKEN") } else { remote };
        assert_eq!(remote.replace(NAME, &vec![1; LENGTH]), Ok(RemoteAnswer::Stored));
        let fetches = thread::spawn(move || {
            loop {
                if let Err(fault) = remote.get(NAME) {
                    return fault;
                }
            }
        });
        thread::sleep(Duration::from_millis(150));
        server.kill();
        let fault = fetches.join().expect("a fault");
        println!("{url}: {fault}");
        assert!(matches!(fault, RemoteFault::Unreachable(_)), "{url}: {fault}");
    }
}

#[test]
fn the_process_of_a_transfer_ends_with_the_one_that_waits_for_it() {
    use cachex_engines::faulty::{Fault, faulty};
    let url =
        format!("http://127.0.0.1:{}", faulty(Fault::Drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n")));
    let mut command = Command::new(env!("CARGO_BIN_EXE_transfer"));
    command.args([&url, "get", NAME]).env("MILLIS", "100000").stderr(Stdio::null());
    let mut waiting =
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("a process");
    let children = || {
        let file = format!("/proc/{0}/task/{0}/children", waiting.id());
        fs::read_to_string(file).unwrap_or_default()
    };
    let hang = Instant::now() + Duration::from_secs(20);
    let child = loop {
        let children = children();
        if let Some(child) = children.split_whitespace().next() {
            break child.to_owned();
        }
        assert!(Instant::now() < hang, "no process");
        thread::sleep(Duration::from_millis(5));
    };
    waiting.kill().expect("killed");
    waiting.wait().expect("ended");
    let is_alive = || {
        let status = fs::read_to_string(format!("/proc/{child}/status")).unwrap_or_default();
        !status.is_empty() && !status.contains("State:\tZ")
    };
    while is_alive() {
        assert!(Instant::now() < hang, "it lives on");
        thread::sleep(Duration::from_millis(5));
    }
}
