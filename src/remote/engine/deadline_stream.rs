//! A connection on which no read and no write lasts longer than it may.

use super::access::TransferLimits;
use super::fault::RemoteFault;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// A connection with the limits of a transfer.
#[derive(Debug)]
pub struct DeadlineStream {
    stream: TcpStream,
    limits: TransferLimits,
}

impl DeadlineStream {
    /// Connects to the first address of the host that accepts.
    pub fn connect(host: &str, port: u16, limits: TransferLimits) -> Result<Self, RemoteFault> {
        let found = (host, port).to_socket_addrs();
        let found: Vec<SocketAddr> = found
            .map_err(|error| RemoteFault::Unreachable(format!("{host} is not found: {error}")))?
            .collect();
        let until = Instant::now() + limits.connect;
        let mut fault = RemoteFault::Unreachable(format!("{host} has no address"));
        for (tried, address) in found.iter().enumerate() {
            let others = u32::try_from(found.len() - tried).unwrap_or(u32::MAX);
            let left = until.saturating_duration_since(Instant::now()) / others;
            let left = limits.left(left)?.max(Duration::from_millis(10));
            match TcpStream::connect_timeout(address, left) {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(|error| of_connection(&error))?;
                    return Ok(Self { stream, limits });
                }
                Err(error) => fault = of_connection(&error),
            }
        }
        Err(fault)
    }

    fn left(&self) -> io::Result<Duration> {
        self.limits.left(self.limits.stall).map_err(|_| ErrorKind::TimedOut.into())
    }
}

/// The fault that an error of a connection is.
pub fn of_connection(error: &io::Error) -> RemoteFault {
    match error.kind() {
        // A read and a write that last too long give the first.
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            RemoteFault::Timeout("no answer in time".to_owned())
        }
        ErrorKind::UnexpectedEof => {
            RemoteFault::Unreachable("the connection ended early".to_owned())
        }
        _ => RemoteFault::Unreachable(error.to_string()),
    }
}

impl Read for DeadlineStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for DeadlineStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
