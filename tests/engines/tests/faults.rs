//! What can go wrong with a remote: each is the fault that it is, and none lasts longer than a transfer may.

use cachex::remote::engine::RemoteFault;
use cachex_engines::faulty::{Fault, dropping, faulty};
use cachex_engines::process::free_port;
use cachex_engines::remote::{BOUND, Remote};
use std::time::{Duration, Instant};

/// Nothing may last so long. A transfer is ended after two seconds.
const HANG: Duration = Duration::from_secs(20);

const HTTP_OK: &str = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

fn get(scheme: &str, port: u16) -> RemoteFault {
    let path = if scheme == "s3+http" { "/bucket" } else { "" };
    let url = format!("{scheme}://127.0.0.1:{port}{path}");
    let remote = Remote::at(env!("CARGO_BIN_EXE_transfer"), &url);
    let start = Instant::now();
    let (answer, object) = remote.run("get", "v1/main/ab/ab", b"");
    let elapsed = start.elapsed();
    let fault = answer.expect_err("a fault");
    println!("{scheme}: {fault} ({} ms)", elapsed.as_millis());
    assert!(elapsed < HANG && object.is_empty());
    fault
}

/// The kind of a fault, as a word.
fn kind(fault: &RemoteFault) -> String {
    let text = format!("{fault:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

fn assert_kinds(scheme: &str, cases: &[(Fault, &str)]) {
    for (number, (fault, expected)) in cases.iter().enumerate() {
        let fault = get(scheme, faulty(*fault));
        assert_eq!(kind(&fault), *expected, "case {number} of {scheme}: {fault}");
    }
}

#[test]
fn there_is_no_connection() {
    let (dropped, _queue, _listener) = dropping();
    for scheme in ["http", "s3+http", "redis"] {
        assert_eq!(kind(&get(scheme, free_port())), "Unreachable", "refused");
        assert_eq!(kind(&get(scheme, faulty(Fault::Reset))), "Unreachable", "reset");
        assert_eq!(kind(&get(scheme, dropped)), "Timeout", "dropped");
        assert_eq!(kind(&get(scheme, faulty(Fault::Silence(b"")))), "Timeout", "a black hole");
        assert_eq!(kind(&get(scheme, faulty(Fault::Answer(b"")))), "Unreachable", "cut");
    }
    for encrypted in ["https", "s3+https", "rediss"] {
        assert_eq!(kind(&get(encrypted, dropped)), "Timeout", "dropped");
        assert_eq!(kind(&get(encrypted, faulty(Fault::Silence(b"")))), "Timeout", "a black hole");
        let plain = faulty(Fault::Answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        assert_eq!(kind(&get(encrypted, plain)), "Unreachable", "no TLS");
    }
}

#[test]
fn an_unknown_host_is_not_found() {
    for scheme in ["https", "rediss"] {
        let url = format!("{scheme}://no-such-host.invalid");
        let remote = Remote::at(env!("CARGO_BIN_EXE_transfer"), &url);
        let start = Instant::now();
        let fault = remote.get("v1/main/ab/ab").expect_err("no host");
        println!("{fault} ({} ms)", start.elapsed().as_millis());
        // Where there is no server for names at all, it takes longer than it may.
        assert!(["Unreachable", "Timeout"].contains(&&*kind(&fault)) && start.elapsed() < HANG);
    }
}

#[test]
fn a_status_is_the_fault_that_it_is() {
    assert_kinds(
        "http",
        &[
            (Fault::Answer(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"), "Unauthorized"),
            (Fault::Answer(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), "Unauthorized"),
            (Fault::Answer(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), "Refused"),
            (Fault::Answer(b"HTTP/1.1 405 Not Allowed\r\nContent-Length: 0\r\n\r\n"), "Refused"),
            (Fault::Answer(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"), "Failing"),
            (Fault::Answer(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"), "Failing"),
            (Fault::Answer(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"), "Throttled"),
            (Fault::Answer(b"HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n"), "Garbage"),
            (Fault::Answer(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\nx"), "Garbage"),
        ],
    );
    let busy = "HTTP/1.1 503 Busy\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    let fault = get("http", faulty(Fault::Answer(busy.as_bytes())));
    assert_eq!(fault, RemoteFault::Throttled { retry_after: Some(7) });
}

#[test]
fn s3_says_why_in_the_body() {
    assert_kinds(
        "s3+http",
        &[
            (
                Fault::Answer(
                    b"HTTP/1.1 404 Not Found\r\n\r\n<Error><Code>NoSuchBucket</Code></Error>",
                ),
                "Refused",
            ),
            (
                Fault::Answer(
                    b"HTTP/1.1 400 Bad Request\r\n\r\n<Error><Code>ExpiredToken</Code></Error>",
                ),
                "Unauthorized",
            ),
            (
                Fault::Answer(b"HTTP/1.1 503 Slow\r\n\r\n<Error><Code>SlowDown</Code></Error>"),
                "Throttled",
            ),
            (Fault::Endless(b"HTTP/1.1 403 No\r\n\r\n", b"<Error>"), "Unauthorized"),
        ],
    );
}

#[test]
fn an_answer_by_http_is_not_one() {
    let leak = |text: String| -> &'static [u8] { Box::leak(text.into_boxed_str()).as_bytes() };
    assert_kinds(
        "http",
        &[
            (Fault::Answer(b"\0\xff\xfenonsense\r\n\r\n"), "Garbage"),
            (Fault::Answer(b"-ERR unknown command\r\n"), "Garbage"),
            (Fault::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"), "Garbage"),
            (Fault::Endless(b"HTTP/1.1 200 OK\r\n", b"X-Header: and another\r\n"), "Garbage"),
            (
                Fault::Answer(leak(format!("{HTTP_OK}Content-Length: 100\r\n\r\nfifty"))),
                "Unreachable",
            ),
            (Fault::Answer(leak(format!("{HTTP_OK}Content-Length: 9999999\r\n\r\nx"))), "TooLarge"),
            (Fault::Endless(leak(format!("{HTTP_OK}\r\n")), b"endless "), "TooLarge"),
            (
                Fault::Endless(
                    leak(format!("{HTTP_OK}Transfer-Encoding: chunked\r\n\r\n")),
                    b"4\r\nmore\r\n",
                ),
                "TooLarge",
            ),
            (Fault::Silence(leak(format!("{HTTP_OK}Content-Length: 100\r\n\r\nhalf"))), "Timeout"),
            (Fault::Drip(b"HTTP/1.1 200 OK\r\n", b"X-Header: drop\r\n"), "Timeout"),
            (
                Fault::Drip(leak(format!("{HTTP_OK}Content-Length: 10000\r\n\r\n")), b"drop"),
                "Timeout",
            ),
        ],
    );
}

#[test]
fn an_answer_by_redis_is_not_one() {
    const TIME: &[u8] = b"*2\r\n$10\r\n1700000000\r\n$6\r\n123456\r\n";
    let leak =
        |rest: &[u8]| -> &'static [u8] { Box::leak([TIME, rest].concat().into_boxed_slice()) };
    let beyond = format!("${}\r\n", BOUND + 1);
    assert_kinds(
        "redis",
        &[
            (Fault::Answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "Garbage"),
            (Fault::Answer(b"\0\xff\xfe\r\n"), "Garbage"),
            (Fault::Answer(b"+OK\r\n"), "Garbage"),
            (Fault::Answer(b"*2\r\n$3\r\nabc\r\n$1\r\n1\r\n"), "Garbage"),
            (Fault::Answer(b"-LOADING Redis is loading\r\n"), "Failing"),
            (Fault::Answer(b"-ERR unknown command 'TIME'\r\n"), "Refused"),
            (Fault::Answer(b"-NOPERM this user may not\r\n"), "Unauthorized"),
            (Fault::Endless(b"+", b"endless"), "Garbage"),
            (Fault::Answer(leak(b"$10\r\nfive")), "Unreachable"),
            (Fault::Answer(leak(b"$4\r\nfour and more\r\n")), "Garbage"),
            (Fault::Answer(leak(b"$-2\r\n")), "Garbage"),
            (Fault::Answer(leak(beyond.as_bytes())), "TooLarge"),
            (Fault::Silence(leak(b"$10\r\nfive")), "Timeout"),
            (Fault::Drip(leak(b"$10000\r\n"), b"drop"), "Timeout"),
            (Fault::Drip(b"+", b"drop"), "Timeout"),
        ],
    );
}
