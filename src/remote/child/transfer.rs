//! The process that waits for a transfer.

use super::message::{
    LONGEST_MESSAGE, RemoteAnswer, RemoteOperation, TransferRequest, read_answer,
};
use super::serve::WORD;
use crate::poll::poll_one;
use crate::remote::engine::{RemoteAccess, RemoteFault, TransferLimits};
use rustix::event::PollFlags;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How much longer a process may live than its transfer may take: to say that the time was over.
const GRACE: Duration = Duration::from_millis(100);

/// Transfers with a remote, each in a process of its own.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The remote.
    pub access: RemoteAccess,
    /// How long a transfer may take.
    pub within: Duration,
    /// The program that makes it: cachex itself.
    pub program: PathBuf,
}

impl Transfer {
    /// Transfers that are made by this program.
    #[must_use]
    pub fn new(access: RemoteAccess, within: Duration) -> Self {
        let program = if cfg!(target_os = "linux") {
            // Also when the file has been replaced since.
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe().unwrap_or_else(|_| "cachex".into())
        };
        Self { access, within, program }
    }

    /// Makes a transfer of the object with that name, from or into the file.
    ///
    /// # Errors
    /// When the remote does not do it in time, or something on this machine prevents it.
    pub fn run(
        &self,
        name: &str,
        operation: RemoteOperation,
        object: &File,
    ) -> Result<RemoteAnswer, RemoteFault> {
        let request = TransferRequest {
            url: self.access.url.with_secrets().to_owned(),
            token: self.access.token.clone(),
            ca: self.access.ca.clone(),
            directory: self.access.directory.clone(),
            name: name.to_owned(),
            operation,
            millis: u64::try_from(self.within.as_millis()).unwrap_or(u64::MAX),
        };
        let request = serde_json::to_vec(&request).map_err(RemoteFault::local)?;
        let end = Instant::now() + self.within.min(TransferLimits::LONGEST) + GRACE;
        let (mut process, messages) = self.start(object).map_err(RemoteFault::local)?;
        let answer = exchange(&messages, &request, end);
        // It has answered, or its time is over.
        let _ = process.kill();
        let status = process.wait();
        let answer = match answer {
            Ok(bytes) => read_answer(&bytes),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                return Err(RemoteFault::Timeout("the transfer was ended".to_owned()));
            }
            Err(error) => return Err(RemoteFault::local(error)),
        };
        answer.unwrap_or_else(|| {
            let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            Err(RemoteFault::Local(format!("the process for the transfer ended early: {how}")))
        })
    }

    /// Starts the process, and returns where it takes its request and gives its answer. Nothing is done between fork and
    /// exec, so the memory of this process need not be copied.
    fn start(&self, object: &File) -> io::Result<(Child, UnixStream)> {
        let (ours, theirs) = UnixStream::pair()?;
        let process = Command::new(&self.program)
            .arg0("cachex")
            .args([WORD, &std::process::id().to_string()])
            .stdin(object.try_clone()?)
            .stdout(OwnedFd::from(theirs))
            .stderr(Stdio::null())
            .spawn()?;
        Ok((process, ours))
    }
}

/// Tells the process what to do, and reads its answer. A process that has ended says so by its status.
fn exchange(mut messages: &UnixStream, request: &[u8], end: Instant) -> io::Result<Vec<u8>> {
    // The socket takes that much at once.
    let _ = messages.write_all(request).and_then(|()| messages.shutdown(Shutdown::Write));
    read_until(messages, end)
}

fn read_until(mut output: &UnixStream, end: Instant) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while (bytes.len() as u64) < LONGEST_MESSAGE {
        let left = end.saturating_duration_since(Instant::now());
        if poll_one(output, PollFlags::IN, Some(left))?.is_empty() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match output.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
            // It ended before it had read the request.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break,
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}
