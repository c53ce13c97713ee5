//! The process that makes a transfer. It writes nothing but its answer, and ends.

use super::message::{
    LONGEST_MESSAGE, RemoteAnswer, RemoteOperation, TransferRequest, read_request,
};
use super::resolver::ask_files_and_dns_only;
use crate::die_with_parent;
use crate::remote::engine::{
    Deleted, GetDone, PutDone, PutTerms, RemoteAccess, RemoteFault, TransferLimits, open,
};
use crate::time::Timestamp;
use rustix::process::Pid;
use rustix::stdio::{stdin, stdout};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::time::Duration;

/// The word that asks for it, before the number of the process that waits.
pub const WORD: &str = "__transfer";

/// Whether this process was started for a transfer: the process that waits.
#[must_use]
pub fn is_asked_for() -> Option<Pid> {
    let mut words = std::env::args_os().skip(1);
    let is_word = words.next().is_some_and(|word| word == WORD);
    let number = words.next().filter(|_| is_word && words.next().is_none())?;
    Pid::from_raw(number.to_str()?.parse().ok()?)
}

/// Makes the transfer of standard input, the file, that a message on standard output describes, and answers there. The
/// exit status.
#[must_use]
pub fn serve(waiting: Pid) -> u8 {
    let served = die_with_parent::arrange_here(waiting).and_then(|()| {
        let file = File::from(stdin().try_clone_to_owned()?);
        let mut messages = File::from(stdout().try_clone_to_owned()?);
        ask_files_and_dns_only();
        let answer = request(&messages).and_then(|request| perform(&request, &file));
        messages.write_all(&serde_json::to_vec(&answer)?)
    });
    u8::from(served.is_err())
}

fn request(messages: &File) -> Result<TransferRequest, RemoteFault> {
    let mut bytes = Vec::new();
    let read = messages.take(LONGEST_MESSAGE).read_to_end(&mut bytes);
    read.map_err(RemoteFault::local)?;
    read_request(&bytes)
}

fn perform(request: &TransferRequest, file: &File) -> Result<RemoteAnswer, RemoteFault> {
    let TransferRequest { url, token, ca, directory, name, operation, millis } = request;
    let access = RemoteAccess {
        url: url.parse().map_err(RemoteFault::local)?,
        token: token.clone(),
        ca: ca.clone(),
        directory: directory.clone(),
    };
    let limits = TransferLimits::within(Duration::from_millis(*millis));
    let mut engine = open(&access, limits)?;
    Ok(match *operation {
        RemoteOperation::Get { bound } => {
            match engine.get(name, &mut FileSink { file, at: 0 }, bound)? {
                GetDone::Found { now, length } => {
                    RemoteAnswer::Found { now: now.as_millis(), length }
                }
                GetDone::Absent { now } => {
                    RemoteAnswer::Absent { now: now.map(Timestamp::as_millis) }
                }
            }
        }
        RemoteOperation::Put { length, condition, lifetime_millis } => {
            let lifetime = lifetime_millis.map(Duration::from_millis);
            match engine.put(name, file, length, PutTerms { condition, lifetime })? {
                PutDone::Stored => RemoteAnswer::Stored,
                PutDone::AlreadyThere => RemoteAnswer::AlreadyThere,
            }
        }
        RemoteOperation::Delete => match engine.delete(name)? {
            Deleted::Gone => RemoteAnswer::Gone,
            Deleted::Absent => RemoteAnswer::Absent { now: None },
        },
        RemoteOperation::Now => RemoteAnswer::Now { now: engine.now(name)?.as_millis() },
    })
}

/// A file from its start, whatever the offset is that it shares with the process that waits.
struct FileSink<'f> {
    file: &'f File,
    at: u64,
}

impl Write for FileSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write_at(bytes, self.at)?;
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
