//! Servers that go wrong.

use rustix::net::listen;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What a server does with each connection.
#[derive(Clone, Copy)]
pub enum Fault {
    /// It closes it before it has read the request.
    Reset,
    /// It answers this, and closes it.
    Answer(&'static [u8]),
    /// It answers this, and then nothing more.
    Silence(&'static [u8]),
    /// It answers the first part, and then one byte of the second after another, slowly, from the start again at its end.
    Drip(&'static [u8], &'static [u8]),
    /// It answers the first part, and then the second for ever.
    Endless(&'static [u8], &'static [u8]),
}

/// Starts a server, which lasts as long as the test. Its port.
pub fn faulty(fault: Fault) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("a connection");
            thread::spawn(move || serve(stream, fault));
        }
    });
    port
}

fn serve(mut stream: TcpStream, fault: Fault) {
    let mut request = [0; 4096];
    if matches!(fault, Fault::Reset) {
        // What is not read makes the system reset the connection.
        let _ = stream.peek(&mut request);
        return;
    }
    let _ = stream.read(&mut request);
    match fault {
        Fault::Reset => {}
        Fault::Answer(answer) => {
            let _ = stream.write_all(answer);
        }
        Fault::Silence(answer) => {
            let _ = stream.write_all(answer);
            // Until the client goes away.
            while stream.read(&mut request).is_ok_and(|read| read > 0) {}
        }
        Fault::Drip(first, rest) => {
            let _ = stream.write_all(first);
            for byte in rest.iter().cycle() {
                if stream.write_all(&[*byte]).is_err() {
                    break;
                }
                thread::sleep(Duration::from_millis(50));
            }
        }
        Fault::Endless(first, rest) => {
            let _ = stream.write_all(first);
            let rest = rest.repeat(1000);
            while stream.write_all(&rest).is_ok() {}
        }
    }
}

/// A proxy that connects to this port, whatever it is asked for. Its port, and what it was asked for.
pub fn proxy_to(target: u16) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (asked, is_asked) = mpsc::channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.expect("a connection");
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|n| n > 0) {
                request.push(byte[0]);
            }
            let _ = asked.send(String::from_utf8_lossy(&request).into_owned());
            let mut server = TcpStream::connect(("127.0.0.1", target)).expect("a server");
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let mut back =
                (client.try_clone().expect("a copy"), server.try_clone().expect("a copy"));
            thread::spawn(move || io::copy(&mut back.1, &mut back.0));
            thread::spawn(move || io::copy(&mut client, &mut server));
        }
    });
    (port, is_asked)
}

/// A port whose connections are never accepted by the system: it drops the first packet. What is returned keeps it so.
pub fn dropping() -> (u16, Vec<TcpStream>, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listen(&listener, 0).expect("a shorter queue");
    let address = listener.local_addr().expect("an address");
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        queue.push(stream);
    }
    (address.port(), queue, listener)
}
