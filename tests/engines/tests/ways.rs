//! The ways to a remote: identities, proxies, IPv6.

use cachex::remote::child::RemoteAnswer::Stored;
use cachex::remote::engine::RemoteFault;
use cachex_engines::faulty::{Fault, faulty, proxy_to};
use cachex_engines::nginx::Nginx;
use cachex_engines::redis::Redis;
use cachex_engines::remote::Remote;
use cachex_engines::s3::{ACCESS_KEY, S3, SECRET_KEY};
use std::fs;
use std::net::TcpListener;

const NAME: &str = "v1/main/ab/ab0123";

fn at(url: &str) -> Remote {
    Remote::at(env!("CARGO_BIN_EXE_transfer"), url)
}

/// A service that gives credentials which last for ever.
fn credentials_service(secret_key: &str) -> u16 {
    let text = format!(
        "HTTP/1.1 200 OK\r\n\r\n<Credentials><AccessKeyId>{ACCESS_KEY}</AccessKeyId>\
        <SecretAccessKey>{secret_key}</SecretAccessKey><SessionToken>short</SessionToken>\
        <Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>"
    );
    faulty(Fault::Answer(Box::leak(text.into_boxed_str()).as_bytes()))
}

#[test]
fn a_role_is_taken_on_by_an_identity_and_its_credentials_are_kept() {
    let s3 = S3::start(env!("CARGO_BIN_EXE_s3-server"));
    let directory = tempfile::tempdir().expect("a directory");
    let token = directory.path().join("token");
    fs::write(&token, "the.identity.of.a.job\n").expect("written");
    let service = format!("http://127.0.0.1:{}/", credentials_service(SECRET_KEY));
    let by_role = at(&format!("s3+http://127.0.0.1:{}/bucket", s3.server.port))
        .with("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci")
        .with("AWS_ENDPOINT_URL_STS", &service);
    let by_file =
        by_role.clone().with("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().expect("text"));
    assert_eq!(by_file.replace(NAME, b"by file"), Ok(Stored));
    let github = b"HTTP/1.1 200 OK\r\n\r\n{\"count\":1,\"value\":\"the.identity.of.a.job\"}";
    let url = format!("http://127.0.0.1:{}/?api-version=2.0", faulty(Fault::Answer(github)));
    let by_github = by_role
        .with("ACTIONS_ID_TOKEN_REQUEST_URL", &url)
        .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer");
    assert_eq!(by_github.replace(NAME, b"by github"), Ok(Stored));
    // The service is asked once, if there is a directory for what it gives.
    let kept = by_file.with("DIRECTORY", directory.path().to_str().expect("text"));
    assert_eq!(kept.replace(NAME, b"kept"), Ok(Stored));
    fs::remove_file(token).expect("removed");
    assert_eq!(kept.get(NAME), Ok(Some(b"kept".to_vec())));
}

#[test]
fn a_bucket_may_have_a_host_of_its_own() {
    let s3 = S3::with_hosts(env!("CARGO_BIN_EXE_s3-server"), "s3.example");
    let (proxy, asked) = proxy_to(s3.server.port);
    let remote = at("insecure+s3+http://bucket.s3.example/prefix")
        .with("http_proxy", &format!("http://127.0.0.1:{proxy}"))
        .with("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .with("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    assert_eq!(remote.put_if_absent(NAME, b"virtual"), Ok(Stored));
    assert_eq!(remote.get(NAME), Ok(Some(b"virtual".to_vec())));
    assert!(s3.directory.path().join("bucket/prefix").join(NAME).exists());
    let first = asked.recv().expect("a request");
    assert!(first.starts_with("CONNECT bucket.s3.example:80 "), "{first}");
}

#[test]
fn a_service_that_gives_no_credentials_is_a_fault() {
    let directory = tempfile::tempdir().expect("a directory");
    let token = directory.path().join("token");
    fs::write(&token, "identity").expect("written");
    let with = |service: &str| {
        at("s3+http://127.0.0.1:1/bucket")
            .with("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci")
            .with("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().expect("text"))
            .with("AWS_ENDPOINT_URL_STS", service)
            .get(NAME)
            .expect_err("no credentials")
    };
    let local = |port: u16| with(&format!("http://127.0.0.1:{port}/"));
    let no = b"HTTP/1.1 403 No\r\n\r\n<Error><Code>AccessDenied</Code></Error>";
    let no = local(faulty(Fault::Answer(no)));
    assert_eq!(no, RemoteFault::Unauthorized("403 AccessDenied".to_owned()));
    let empty = local(faulty(Fault::Answer(b"HTTP/1.1 200 OK\r\n\r\n<html>")));
    assert!(matches!(empty, RemoteFault::Garbage(_)), "{empty}");
    let plain = with("http://sts.example/");
    assert!(matches!(plain, RemoteFault::Local(_)), "{plain}");
    fs::remove_file(&token).expect("removed");
    let missing = local(1);
    assert!(missing.to_string().contains("AWS_WEB_IDENTITY_TOKEN_FILE"), "{missing}");
}

#[test]
fn a_proxy_is_used_where_the_environment_says_so() {
    let nginx = Nginx::start("");
    let (proxy, asked) = proxy_to(nginx.server.port);
    let remote = at("insecure+http://cache.example:81/base")
        .with_token("writer")
        .with("http_proxy", &format!("http://user:word@127.0.0.1:{proxy}"));
    assert_eq!(remote.replace(NAME, b"through"), Ok(Stored));
    assert_eq!(remote.get(NAME), Ok(Some(b"through".to_vec())));
    let first = asked.recv().expect("a request");
    assert!(first.starts_with("CONNECT cache.example:81 "), "{first}");
    let first = first.to_lowercase();
    assert!(first.contains("proxy-authorization: basic") && !first.contains("writer"), "{first}");
    let direct = remote.with("no_proxy", "other.example, .example").get(NAME);
    assert!(matches!(direct, Err(RemoteFault::Unreachable(_) | RemoteFault::Timeout(_))));
}

#[test]
fn addresses_of_the_sixth_version_work() {
    if TcpListener::bind("[::1]:0").is_err() {
        println!("NOT TRIED: this machine has no IPv6");
        return;
    }
    let redis = Redis::start(&["--bind", "127.0.0.1", "::1"]);
    let remote = at(&format!("redis://[::1]:{}", redis.server.port));
    assert_eq!(remote.replace(NAME, b"six"), Ok(Stored));
    assert_eq!(remote.get(NAME), Ok(Some(b"six".to_vec())));
    let port = cachex_engines::process::free_port();
    let _nginx = Nginx::start(&format!("listen [::1]:{port};"));
    let remote = at(&format!("http://[::1]:{port}")).with_token("writer");
    assert_eq!(remote.replace(NAME, b"six"), Ok(Stored));
    assert_eq!(remote.get(NAME), Ok(Some(b"six".to_vec())));
}
