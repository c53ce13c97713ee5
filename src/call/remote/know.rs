//! What a call has to know to share its result: its project, keys, names and remote.

use super::stdin_class::class_of;
use crate::call::context::Call;
use crate::call::prepare::Prepared;
use crate::call::remote_state::SharedCall;
use crate::home;
use crate::inputs::PortablePlaces;
use crate::options::Sharing;
use crate::remote::child::Transfer;
use crate::remote::{Namer, Namespace, PlatformFacts, SharedProject, portable_key};
use std::cell::RefCell;
use std::os::unix::ffi::OsStringExt as _;

impl Call<'_> {
    /// What this call knows of its remote; `None` if it shares nothing.
    pub(super) fn shared_call(
        &self,
        sharing: &Sharing,
        prepared: &Prepared,
    ) -> Option<&SharedCall> {
        let make = || match self.find_out(sharing, prepared) {
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

    /// The same, or why there is nothing to know.
    pub(super) fn know(
        &self,
        sharing: &Sharing,
        prepared: &Prepared,
    ) -> Result<SharedCall, String> {
        self.find_out(sharing, prepared).map_err(|not| match not {
            NotShared::Reason(text) | NotShared::Fault(text) => text,
        })
    }

    fn find_out(&self, sharing: &Sharing, prepared: &Prepared) -> Result<SharedCall, NotShared> {
        let reason = |reason: &str| NotShared::Reason(reason.to_owned());
        let fault = |fault: &dyn std::fmt::Display| NotShared::Fault(fault.to_string());
        let stdin = class_of(&prepared.stdin, self.request.stdin)
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
        let secrets = sharing.keys().map_err(NotShared::Fault)?;
        let namespaces = std::iter::once(&sharing.namespace).chain(&sharing.read);
        let namespaces: Vec<Namespace> = namespaces
            .map(|namespace| namespace.parse().map_err(NotShared::Fault))
            .collect::<Result<_, _>>()?;
        let name = |namespace| Namer::new(&secrets, namespace).first(key, &stdin);
        let names = namespaces.iter().map(name).collect();
        let terms = self.trace_terms(&prepared.store, &prepared.observation);
        let traced = terms.map_err(|error| fault(&error))?.map(|terms| {
            let places = PortablePlaces::new(&project.root, &terms, home::directory().as_deref());
            (terms, places)
        });
        let access = sharing.access().map_err(NotShared::Fault)?;
        let roots = [Some(project.root.clone()), project.logical_root, home::directory()];
        let places = roots.into_iter().flatten().map(|root| root.into_os_string().into_vec());
        Ok(SharedCall {
            transfer: Transfer::new(access, sharing.timeout),
            time_left: sharing.timeout.into(),
            names,
            stdin,
            places: places.collect(),
            may_replace: false.into(),
            has_marker: false.into(),
            cleared: None.into(),
            clock_ahead: None.into(),
            namespaces,
            key,
            traced,
            asked: RefCell::default(),
            outgoing: RefCell::default(),
            min_time: sharing.min_time,
            uses: std::cell::Cell::default(),
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
