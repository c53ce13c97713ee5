//! A remote that goes wrong, and all of cachex: the command gives what it gives, one warning is told, and later calls
//! leave the remote alone.

use cachex_engines::faulty::{Fault, dropping, faulty};
use cachex_engines::machine::Machine;
use cachex_engines::nginx::Nginx;
use cachex_engines::process::free_port;
use cachex_engines::redis::Redis;
use std::process::Output;
use std::time::{Duration, Instant};

/// Only bounds the test.
const HANG: Duration = Duration::from_secs(20);

const HTTP_OK: &[u8] = b"HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

/// A machine that is as patient as cachex is by default.
fn machine(url: &str) -> Machine {
    let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), url);
    machine.write("s.sh", "echo out $1; echo err >&2; exit $1\n");
    machine.without("CACHEX_REMOTE_TIMEOUT")
}

/// The lines of cachex in the standard error of a call that is right otherwise.
fn told(output: &Output, code: i32, place: &str) -> Vec<String> {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let (ours, theirs): (Vec<&str>, Vec<&str>) =
        told.lines().partition(|line| line.starts_with("cachex: "));
    assert_eq!(output.status.code(), Some(code), "{place}: {told}");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(stdout, format!("out {code}\n"), "{place}: {told}");
    assert_eq!(theirs, ["err"], "{place}");
    ours.into_iter().map(str::to_owned).collect()
}

/// A call of a success and one of a failure.
fn is_an_outage(machine: &Machine, place: &str) {
    let start = Instant::now();
    let first = machine.call(&["sh", "s.sh", "0"]);
    let elapsed = start.elapsed();
    let warnings = told(&first, 0, place);
    println!("{place}: {} ms, {warnings:?}", elapsed.as_millis());
    let is_one = warnings.len() == 1 && warnings[0].starts_with("cachex: warning: the remote ");
    assert!(is_one && elapsed < HANG, "{place}: {warnings:?}");
    let second = machine.call(&["sh", "s.sh", "7"]);
    assert_eq!(told(&second, 7, place), Vec::<String>::new(), "{place}: told again");
    let hit = machine.call(&["sh", "s.sh", "0"]);
    assert_eq!(
        hit,
        Output { stderr: b"err\n".to_vec(), ..first },
        "{place}: the result was stored"
    );
}

fn leak(bytes: &[u8], rest: &[u8]) -> &'static [u8] {
    Box::leak([bytes, rest].concat().into_boxed_slice())
}

#[test]
fn nobody_is_there() {
    let (dropped, _queue, _listener) = dropping();
    for scheme in ["http", "redis"] {
        let at = |port: u16| machine(&format!("{scheme}://127.0.0.1:{port}"));
        is_an_outage(&at(free_port()), "refused");
        is_an_outage(&at(dropped), "the first packet is dropped");
        is_an_outage(&at(faulty(Fault::Reset)), "reset");
        is_an_outage(&at(faulty(Fault::Answer(b""))), "cut");
        is_an_outage(&at(faulty(Fault::Silence(b""))), "a black hole");
    }
    is_an_outage(&machine("https://no-such-host.invalid/cache"), "an unknown host");
}

#[test]
fn somebody_else_is_there() {
    for status in [
        "302 Found\r\nLocation: http://127.0.0.1:1/",
        "405 Not Allowed",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "503 Service Unavailable",
    ] {
        let answer =
            leak(format!("HTTP/1.1 {status}\r\n").as_bytes(), b"Content-Length: 0\r\n\r\n");
        let url = format!("http://127.0.0.1:{}", faulty(Fault::Answer(answer)));
        is_an_outage(&machine(&url), status);
    }
    for (scheme, answer) in [
        ("http", &b"\0\xff\xfenonsense\r\n\r\n"[..]),
        ("http", b"-ERR unknown command\r\n"),
        ("redis", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("redis", b"-LOADING Redis is loading the dataset in memory\r\n"),
    ] {
        let url = format!("{scheme}://127.0.0.1:{}", faulty(Fault::Answer(answer)));
        is_an_outage(&machine(&url), "garbage");
    }
}

#[test]
fn somebody_wastes_our_time() {
    const TIME: &[u8] = b"*2\r\n$10\r\n1700000000\r\n$6\r\n123456\r\n";
    for (place, scheme, fault) in [
        ("a drip in the head", "http", Fault::Drip(b"HTTP/1.1 200 OK\r\n", b"X-Header: drop\r\n")),
        ("a drip in the body", "http", {
            Fault::Drip(leak(HTTP_OK, b"Content-Length: 10000\r\n\r\n"), b"drop")
        }),
        ("half a body", "http", Fault::Silence(leak(HTTP_OK, b"Content-Length: 99\r\n\r\nhalf"))),
        ("a cut body", "http", Fault::Answer(leak(HTTP_OK, b"Content-Length: 99\r\n\r\nhalf"))),
        ("a drip in the head", "redis", Fault::Drip(b"*", b"2")),
        ("a drip in the body", "redis", Fault::Drip(leak(TIME, b"$10000\r\n"), b"drop")),
        ("half a body", "redis", Fault::Silence(leak(TIME, b"$99\r\nhalf"))),
    ] {
        let url = format!("{scheme}://127.0.0.1:{}", faulty(fault));
        is_an_outage(&machine(&url), place);
    }
}

#[test]
fn a_body_without_an_end_costs_no_more_than_a_warning() {
    let endless = [
        Fault::Endless(leak(HTTP_OK, b"\r\n"), b"endless "),
        Fault::Endless(leak(HTTP_OK, b"Transfer-Encoding: chunked\r\n\r\n"), b"4\r\nmore\r\n"),
    ];
    for fault in endless {
        let machine = machine(&format!("http://127.0.0.1:{}", faulty(fault)));
        let start = Instant::now();
        let warnings = told(&machine.call(&["sh", "s.sh", "3"]), 3, "endless");
        println!("endless: {} ms, {warnings:?}", start.elapsed().as_millis());
        assert!(warnings.len() == 1 && start.elapsed() < HANG, "{warnings:?}");
    }
}

#[test]
fn a_certificate_that_has_expired_is_an_outage() {
    let (nginx, redis) = (Nginx::encrypted(true), Redis::encrypted(true));
    for (url, certificates) in [
        (format!("https://localhost:{}", nginx.server.port), &nginx.certificates),
        (format!("rediss://localhost:{}", redis.server.port), &redis.certificates),
    ] {
        let ca = &certificates.as_ref().expect("encrypted").ca;
        let machine = machine(&url).with("CACHEX_REMOTE_CA", ca.to_str().expect("UTF-8"));
        is_an_outage(&machine, "an expired certificate");
    }
}

#[test]
fn a_redis_that_is_full_takes_nothing_and_is_still_asked() {
    let redis = Redis::start(&["--maxmemory", "1kb", "--maxmemory-policy", "noeviction"]);
    let machine = machine(&redis.url());
    for code in [0, 3] {
        let output = machine.call(&["sh", "s.sh", &code.to_string()]);
        assert_eq!(told(&output, code, "full"), Vec::<String>::new());
    }
    let flush = machine.call(&["remote", "flush", "--timeout", "10s"]);
    let warning = String::from_utf8_lossy(&flush.stderr).into_owned();
    assert_eq!(flush.status.code(), Some(1), "{flush:?}");
    assert!(warning.contains("OOM") || warning.contains("other processes"), "{warning}");
    assert_eq!(String::from_utf8_lossy(&flush.stdout), "pushed 0, refused 0, waiting 1\n");
}
