//! What every engine does, whichever it is.

use cachex::remote::child::RemoteAnswer::{Absent, AlreadyThere, Gone, Stored};
use cachex::remote::engine::RemoteFault;
use cachex_engines::nginx::Nginx;
use cachex_engines::redis::Redis;
use cachex_engines::remote::{BOUND, Remote};
use cachex_engines::s3::{ACCESS_KEY, S3, SECRET_KEY};
use std::thread;
use std::time::Duration;

const NAME: &str = "v1/main/ab/ab0123";

fn at(url: &str) -> Remote {
    Remote::at(env!("CARGO_BIN_EXE_transfer"), url)
}

/// Puts, finds, replaces and deletes.
fn behaves(remote: &Remote) {
    assert_eq!(remote.get(NAME), Ok(None));
    assert_eq!(remote.put_if_absent(NAME, b"first\r\n\0"), Ok(Stored));
    assert_eq!(remote.get(NAME), Ok(Some(b"first\r\n\0".to_vec())));
    assert_eq!(remote.put_if_absent(NAME, b"second"), Ok(AlreadyThere));
    assert_eq!(remote.get(NAME), Ok(Some(b"first\r\n\0".to_vec())));
    assert_eq!(remote.replace(NAME, b""), Ok(Stored));
    assert_eq!(remote.get(NAME), Ok(Some(Vec::new())));
    assert!(remote.knows_the_time(NAME) && remote.knows_the_time("v1/main/none"));
    let whole: Vec<u8> = (0..BOUND).map(|at| (at % 251) as u8).collect();
    assert_eq!(remote.replace(NAME, &whole), Ok(Stored));
    assert!(remote.get(NAME) == Ok(Some(whole.clone())), "the bytes that were put");
    let beyond = [&whole[..], b"x"].concat();
    assert_eq!(remote.replace(NAME, &beyond), Ok(Stored));
    assert_eq!(remote.get(NAME), Err(RemoteFault::TooLarge { bound: BOUND }));
    assert_eq!(remote.delete(NAME), Ok(Gone));
    assert_eq!(remote.get(NAME), Ok(None));
}

#[test]
fn redis_is_a_store() {
    let redis = Redis::start(&[]);
    let remote = at(&format!("redis://127.0.0.1:{}", redis.server.port));
    behaves(&remote);
    assert_eq!(remote.delete(NAME), Ok(Absent { now: None }));
    behaves(&at(&format!("redis://localhost:{}/3", redis.server.port)));
}

#[test]
fn redis_drops_an_object_at_the_end_of_its_lifetime() {
    let redis = Redis::start(&[]);
    let remote = at(&format!("redis://127.0.0.1:{}", redis.server.port));
    let remote = remote.with("LIFETIME", "300");
    for operation in ["put", "put-if-absent"] {
        assert_eq!(remote.run(operation, NAME, b"soon gone").0, Ok(Stored));
        assert_eq!(remote.get(NAME), Ok(Some(b"soon gone".to_vec())));
        thread::sleep(Duration::from_millis(400));
        assert_eq!(remote.get(NAME), Ok(None));
    }
}

#[test]
fn redis_asks_who_we_are() {
    let users = "--requirepass default-secret \
        --user reader on >read ~cachex:* +get +time \
        --user writer on >p@ss:/ ~cachex:* +get +set +del +time +select";
    let redis = Redis::start(&users.split_whitespace().collect::<Vec<_>>());
    let by = |login: &str| at(&format!("redis://{login}127.0.0.1:{}", redis.server.port));
    behaves(&by("writer:p%40ss%3A%2F@"));
    behaves(&by(":default-secret@"));
    behaves(&by("").with_token("default-secret"));
    let reader = by("reader:read@");
    assert_eq!(by("writer:p%40ss%3A%2F@").replace(NAME, b"shared"), Ok(Stored));
    assert_eq!(reader.get(NAME), Ok(Some(b"shared".to_vec())));
    for refused in [
        reader.replace(NAME, b"forged").map(drop),
        reader.delete(NAME).map(drop),
        by("reader:wrong@").get(NAME).map(drop),
        by("").get(NAME).map(drop),
    ] {
        assert!(matches!(refused, Err(RemoteFault::Unauthorized(_))), "{refused:?}");
    }
    assert_eq!(reader.get(NAME), Ok(Some(b"shared".to_vec())));
}

#[test]
fn redis_speaks_tls() {
    let redis = Redis::encrypted(false);
    let ca = &redis.certificates.as_ref().expect("encrypted").ca;
    for host in ["localhost", "127.0.0.1"] {
        let remote = at(&format!("rediss://{host}:{}", redis.server.port));
        behaves(&remote.clone().with_ca(ca));
        let stranger = remote.get(NAME).expect_err("an authority that nobody knows");
        assert!(matches!(&stranger, RemoteFault::Unreachable(text) if text.starts_with("TLS: ")));
    }
}

#[test]
fn a_redis_that_is_full_refuses() {
    let redis = Redis::start(&["--maxmemory", "2mb", "--maxmemory-policy", "noeviction"]);
    let remote = at(&format!("redis://127.0.0.1:{}", redis.server.port));
    let bytes = vec![1; 1 << 20];
    let faults: Vec<RemoteFault> =
        (0..4).filter_map(|n| remote.replace(&format!("v1/{n}"), &bytes).err()).collect();
    assert!(!faults.is_empty(), "four megabytes in two");
    for fault in faults {
        assert!(matches!(&fault, RemoteFault::Refused(text) if text.starts_with("OOM")), "{fault}");
    }
}

#[test]
fn a_redis_that_takes_no_value_of_that_length_says_so() {
    let redis = Redis::start(&["--proto-max-bulk-len", "1mb"]);
    let remote = at(&format!("redis://127.0.0.1:{}", redis.server.port));
    let fault = remote.replace(NAME, &vec![1; 8 << 20]).expect_err("too long");
    assert!(
        matches!(fault, RemoteFault::TooLargeThere(_) | RemoteFault::Unreachable(_)),
        "{fault}"
    );
}

#[test]
fn a_server_with_put_is_a_store() {
    let nginx = Nginx::start("");
    let port = nginx.server.port;
    behaves(&at(&format!("http://127.0.0.1:{port}")).with_token("writer"));
    behaves(&at(&format!("http://localhost:{port}/deep/er/")).with_token("writer"));
    behaves(&at(&format!("http://writer:pa$:ss@127.0.0.1:{port}/")));
}

#[test]
fn a_server_with_put_asks_who_we_are() {
    let nginx = Nginx::start("");
    let remote = at(&format!("http://127.0.0.1:{}", nginx.server.port));
    assert_eq!(remote.clone().with_token("writer").replace(NAME, b"shared"), Ok(Stored));
    for reader in [remote.clone(), remote.with_token("reader")] {
        assert_eq!(reader.get(NAME), Ok(Some(b"shared".to_vec())));
        for refused in [reader.replace(NAME, b"forged"), reader.delete(NAME)] {
            assert!(matches!(refused, Err(RemoteFault::Unauthorized(_))), "{refused:?}");
        }
    }
}

#[test]
fn a_server_with_put_speaks_tls() {
    let nginx = Nginx::encrypted(false);
    let ca = &nginx.certificates.as_ref().expect("encrypted").ca;
    for host in ["localhost", "127.0.0.1"] {
        let remote = at(&format!("https://{host}:{}", nginx.server.port));
        behaves(&remote.clone().with_ca(ca).with_token("writer"));
        let stranger = remote.get(NAME).expect_err("an authority that nobody knows");
        assert!(matches!(&stranger, RemoteFault::Unreachable(text) if text.starts_with("TLS: ")));
    }
}

#[test]
fn a_certificate_that_has_expired_is_refused() {
    let (nginx, redis) = (Nginx::encrypted(true), Redis::encrypted(true));
    let nginx_ca = &nginx.certificates.as_ref().expect("encrypted").ca;
    let redis_ca = &redis.certificates.as_ref().expect("encrypted").ca;
    for remote in [
        at(&format!("https://localhost:{}", nginx.server.port)).with_ca(nginx_ca),
        at(&format!("rediss://localhost:{}", redis.server.port)).with_ca(redis_ca),
    ] {
        let fault = remote.get(NAME).expect_err("expired");
        assert!(fault.to_string().contains("xpired"), "{fault}");
    }
}

#[test]
fn s3_is_a_store() {
    let s3 = S3::start(env!("CARGO_BIN_EXE_s3-server"));
    let remote = at(&format!("s3+http://127.0.0.1:{}/bucket/pre/fix", s3.server.port))
        .with("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .with("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    behaves(&remote);
    assert_eq!(remote.replace(NAME, b"x"), Ok(Stored));
    for wrong in [
        remote.clone().with("AWS_SECRET_ACCESS_KEY", "guessed").get(NAME).map(drop),
        remote.clone().with("AWS_ACCESS_KEY_ID", "stranger").get(NAME).map(drop),
        at(&format!("s3+http://127.0.0.1:{}/bucket", s3.server.port)).get(NAME).map(drop),
    ] {
        assert!(matches!(wrong, Err(RemoteFault::Unauthorized(_))), "{wrong:?}");
    }
}
