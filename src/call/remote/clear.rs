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
use crate::remote::child::RemoteOperation;
use crate::remote::engine::RemoteFault;
use crate::remote::push::small_objects::{FoundObject, SmallObjects};
use crate::remote::push::tombstone::{clear, date};
use crate::remote::{Namer, Namespace, ObjectName, RemoteTombstone, encode_condition};
use crate::time::Timestamp;

/// Engines tell the time in seconds, cut off: what ended in the same second was there before.
const CLOCK_STEP: i64 = 1_000;

impl Call<'_> {
    /// Clears what this call would find on the remote, whatever it had on standard input, and wherever its output went.
    /// The number of results that were there. If it only looks, all stays. Each question may take `--remote-timeout`: half
    /// a clearing is worse than a slow one.
    ///
    /// # Errors
    /// Why not all is cleared, and how much is.
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
        let (transfer, directory) = (shared.transfer.clone(), prepared.store.directory());
        let objects = SmallObjects::new(transfer, &shared.secrets, directory);
        let mut found = 0;
        for (done, name) in names.iter().enumerate() {
            let cleared = clear_one(&objects, name, only_looks);
            found += usize::from(cleared.map_err(|fault| {
                let (all, url) = (names.len(), &shared.transfer.access.url);
                format!("only {done} of {all} places are known to be: {url}: {fault}")
            })?);
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

/// Whether something lay there that is no tombstone. If it is not only looked for, a tombstone lies there now.
fn clear_one(
    objects: &SmallObjects<'_>,
    name: &ObjectName,
    only_looks: bool,
) -> Result<bool, RemoteFault> {
    // More than a tombstone could be is not fetched.
    let (now, is_there) = match objects.get(name, RemoteTombstone::LONGEST) {
        Ok(FoundObject { answer, object }) => {
            let is_there = object.is_some_and(|object| object.ok().and_then(date).is_none());
            (answer.now(), is_there)
        }
        Err(RemoteFault::TooLarge { .. }) => (None, true),
        Err(fault) => return Err(fault),
    };
    if only_looks {
        return Ok(is_there);
    }
    let now = match now {
        None => objects.run(name.as_str(), RemoteOperation::Now, &objects.file()?)?.now(),
        now => now,
    };
    let now = now.unwrap_or_else(|| Timestamp::now().as_millis());
    clear(objects, name, Timestamp::from_millis(now.saturating_add(CLOCK_STEP)))?;
    Ok(is_there)
}
