//! Tries out a remote: a small object is put, fetched and deleted.
//!
//! Its name is new each time, so no result is touched, and checks on two machines do not meet. Where nothing can be
//! deleted, it is always the same, so that only one object stays. A machine that must not write results puts plain bytes,
//! which no reader believes.

use super::child::{RemoteAnswer, RemoteOperation, Transfer};
use super::engine::{PutCondition, RemoteFault};
use super::name::{Namespace, ObjectName};
use super::pack::marker::Marker;
use super::sealed::ObjectKind;
use super::sealed::reader::SealedObject;
use super::sealed::writer::SealedWriter;
use super::secret::keygen::random;
use super::secret::keys::Secrets;
use crate::time::Timestamp;
use std::fs::File;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

/// When an engine may drop an object that could not be deleted.
const LIFETIME: Duration = Duration::from_mins(1);

/// The answer to one step, and how long it took.
#[derive(Debug)]
pub struct TriedStep<T> {
    /// The answer.
    pub answer: Result<T, RemoteFault>,
    /// How long it took, with the start of the process that asks.
    pub took: Duration,
}

/// What a remote does for this machine.
#[derive(Debug)]
pub struct TriedRemote {
    /// How many milliseconds its clock is ahead of ours.
    pub clock: TriedStep<i64>,
    /// The other steps, unless nothing answers.
    pub rights: Option<TriedRights>,
}

/// What this machine may do.
#[derive(Debug)]
pub struct TriedRights {
    /// The name of the object.
    pub name: ObjectName,
    /// Its bytes.
    pub length: u64,
    /// Putting an object.
    pub write: TriedStep<()>,
    /// Fetching it, or the answer that it is not there if it could not be put.
    pub read: TriedStep<()>,
    /// Deleting it.
    pub delete: TriedStep<()>,
}

/// Tries out a remote, with an object in this namespace.
///
/// # Errors
/// When this machine cannot make an object.
pub fn try_remote(
    transfer: &Transfer,
    namespace: &Namespace,
    secrets: Option<&Secrets>,
) -> io::Result<TriedRemote> {
    let secrets = secrets.filter(|secrets| secrets.may_write());
    let purpose = b"cachex remote check";
    let digest =
        secrets.map_or(blake3::hash(purpose).into(), |secrets| secrets.name_digest(purpose));
    let trial = Trial::new(transfer, ObjectName::of_digest(namespace, &digest), secrets)?;
    let clock = step(|| trial.clock());
    let is_away = clock.answer.as_ref().is_err_and(RemoteFault::is_an_outage);
    if is_away {
        return Ok(TriedRemote { clock, rights: None });
    }
    let deleted = step(|| trial.delete());
    let (trial, condition) = if deleted.answer.is_ok() {
        let name = ObjectName::of_digest(namespace, &random()?);
        (Trial::new(transfer, name, secrets)?, PutCondition::IfAbsent)
    } else {
        (trial, PutCondition::Replace)
    };
    let write = step(|| trial.write(condition));
    let read = step(|| trial.read(write.answer.is_ok()));
    let delete = if deleted.answer.is_ok() { step(|| trial.delete()) } else { deleted };
    let Trial { name, length, .. } = trial;
    Ok(TriedRemote { clock, rights: Some(TriedRights { name, length, write, read, delete }) })
}

fn step<T>(ask: impl FnOnce() -> Result<T, RemoteFault>) -> TriedStep<T> {
    let begun = Instant::now();
    let answer = ask();
    TriedStep { answer, took: begun.elapsed() }
}

fn object(name: &ObjectName, secrets: Option<&Secrets>) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    match secrets {
        Some(secrets) => {
            let mut sealed = SealedWriter::new(&mut file, ObjectKind::Marker, name, secrets)?;
            sealed.write_all(&Marker::default().encode())?;
            sealed.finish()?;
        }
        None => writeln!(file, "cachex remote check {name}")?,
    }
    Ok(file)
}

struct Trial<'t> {
    transfer: &'t Transfer,
    name: ObjectName,
    object: File,
    length: u64,
    /// Those that it is sealed with.
    secrets: Option<&'t Secrets>,
}

impl<'t> Trial<'t> {
    fn new(
        transfer: &'t Transfer,
        name: ObjectName,
        secrets: Option<&'t Secrets>,
    ) -> io::Result<Self> {
        let object = object(&name, secrets)?;
        let length = object.metadata()?.len();
        Ok(Self { transfer, name, object, length, secrets })
    }

    fn run(&self, operation: RemoteOperation, file: &File) -> Result<RemoteAnswer, RemoteFault> {
        self.transfer.run(self.name.as_str(), operation, file)
    }

    fn clock(&self) -> Result<i64, RemoteFault> {
        let asked = Timestamp::now().as_millis();
        match self.run(RemoteOperation::Now, &self.object)? {
            RemoteAnswer::Now { now } => {
                // The clock was read between the question and the answer.
                Ok(now.saturating_sub(asked.midpoint(Timestamp::now().as_millis())))
            }
            other => Err(unexpected(other)),
        }
    }

    fn write(&self, condition: PutCondition) -> Result<(), RemoteFault> {
        let put = RemoteOperation::Put {
            length: self.length,
            condition,
            lifetime_millis: u64::try_from(LIFETIME.as_millis()).ok(),
        };
        match self.run(put, &self.object)? {
            RemoteAnswer::Stored => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    fn read(&self, was_put: bool) -> Result<(), RemoteFault> {
        let fetched = tempfile::tempfile().map_err(RemoteFault::local)?;
        match self.run(RemoteOperation::Get { bound: self.length }, &fetched)? {
            RemoteAnswer::Found { .. } => self.compare(fetched),
            _ if was_put => Err(RemoteFault::Garbage("what was put is not there".to_owned())),
            _ => Ok(()),
        }
    }

    fn compare(&self, fetched: File) -> Result<(), RemoteFault> {
        let Some(secrets) = self.secrets else { return Ok(()) };
        let verified = SealedObject::verify(fetched, &self.name, secrets);
        verified.map(drop).map_err(|fault| {
            RemoteFault::Garbage(format!("what was put comes back changed: {fault}"))
        })
    }

    fn delete(&self) -> Result<(), RemoteFault> {
        self.run(RemoteOperation::Delete, &self.object).map(drop)
    }
}

fn unexpected(answer: RemoteAnswer) -> RemoteFault {
    RemoteFault::Garbage(format!("an answer to another question: {answer:?}"))
}
