//! Markers and tombstones at a remote: fetched and verified, sealed and put.

use crate::remote::child::{RemoteAnswer, RemoteOperation, Transfer};
use crate::remote::engine::{PutCondition, RemoteFault};
use crate::remote::name::ObjectName;
use crate::remote::sealed::ObjectKind;
use crate::remote::sealed::reader::{SealedObject, Unverified};
use crate::remote::sealed::writer::SealedWriter;
use crate::remote::secret::keys::Secrets;
use crate::store::RemoteUses;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// What lies at a place.
pub struct FoundObject {
    /// What the remote answered.
    pub answer: RemoteAnswer,
    /// The object, if there is one.
    pub object: Option<Result<SealedObject, Unverified>>,
}

/// Small objects of a remote.
pub struct SmallObjects<'r> {
    transfer: Transfer,
    secrets: &'r Secrets,
    /// Where files without a name are made.
    directory: &'r Path,
    /// The bytes that came and were sent.
    pub moved: Cell<RemoteUses>,
}

impl<'r> SmallObjects<'r> {
    /// Those that such transfers move.
    pub fn new(transfer: Transfer, secrets: &'r Secrets, directory: &'r Path) -> Self {
        Self { transfer, secrets, directory, moved: Cell::default() }
    }

    /// The secrets of the team.
    pub fn secrets(&self) -> &'r Secrets {
        self.secrets
    }

    /// The object of that name.
    ///
    /// # Errors
    /// When the remote does not give it, or it is longer than `bound`.
    pub fn get(&self, name: &ObjectName, bound: u64) -> Result<FoundObject, RemoteFault> {
        let file = self.file()?;
        let answer = self.run(name.as_str(), RemoteOperation::Get { bound }, &file)?;
        let is_there = matches!(answer, RemoteAnswer::Found { .. });
        let object = is_there.then(|| SealedObject::verify(file, name, self.secrets));
        Ok(FoundObject { answer, object })
    }

    /// Seals an object, and puts it in place of any other.
    ///
    /// # Errors
    /// When the remote does not take it.
    pub fn put(
        &self,
        name: &ObjectName,
        kind: ObjectKind,
        content: &[u8],
        lifetime_millis: Option<u64>,
    ) -> Result<(), RemoteFault> {
        let mut file = self.file()?;
        let seal = |file: &mut File| -> io::Result<u64> {
            let mut sealed = SealedWriter::new(&mut *file, kind, name, self.secrets)?;
            sealed.write_all(content)?;
            sealed.finish()?;
            Ok(file.metadata()?.len())
        };
        let length = seal(&mut file).map_err(RemoteFault::local)?;
        let condition = PutCondition::Replace;
        let put = RemoteOperation::Put { length, condition, lifetime_millis };
        self.run(name.as_str(), put, &file).map(drop)
    }

    /// Makes a transfer, and counts its bytes.
    ///
    /// # Errors
    /// When the remote does not do it.
    pub fn run(
        &self,
        name: &str,
        operation: RemoteOperation,
        object: &File,
    ) -> Result<RemoteAnswer, RemoteFault> {
        let answer = self.transfer.run(name, operation, object)?;
        let mut moved = self.moved.get();
        match (operation, answer) {
            (RemoteOperation::Put { length, .. }, RemoteAnswer::Stored) => moved.sent += length,
            (_, RemoteAnswer::Found { length, .. }) => moved.received += length,
            _ => {}
        }
        self.moved.set(moved);
        Ok(answer)
    }

    /// An empty file without a name.
    ///
    /// # Errors
    /// The system's.
    pub fn file(&self) -> Result<File, RemoteFault> {
        tempfile::tempfile_in(self.directory).map_err(RemoteFault::local)
    }
}
