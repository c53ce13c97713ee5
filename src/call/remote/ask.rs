//! Asking the remote for a result that is not in the local store.

use super::arrive::UnusedObject;
use super::exchange::{AskingFault, Exchange};
use super::follow::{ExpectedResult, RoutedObject};
use crate::call::context::Call;
use crate::call::prepare::Prepared;
use crate::call::remote_state::SharedCall;
use crate::options::{Execution, Sharing};
use crate::remote::{Marker, Namespace, ObjectKind, ObjectName, SealedObject, Unverified};
use crate::time::Lifetime;
use std::fs::File;
use std::io;

impl Call<'_> {
    /// Fills the local store with a result of another machine. Whether there was one. The caller holds the claim.
    ///
    /// # Errors
    /// When standard input, which decides, has to be read and cannot be.
    pub(in crate::call) fn fetch_shared(&self, prepared: &mut Prepared) -> io::Result<bool> {
        let is_there = match self.ask(prepared) {
            Ok(is_there) => is_there,
            Err(AskingFault::Unanswered) => false,
            Err(AskingFault::Stdin(fault)) => return Err(fault),
        };
        if let Some(Some(shared)) = self.remote.0.get() {
            prepared.store.note_remote_later(shared.uses_at_end(is_there));
        }
        Ok(is_there)
    }

    fn ask(&self, prepared: &mut Prepared) -> Result<bool, AskingFault> {
        let Some(sharing) = &self.request.sharing else { return Ok(false) };
        let Some(shared) = self.shared_call(sharing, prepared) else { return Ok(false) };
        let not_asked = self.why_not_asked(sharing);
        if let Some(reason) = not_asked {
            self.tell_not_asked(reason);
        }
        let is_asked_for = not_asked.is_none();
        // A result that is asked for anew takes the place of the old one.
        shared.may_replace.set(!is_asked_for);
        if !is_asked_for && !sharing.mode.writes() {
            return Ok(false);
        }
        prepared.store.release_read_lock();
        let Some(exchange) = Exchange::begin(self, shared, prepared.store.directory()) else {
            return Ok(false);
        };
        if !is_asked_for {
            // The result will say when the run ended, by the clock of the remote. A later clearing counts for it.
            shared.names.first().inspect(|name| exchange.hear_clearing(name));
            return Ok(false);
        }
        let mut reason = None;
        for (namespace, name) in shared.namespaces.iter().zip(&shared.names) {
            let Some(object) = exchange.get(name)? else { continue };
            match self.use_first(shared, &exchange, prepared, (namespace, name), object)? {
                Ok(()) => {
                    // If it is too old a moment later, the command runs, and that result takes its place.
                    shared.may_replace.set(true);
                    return Ok(true);
                }
                Err(unused) => {
                    reason = Some(unused.reason);
                    // Nothing is given under the names of other namespaces.
                    if shared.names.first() == Some(name) {
                        shared.may_replace.set(unused.may_be_replaced);
                    }
                }
            }
        }
        match reason {
            Some(reason) => self.notices.detail(&format_args!("remote: miss: {reason}")),
            None => self.notices.detail(&"remote: miss"),
        }
        Ok(false)
    }

    /// Finds out what this call has to know to share its result, before standard input is left to a run in the background.
    pub(in crate::call) fn prepare_to_share(&self, prepared: &Prepared) {
        if let Some(sharing) = &self.request.sharing {
            self.shared_call(sharing, prepared);
        }
    }

    /// Why the remote is not asked, whatever it has.
    pub(super) fn why_not_asked(&self, sharing: &Sharing) -> Option<&'static str> {
        let policy = &self.request.policy;
        if !sharing.mode.reads() {
            Some("--remote-mode is write")
        } else if self.request.execution == Execution::InBackground {
            Some("--warm is set")
        } else if policy.refresh {
            Some("--refresh is set")
        } else {
            (policy.ttl == Lifetime::ZERO).then_some("--ttl is 0")
        }
    }

    /// Says why the remote is not asked, if this call shares anything.
    pub(in crate::call) fn tell_not_asked(&self, reason: &str) {
        if self.request.sharing.is_some() {
            self.notices.detail(&format_args!("remote: not asked: {reason}"));
        }
    }

    /// Stores the result that was found under a first name, or to which the marker there leads. The inner error says why
    /// not.
    fn use_first(
        &self,
        shared: &SharedCall,
        exchange: &Exchange<'_>,
        prepared: &mut Prepared,
        (namespace, name): (&Namespace, &ObjectName),
        object: File,
    ) -> Result<Result<(), UnusedObject>, AskingFault> {
        let object = match verified(shared, name, object) {
            Ok(object) => object,
            Err(unused) => return Ok(Err(unused)),
        };
        if object.kind != ObjectKind::Marker {
            return Ok(self.arrive(shared, prepared, object, ExpectedResult::default()));
        }
        let marker = match Marker::read(object) {
            Ok(marker) => marker,
            Err(fault) => return Ok(Err(fault.into())),
        };
        shared.cleared.set(shared.cleared.get().max(marker.cleared));
        shared.has_marker.set(shared.has_marker.get() || shared.names.first() == Some(name));
        let routed = self.follow(shared, exchange, prepared, namespace, marker)?;
        let Some(RoutedObject { name, object, expected }) = routed else {
            let reason = "there is none for these inputs".to_owned();
            return Ok(Err(UnusedObject { reason, may_be_replaced: false }));
        };
        let object = verified(shared, &name, object);
        Ok(object.and_then(|object| self.arrive(shared, prepared, object, expected)))
    }
}

fn verified(
    shared: &SharedCall,
    name: &ObjectName,
    object: File,
) -> Result<SealedObject, UnusedObject> {
    SealedObject::verify(object, name, &shared.secrets).map_err(|fault| {
        let is_refused = matches!(fault, Unverified::Refused(_));
        let unused = UnusedObject::from(fault);
        if !is_refused {
            return unused;
        }
        shared.count(|uses| uses.refused += 1);
        let reason = format!("what the remote has is refused: {}", unused.reason);
        UnusedObject { reason, ..unused }
    })
}
