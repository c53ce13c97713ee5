//! Running the command of a `--hash-with`: it ends with cachex, and cachex waits for nobody else.

use crate::die_with_parent;
use crate::exit::Exit;
use crate::inherited;
use crate::key::digest::OnProgress;
use crate::key::digest::{Digest, DigestBuilder};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionread};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Why there is no digest of what a command prints.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It says so.
    #[error("{0}")]
    Status(Exit),
    /// It ended, and somebody can still print in its place: how much, and when, is left to chance.
    #[error("a process that it left behind still holds its output")]
    LeftBehind,
    /// It cannot be run.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The digest of what a command of the shell prints for a content, from its start. `on_progress` is called now and then.
pub(crate) fn run(
    command: &OsStr,
    content: &File,
    on_progress: OnProgress<'_>,
) -> Result<Digest, Failure> {
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
        return Err(Failure::Status(status.into()));
    }
    printed.ok_or(Failure::LeftBehind)
}

/// How often to see whether a command has ended while its output stays open.
const LOOK_AGAIN: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };

/// How long a process that is about to close the output has for it after the end of the command.
const GRACE: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// The digest of all that a command printed when it ended; `None` if the output has not ended within a moment.
fn printed(
    child: &mut Child,
    mut output: ChildStdout,
    on_progress: OnProgress<'_>,
) -> io::Result<Option<Digest>> {
    let mut digest = DigestBuilder::default();
    let mut buffer = vec![0; 64 << 10];
    // Unread when the command had ended.
    let mut left = None;
    loop {
        on_progress();
        if left.is_none() && child.try_wait()?.is_some() {
            left = Some(ioctl_fionread(&output)?);
        }
        let wanted = match left {
            Some(0) => {
                let has_ended = look(&output, &GRACE)?.contains(PollFlags::HUP)
                    && output.read(&mut buffer)? == 0;
                return Ok(has_ended.then(|| digest.finish()));
            }
            Some(left) => buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX)),
            None if look(&output, &LOOK_AGAIN)?.is_empty() => continue,
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

/// What becomes known of an output within this time.
fn look(output: &ChildStdout, time: &Timespec) -> io::Result<PollFlags> {
    let mut fds = [PollFd::new(output, PollFlags::IN)];
    match poll(&mut fds, Some(time)) {
        Ok(_) => Ok(fds[0].revents()),
        Err(Errno::INTR) => Ok(PollFlags::empty()),
        Err(error) => Err(error.into()),
    }
}
