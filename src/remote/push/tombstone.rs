//! Clearings for all machines, which no older result outlives.
//!
//! A tombstone takes the place of what is cleared. A copy of it lies under a name of its own, where nothing else is put.
//! The clearing writes the copy first, and a push looks for it last. So in whatever order their bytes arrive, either the
//! tombstone takes the place of the result, or the push finds the copy and buries what it has put there.

use super::note::OutgoingNote;
use super::small_objects::SmallObjects;
use crate::remote::engine::RemoteFault;
use crate::remote::name::ObjectName;
use crate::remote::pack::head::PackLimits;
use crate::remote::pack::marker::RemoteTombstone;
use crate::remote::pack::reader::PackReader;
use crate::remote::sealed::ObjectKind;
use crate::remote::sealed::reader::SealedObject;
use crate::time::Timestamp;
use std::time::Duration;

/// Bytes of the longest result that is looked at again, to see whether it is the one that was pushed.
const BOUND: u64 = 1 << 30;

/// Clears what lies under a first name.
///
/// # Errors
/// When the remote does not take it.
pub fn clear(
    objects: &SmallObjects<'_>,
    first: &ObjectName,
    cleared: Timestamp,
) -> Result<(), RemoteFault> {
    bury(objects, &first.of_clearing(objects.secrets()), cleared)?;
    bury(objects, first, cleared)
}

/// When the results that a first name leads to were last cleared.
///
/// # Errors
/// When the remote does not tell.
pub fn last_clearing(
    objects: &SmallObjects<'_>,
    first: &ObjectName,
) -> Result<Option<Timestamp>, RemoteFault> {
    let name = first.of_clearing(objects.secrets());
    match objects.get(&name, RemoteTombstone::LONGEST) {
        // What is not believed is no tombstone.
        Ok(found) => Ok(found.object.and_then(Result::ok).and_then(date)),
        // Who may only write cannot know.
        Err(RemoteFault::TooLarge { .. } | RemoteFault::Unauthorized(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The date of a tombstone.
#[must_use]
pub fn date(object: SealedObject) -> Option<Timestamp> {
    let object = Some(object).filter(|object| object.kind == ObjectKind::Tombstone)?;
    RemoteTombstone::read(object).ok().map(|tombstone| tombstone.cleared)
}

/// Whether a result that ended then by the clock of the engine was cleared after its call had looked for a tombstone.
/// Then it does not stay under the first name. Others do: engines tell the time in seconds, too coarse to say which is older.
///
/// # Errors
/// When the remote does not tell.
pub(super) fn was_cleared(
    objects: &SmallObjects<'_>,
    note: &OutgoingNote,
    first: &ObjectName,
    ended: Timestamp,
) -> Result<bool, RemoteFault> {
    let Some(cleared) = last_clearing(objects, first)? else { return Ok(false) };
    // A run that had begun before may have seen what was wrong.
    let began = ended.as_millis().saturating_sub_unsigned(note.result.elapsed);
    if Some(cleared.as_millis()) <= note.cleared || cleared.as_millis() < began {
        return Ok(false);
    }
    let is_ours = match objects.get(first, BOUND) {
        Ok(found) => found.object.and_then(Result::ok).is_some_and(|object| {
            let limits = PackLimits { output: u64::MAX, files: u64::MAX };
            object.kind == ObjectKind::Pack
                && PackReader::new(object, limits).is_ok_and(|(head, _)| {
                    head.ended == ended
                        && head.elapsed == Duration::from_millis(note.result.elapsed)
                })
        }),
        Err(RemoteFault::TooLarge { .. }) => true,
        Err(RemoteFault::Unauthorized(_)) => false,
        Err(fault) => return Err(fault),
    };
    if is_ours {
        bury(objects, first, cleared)?;
    }
    Ok(true)
}

fn bury(
    objects: &SmallObjects<'_>,
    name: &ObjectName,
    cleared: Timestamp,
) -> Result<(), RemoteFault> {
    let tombstone = RemoteTombstone { cleared }.encode();
    objects.put(name, ObjectKind::Tombstone, &tombstone, None)
}
