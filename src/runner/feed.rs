//! What the command reads from standard input.

use super::ready::watch_pipe;
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::OwnedFd;
use tokio::io::Interest;

/// Where the command's standard input comes from.
#[derive(Debug)]
pub enum Input {
    /// Nowhere: it is empty.
    Empty,
    /// From what was read of ours, kept in a file without a name.
    Content(File),
}

/// Feeds the command until it has had enough.
pub(super) async fn run(input: Input, pipe: Option<OwnedFd>) {
    if let (Input::Content(content), Some(pipe)) = (input, pipe) {
        // Whatever goes wrong here, the command sees the end of its input.
        let _ = feed(content, pipe).await;
    }
}

async fn feed(mut content: File, pipe: OwnedFd) -> std::io::Result<()> {
    content.rewind()?;
    let pipe = watch_pipe(pipe, Interest::WRITABLE)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = content.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            let mut ready = pipe.writable().await?;
            match rustix::io::write(&pipe, rest) {
                Ok(written) => rest = &rest[written..],
                Err(Errno::AGAIN) => ready.clear_ready(),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
