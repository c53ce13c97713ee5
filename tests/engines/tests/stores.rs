//! What every engine does, whichever it is.

use cachex::remote::engine::{Deleted, PutCondition, PutDone, RemoteFault};
use cachex::time::Timestamp;
use cachex_engines::nginx::Nginx;
use cachex_engines::redis::Redis;
use cachex_engines::remote::{BOUND, Remote, is_near};
use std::thread;
use std::time::Duration;

const NAME: &str = "v1/main/ab/ab0123";

/// Puts, finds, replaces and deletes.
fn behaves(remote: &Remote) {
    assert_eq!(remote.get(NAME), Ok(None));
    assert_eq!(remote.put_if_absent(NAME, b"first\r\n\0"), Ok(PutDone::Stored));
    assert_eq!(remote.get(NAME), Ok(Some(b"first\r\n\0".to_vec())));
    assert_eq!(remote.put_if_absent(NAME, b"second"), Ok(PutDone::AlreadyThere));
    assert_eq!(remote.get(NAME), Ok(Some(b"first\r\n\0".to_vec())));
    assert_eq!(remote.replace(NAME, b""), Ok(PutDone::Stored));
    let (bytes, found) = remote.found(NAME).expect("no fault").expect("an object");
    assert_eq!((bytes.len(), found.length), (0, 0));
    assert!(is_near(found.now, Timestamp::now()));
    assert!(is_near(remote.now(NAME).expect("a time"), Timestamp::now()));
    assert!(is_near(remote.now("v1/main/none").expect("a time"), Timestamp::now()));
    let whole: Vec<u8> = (0..BOUND).map(|at| (at % 251) as u8).collect();
    assert_eq!(remote.replace(NAME, &whole), Ok(PutDone::Stored));
    assert!(remote.get(NAME) == Ok(Some(whole.clone())), "the bytes that were put");
    let beyond = [&whole[..], b"x"].concat();
    assert_eq!(remote.replace(NAME, &beyond), Ok(PutDone::Stored));
    assert_eq!(remote.get(NAME), Err(RemoteFault::TooLarge { bound: BOUND }));
    assert_eq!(remote.delete(NAME), Ok(Deleted::Gone));
    assert_eq!(remote.get(NAME), Ok(None));
}

#[test]
fn redis_is_a_store() {
    let redis = Redis::start(&[]);
    let remote = Remote::at(&format!("redis://127.0.0.1:{}", redis.server.port));
    behaves(&remote);
    assert_eq!(remote.delete(NAME), Ok(Deleted::Absent));
    behaves(&Remote::at(&format!("redis://localhost:{}/3", redis.server.port)));
}

#[test]
fn redis_drops_an_object_at_the_end_of_its_lifetime() {
    let redis = Redis::start(&[]);
    let remote = Remote::at(&format!("redis://127.0.0.1:{}", redis.server.port));
    let lifetime = Some(Duration::from_millis(300));
    for condition in [PutCondition::IfAbsent, PutCondition::Replace] {
        assert_eq!(remote.put(NAME, b"soon gone", condition, lifetime), Ok(PutDone::Stored));
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
    let at = |login: &str| Remote::at(&format!("redis://{login}127.0.0.1:{}", redis.server.port));
    behaves(&at("writer:p%40ss%3A%2F@"));
    behaves(&at(":default-secret@"));
    behaves(&at("").with_token("default-secret"));
    let reader = at("reader:read@");
    assert_eq!(at("writer:p%40ss%3A%2F@").replace(NAME, b"shared"), Ok(PutDone::Stored));
    assert_eq!(reader.get(NAME), Ok(Some(b"shared".to_vec())));
    for refused in [
        reader.replace(NAME, b"forged").map(drop),
        reader.delete(NAME).map(drop),
        at("reader:wrong@").get(NAME).map(drop),
        at("").get(NAME).map(drop),
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
        let remote = Remote::at(&format!("rediss://{host}:{}", redis.server.port));
        behaves(&remote.clone().with_ca(ca));
        let stranger = remote.get(NAME).expect_err("an authority that nobody knows");
        assert!(matches!(&stranger, RemoteFault::Unreachable(text) if text.starts_with("TLS: ")));
    }
}

#[test]
fn a_redis_that_is_full_refuses() {
    let redis = Redis::start(&["--maxmemory", "2mb", "--maxmemory-policy", "noeviction"]);
    let remote = Remote::at(&format!("redis://127.0.0.1:{}", redis.server.port));
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
    let remote = Remote::at(&format!("redis://127.0.0.1:{}", redis.server.port));
    let fault = remote.replace(NAME, &vec![1; 8 << 20]).expect_err("too long");
    assert!(matches!(fault, RemoteFault::Refused(_) | RemoteFault::Unreachable(_)), "{fault}");
}

#[test]
fn a_server_with_put_is_a_store() {
    let nginx = Nginx::start("");
    let port = nginx.server.port;
    behaves(&Remote::at(&format!("http://127.0.0.1:{port}")).with_token("writer"));
    behaves(&Remote::at(&format!("http://localhost:{port}/deep/er/")).with_token("writer"));
    behaves(&Remote::at(&format!("http://writer:pa$:ss@127.0.0.1:{port}/")));
}

#[test]
fn a_server_with_put_asks_who_we_are() {
    let nginx = Nginx::start("");
    let remote = Remote::at(&format!("http://127.0.0.1:{}", nginx.server.port));
    assert_eq!(remote.clone().with_token("writer").replace(NAME, b"shared"), Ok(PutDone::Stored));
    for reader in [remote.clone(), remote.with_token("reader")] {
        assert_eq!(reader.get(NAME), Ok(Some(b"shared".to_vec())));
        for refused in [reader.replace(NAME, b"forged").map(drop), reader.delete(NAME).map(drop)] {
            assert!(matches!(refused, Err(RemoteFault::Unauthorized(_))), "{refused:?}");
        }
    }
}

#[test]
fn a_server_with_put_speaks_tls() {
    let nginx = Nginx::encrypted(false);
    let ca = &nginx.certificates.as_ref().expect("encrypted").ca;
    for host in ["localhost", "127.0.0.1"] {
        let remote = Remote::at(&format!("https://{host}:{}", nginx.server.port));
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
        Remote::at(&format!("https://localhost:{}", nginx.server.port)).with_ca(nginx_ca),
        Remote::at(&format!("rediss://localhost:{}", redis.server.port)).with_ca(redis_ca),
    ] {
        let fault = remote.get(NAME).expect_err("expired");
        assert!(fault.to_string().contains("xpired"), "{fault}");
    }
}
