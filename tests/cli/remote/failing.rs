//! A remote that fails costs a warning, never a result.

use super::machine::{checkout, sharing, sharing_by};
use super::server::Server;
use crate::harness::wait_until;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{self, AddressFamily, SocketType};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

/// A port where nobody listens. No other test gets it.
pub fn nobody() -> String {
    let socket = net::socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    fcntl_setfd(&socket, FdFlags::CLOEXEC).expect("set");
    net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = SocketAddrV4::try_from(net::getsockname(&socket).expect("an address"));
    std::mem::forget(socket);
    format!("http://{}/", address.expect("of this machine"))
}

/// Answers everything with these bytes, then nothing.
pub fn saying(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer);
                // Until the other side goes away.
                let _ = stream.read(&mut [0; 4096]);
            });
        }
    });
    url
}

#[test]
fn an_outage_is_told_once() {
    let (url, one) = (nobody(), checkout("echo $1"));
    sharing_by(&one, &url, "./s.sh a").warns("a\n", "cannot be reached");
    wait_until("the push failed too", || {
        let files = std::fs::read_dir(one.store_dir()).expect("listed").flatten();
        files.filter(|it| it.file_name().to_string_lossy().starts_with("breaker-")).count() == 2
    });
    for word in ["b", "c"] {
        sharing_by(&one, &url, &format!("./s.sh {word}")).gives(format!("{word}\n"));
    }
    assert_eq!(one.runs(), 3);
}

#[test]
fn whatever_lies_in_place_of_the_note_of_an_outage_the_command_runs() {
    for make in ["mkfifo", "mkdir", "ln -s /dev/zero", "ln -s /nowhere"] {
        let (url, one) = (nobody(), checkout("echo out"));
        sharing_by(&one, &url, "./s.sh a").warns("out\n", "cannot be reached");
        let store = one.store_dir();
        let notes = format!("for i in {}/breaker-*; do rm $i; {make} $i; done", store.display());
        one.sh(&notes).gives("");
        let begun = Instant::now();
        sharing_by(&one, &url, "./s.sh b").tells("out\n", 0);
        // Only bounds the test: a hang is the fault.
        assert!(begun.elapsed() < Duration::from_secs(20), "{make}");
        assert_eq!(one.runs(), 2, "{make}");
    }
}

#[test]
fn whatever_a_server_says_the_command_runs_in_time() {
    let answers: [&[u8]; 6] = [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nDate: Sun, 29 Nov 2026 10:00:00 GMT\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello",
    ];
    for answer in answers {
        let (url, one) = (saying(answer), checkout("echo out; exit 3"));
        let begun = Instant::now();
        let call = sharing_by(&one, &url, "-v ./s.sh").env("CACHEX_REMOTE_TIMEOUT", "2");
        let told = call.tells("out\n", 3);
        // Only bounds the test: a hang is the fault.
        assert!(begun.elapsed() < Duration::from_secs(20), "{told}");
        assert_eq!(one.runs(), 1, "{told}");
    }
}

#[test]
fn a_failure_is_not_shared() {
    let (server, one) = (Server::new(), checkout("exit 3"));
    sharing(&one, &server, "./s.sh").ends("", "", 3);
    assert_eq!(server.requests("PUT"), 0);
}
