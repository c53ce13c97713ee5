//! Whether a result that is about to take the place of another was cleared for all machines while it waited.

use super::note::OutgoingNote;
use crate::remote::child::{RemoteAnswer, RemoteOperation, Transfer};
use crate::remote::engine::RemoteFault;
use crate::remote::name::ObjectName;
use crate::remote::pack::marker::RemoteTombstone;
use crate::remote::sealed::ObjectKind;
use crate::remote::sealed::reader::SealedObject;
use crate::remote::secret::keys::Secrets;
use crate::time::Timestamp;

/// Whether a tombstone lies at its place that was not there before the run, and counts for a result that ended then by the
/// clock of the engine.
///
/// # Errors
/// When the remote does not tell.
pub fn was_cleared(
    transfer: &Transfer,
    secrets: &Secrets,
    note: &OutgoingNote,
    ended: Timestamp,
) -> Result<bool, RemoteFault> {
    let name: ObjectName = note.name.parse().map_err(RemoteFault::local)?;
    let found = tempfile::tempfile().map_err(RemoteFault::local)?;
    let get = RemoteOperation::Get { bound: RemoteTombstone::LONGEST };
    match transfer.run(name.as_str(), get, &found) {
        Ok(RemoteAnswer::Found { .. }) => {}
        Ok(_) | Err(RemoteFault::TooLarge { .. } | RemoteFault::Unauthorized(_)) => {
            return Ok(false);
        }
        Err(fault) => return Err(fault),
    }
    // What is not believed is no tombstone.
    let object = SealedObject::verify(found, &name, secrets).ok();
    let object = object.filter(|object| object.kind == ObjectKind::Tombstone);
    let tombstone = object.and_then(|object| RemoteTombstone::read(object).ok());
    let cleared = tombstone.map(|tombstone| tombstone.cleared.as_millis());
    Ok(cleared > note.cleared && cleared >= Some(ended.as_millis()))
}
