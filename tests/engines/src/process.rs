//! Processes that end with the test.

use rustix::process::{Pid, Signal, kill_process};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A server. It is killed when this is dropped.
pub struct Server {
    child: Child,
    command: Command,
    /// The port that it listens on, on this machine.
    pub port: u16,
}

impl Server {
    /// Starts a server, and waits until it accepts connections on that port.
    pub fn start(mut command: Command, port: u16) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = spawn(&mut command);
        let mut server = Self { child, command, port };
        server.wait_until_it_listens();
        server
    }

    /// Starts it again on the same port, after it was killed.
    pub fn start_again(&mut self) {
        self.child = spawn(&mut self.command);
        self.wait_until_it_listens();
    }

    fn wait_until_it_listens(&mut self) {
        let command = &self.command;
        let hang = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < hang, "{command:?} does not listen");
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "{command:?} ended: {ended:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(command: &mut Command) -> Child {
    command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Sends a signal to a process, which may have ended.
pub fn send(process: u32, signal: Signal) {
    let number = i32::try_from(process).ok().and_then(Pid::from_raw);
    let _ = kill_process(number.expect("a number"), signal);
}

/// A port that is free, and that no other test gets.
pub fn free_port() -> u16 {
    // Below those that the system gives away.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 12_000 + std::process::id() % 18_000;
    loop {
        let port = first + u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(port).expect("a port");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
