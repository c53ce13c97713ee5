//! `clear --remote`: what a call would get from the remote counts no more, for any machine.
//!
//! A sealed tombstone takes the place of a result. So the right to write is enough, and a result that still waits to be
//! pushed elsewhere, or lies under another namespace, does not come back: it is older than the tombstone.

use super::stdin_class::{any_stream, class_of};
use crate::call::context::Call;
use crate::call::prepare::Prepared;
use crate::call::remote_state::SharedCall;
use crate::entry::Condition;
use crate::options::{Sharing, StdinMode};
use crate::remote::child::{RemoteAnswer, RemoteOperation};
use crate::remote::engine::{PutCondition, RemoteFault};
use crate::remote::{
    Namer, Namespace, ObjectKind, ObjectName, RemoteTombstone, SealedObject, SealedWriter,
    encode_condition,
};
use crate::time::Timestamp;
use std::io::{self, Write as _};

/// Engines tell the time in seconds, cut off: what ended in the same second was there before.
const CLOCK_STEP: i64 = 1_000;

impl Call<'_> {
    /// Clears what this call would find on the remote, whatever it had on standard input, and wherever its output went:
    /// the number of results that were there. If it only looks, they stay.
    ///
    /// # Errors
    /// Why they cannot be cleared.
    pub fn clear_shared(
        &self,
        sharing: &Sharing,
        prepared: &mut Prepared,
        only_looks: bool,
    ) -> Result<usize, String> {
        let shared = self.know(sharing, prepared)?;
        let mut names = names(&shared, sharing, prepared, self.request.stdin)?;
        // Where the answer to this verb goes says nothing about the calls.
        for fingerprint in prepared.observation.fingerprint.wherever_it_writes() {
            prepared.observation.fingerprint = fingerprint;
            let shared = self.know(sharing, prepared)?;
            names.extend(self::names(&shared, sharing, prepared, self.request.stdin)?);
        }
        names.sort();
        names.dedup();
        prepared.store.release_read_lock();
        let fault =
            |fault: RemoteFault| format!("the remote {}: {fault}", shared.transfer.access.url);
        let mut found = 0;
        for name in &names {
            found += usize::from(exists(&shared, name).map_err(fault)?);
            if !only_looks {
                bury(&shared, name).map_err(fault)?;
            }
        }
        Ok(found)
    }
}

/// Where results of this call may lie: one place for each kind of standard input, and one for what there is now.
fn names(
    shared: &SharedCall,
    sharing: &Sharing,
    prepared: &Prepared,
    mode: StdinMode,
) -> Result<Vec<ObjectName>, String> {
    let namespace: Namespace = sharing.namespace.parse()?;
    let of_class = Namer::new(&shared.secrets, &namespace);
    let known = [Condition::StdinAbsent, Condition::StdinClosed].map(encode_condition);
    let classes = known.into_iter().chain([any_stream()]).chain(class_of(&prepared.stdin, mode));
    Ok(classes.map(|class| of_class.first(shared.key, &class)).collect())
}

/// Whether something lies there that is no tombstone. More than one could be is not fetched.
fn exists(shared: &SharedCall, name: &ObjectName) -> Result<bool, RemoteFault> {
    let found = tempfile::tempfile().map_err(RemoteFault::local)?;
    let get = RemoteOperation::Get { bound: RemoteTombstone::LONGEST };
    match shared.transfer.run(name.as_str(), get, &found) {
        Ok(RemoteAnswer::Found { .. }) => {
            let object = SealedObject::verify(found, name, &shared.secrets);
            Ok(object.map_or(true, |object| object.kind != ObjectKind::Tombstone))
        }
        Ok(_) => Ok(false),
        Err(RemoteFault::TooLarge { .. }) => Ok(true),
        Err(fault) => Err(fault),
    }
}

/// Puts a tombstone there.
fn bury(shared: &SharedCall, name: &ObjectName) -> Result<(), RemoteFault> {
    let mut object = tempfile::tempfile().map_err(RemoteFault::local)?;
    let now = match shared.transfer.run(name.as_str(), RemoteOperation::Now, &object)? {
        RemoteAnswer::Now { now } => now,
        _ => Timestamp::now().as_millis(),
    };
    let cleared = Timestamp::from_millis(now.saturating_add(CLOCK_STEP));
    let tombstone = RemoteTombstone { cleared }.encode();
    let sealed = |object: &mut std::fs::File| -> io::Result<u64> {
        let mut sealed =
            SealedWriter::new(&mut *object, ObjectKind::Tombstone, name, &shared.secrets)?;
        sealed.write_all(&tombstone)?;
        sealed.finish()?;
        Ok(object.metadata()?.len())
    };
    let length = sealed(&mut object).map_err(RemoteFault::local)?;
    let condition = PutCondition::Replace;
    let put = RemoteOperation::Put { length, condition, lifetime_millis: None };
    shared.transfer.run(name.as_str(), put, &object).map(drop)
}
