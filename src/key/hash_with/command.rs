//! Running the command of a `--hash-with`.
//!
//! The command is killed when cachex dies, and cachex does not wait for processes that the command left behind.

use crate::die_with_parent;
use crate::exit::Exit;
use crate::inherited;
use crate::key::digest::OnProgress;
use crate::key::digest::{Digest, DigestBuilder};
use crate::poll::poll_one;
use rustix::event::PollFlags;
use rustix::io::ioctl_fionread;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Why there is no digest.
#[derive(Debug, thiserror::Error)]
pub(super) enum HashFailure {
    /// The command failed.
    #[error("{0}")]
    Status(Exit),
    /// The command ended, and another process can still print. When it does so, and how much, is left to chance.
    #[error("a process that it left behind still holds its output")]
    LeftBehind,
    /// The command cannot be run.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs a shell command that reads this content from the start, and returns the digest of its output. `on_progress` is
/// called now and then.
pub(super) fn run(
    command: &OsStr,
    content: &File,
    on_progress: OnProgress<'_>,
) -> Result<Digest, HashFailure> {
    let mut content = content.try_clone()?;
    content.rewind()?;
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command);
    shell.stdin(content).stdout(Stdio::piped()).stderr(Stdio::null());
    inherited::pass_on(&mut shell);
    die_with_parent::arrange(&mut shell);
    let mut child = shell.spawn()?;
    let output = child.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
    let printed = printed(&mut child, output, on_progress)?;
    let status = child.wait()?;
    if !status.success() {
        return Err(HashFailure::Status(status.into()));
    }
    printed.ok_or(HashFailure::LeftBehind)
}

/// How often to check whether the command has ended while its output stays open.
const EXIT_CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// How long after the end of the command another process may hold its output.
const CLOSE_GRACE: Duration = Duration::from_millis(50);

/// The digest of all that a command printed; `None` if its output is still open a moment after its end.
fn printed(
    child: &mut Child,
    mut output: ChildStdout,
    on_progress: OnProgress<'_>,
) -> io::Result<Option<Digest>> {
    let mut digest = DigestBuilder::default();
    let mut buffer = vec![0; 64 << 10];
    // How many bytes are still to be read, once the command has ended.
    let mut left = None;
    loop {
        on_progress();
        if left.is_none() && child.try_wait()?.is_some() {
            left = Some(ioctl_fionread(&output)?);
        }
        let wanted = match left {
            Some(0) => {
                let has_ended = wait(&output, CLOSE_GRACE)?.contains(PollFlags::HUP)
                    && output.read(&mut buffer)? == 0;
                return Ok(has_ended.then(|| digest.finish()));
            }
            Some(left) => buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX)),
            None if wait(&output, EXIT_CHECK_INTERVAL)?.is_empty() => continue,
            None => buffer.len(),
        };
        match output.read(&mut buffer[..wanted]) {
            Ok(0) => return Ok(Some(digest.finish())),
            Ok(count) => {
                digest.update(&buffer[..count]);
                left = left.map(|left| left.saturating_sub(count as u64));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Waits for an output to become readable or to end, for at most this time.
fn wait(output: &ChildStdout, time: Duration) -> io::Result<PollFlags> {
    Ok(poll_one(output, PollFlags::IN, Some(time))?)
}
