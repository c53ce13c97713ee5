//! Asking the remote for a result that is not in the local store.

use super::stdin_class::class_of;
use crate::call::context::Call;
use crate::call::prepare::Prepared;
use crate::call::remote_state::SharedCall;
use crate::home;
use crate::options::Sharing;
use crate::remote::access::access_of_process;
use crate::remote::breaker::{Breaker, BreakerPermit, RemoteDirection};
use crate::remote::child::{RemoteAnswer, RemoteOperation, Transfer};
use crate::remote::engine::RemoteFault;
use crate::remote::{
    Namer, Namespace, ObjectName, PlatformFacts, SealedObject, Secrets, SharedProject, Unverified,
    portable_key,
};
use crate::time::{Lifetime, Timestamp};
use std::fs::File;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

/// More than what a result holds: heads, tags, and what compression may add.
const OVERHEAD: u64 = 32 << 20;

impl Call<'_> {
    /// Fills the local store with a result of another machine. Whether there was one. The caller holds the claim.
    pub(in crate::call) fn fetch_shared(&self, prepared: &mut Prepared) -> bool {
        let Some(sharing) = &self.request.sharing else { return false };
        let Some(shared) = self.shared_call(sharing, prepared) else { return false };
        let policy = &self.request.policy;
        if !sharing.mode.reads() || policy.refresh || policy.ttl == Lifetime::ZERO {
            // A result that is asked for anew takes the place of the old one.
            shared.may_replace.set(true);
            return false;
        }
        prepared.store.release_read_lock();
        let directory = prepared.store.directory().to_owned();
        let breaker = Breaker::new(&directory, &shared.transfer.access.url, RemoteDirection::Read);
        let permit = breaker.ask(Timestamp::now());
        if let BreakerPermit::Open { .. } = permit {
            self.notices.detail(&"the remote is left alone for a while, after a fault");
            return false;
        }
        for name in &shared.names {
            let object = match self.get(shared, name, &directory) {
                Ok(object) => object,
                Err(fault) => {
                    let begins = breaker.note_fault(permit, &fault, Timestamp::now());
                    let told = format!("the remote {}: {fault}", shared.transfer.access.url);
                    if begins || !fault.is_an_outage() {
                        self.notices.warn(&told);
                    } else {
                        self.notices.detail(&told);
                    }
                    return false;
                }
            };
            breaker.note_answer();
            let Some(object) = object else { continue };
            let arrived = match SealedObject::verify(object, name, &shared.secrets) {
                Ok(object) => self.arrive(shared, prepared, object),
                Err(Unverified::Refused(refusal)) => {
                    shared.may_replace.set(refusal.may_be_replaced());
                    Err(format!("what the remote has is refused: {refusal}"))
                }
                Err(fault) => Err(fault.to_string()),
            };
            match arrived {
                Ok(()) => return true,
                Err(reason) => self.notices.detail(&format_args!("not from the remote: {reason}")),
            }
        }
        false
    }

    /// The object of that name in a file without one; `None` if there is none.
    fn get(
        &self,
        shared: &SharedCall,
        name: &ObjectName,
        directory: &Path,
    ) -> Result<Option<File>, RemoteFault> {
        let file = tempfile::tempfile_in(directory).map_err(RemoteFault::local)?;
        let limits = self.pack_limits();
        let bound = limits.output.saturating_add(limits.files).saturating_add(OVERHEAD);
        let asked = Timestamp::now();
        match shared.transfer.run(name.as_str(), RemoteOperation::Get { bound }, &file)? {
            RemoteAnswer::Found { now, .. } => {
                // The clock was read between the question and the answer.
                let half = (Timestamp::now().as_millis() - asked.as_millis()) / 2;
                let ours = asked.as_millis().saturating_add(half);
                shared.clock_ahead.set(now.saturating_sub(ours));
                Ok(Some(file))
            }
            _ => Ok(None),
        }
    }

    /// What this call knows of its remote; `None` if it shares nothing.
    pub(super) fn shared_call(
        &self,
        sharing: &Sharing,
        prepared: &Prepared,
    ) -> Option<&SharedCall> {
        let make = || match self.make_shared_call(sharing, prepared) {
            Ok(shared) => Some(Box::new(shared)),
            Err(NotShared::Reason(reason)) => {
                self.notices.detail(&format_args!("not shared: {reason}"));
                None
            }
            Err(NotShared::Fault(fault)) => {
                self.notices.warn(&format_args!("{fault}; nothing is shared"));
                None
            }
        };
        self.remote.0.get_or_init(make).as_deref()
    }

    fn make_shared_call(
        &self,
        sharing: &Sharing,
        prepared: &Prepared,
    ) -> Result<SharedCall, NotShared> {
        let reason = |reason: &str| NotShared::Reason(reason.to_owned());
        let fault = |fault: &dyn std::fmt::Display| NotShared::Fault(fault.to_string());
        if self.request.key.trace.is_some() {
            return Err(reason("results of traced runs are not shared yet"));
        }
        let stdin = class_of(&prepared.stdin)
            .ok_or_else(|| reason("what the command takes from standard input cannot be seen"))?;
        let fingerprint = &prepared.observation.fingerprint;
        let here = std::env::current_dir().map_err(|error| fault(&error))?;
        let logical = fingerprint.directory.as_ref().and_then(|it| it.logical.as_deref());
        let project = SharedProject::of(&here, logical).ok_or_else(|| {
            reason("no directory above this one has a .cachex.toml or .git, which make a project")
        })?;
        let platform = PlatformFacts::of_process(sharing.platform.as_deref());
        let key = portable_key(fingerprint, &project, &platform, &sharing.epoch)
            .map_err(|not| NotShared::Reason(not.to_string()))?;
        let variable = |name: &str| std::env::var(name).ok();
        let secrets = Secrets::new(variable).map_err(|bad| fault(&bad))?;
        let name = |namespace: &String| {
            let namespace: Namespace = namespace.parse().map_err(NotShared::Fault)?;
            Ok(Namer::new(&secrets, &namespace).first(key, &stdin))
        };
        let namespaces = std::iter::once(&sharing.namespace).chain(&sharing.read);
        let names = namespaces.map(name).collect::<Result<_, NotShared>>()?;
        let access = access_of_process(&sharing.remote).map_err(NotShared::Fault)?;
        let roots = [Some(project.root.clone()), project.logical_root, home::directory()];
        let places = roots.into_iter().flatten().map(|root| root.into_os_string().into_vec());
        Ok(SharedCall {
            transfer: Transfer::new(access, sharing.timeout),
            names,
            stdin,
            places: places.collect(),
            may_replace: false.into(),
            clock_ahead: 0.into(),
            min_time: sharing.min_time,
            secrets,
        })
    }
}

/// Why a call shares nothing.
enum NotShared {
    /// It cannot be shared.
    Reason(String),
    /// Something is wrong with the settings or the machine.
    Fault(String),
}
