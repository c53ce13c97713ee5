//! Foresees for `explain` what a call would share, without any request to the remote.

use super::exchange::left_alone;
use crate::call::context::Call;
use crate::call::prepare::Prepared;
use crate::call::remote_state::SharedCall;
use crate::call::sharing_forecast::{ForeseenPart, ForeseenSharing, SharingForecast};
use crate::key::{Fingerprint, KeyPart};
use crate::options::{Execution, Sharing};
use crate::remote::breaker::{Breaker, RemoteDirection};
use crate::remote::{MentionSearch, PlatformFacts, SharedProject, part_digest, portable_parts};
use crate::time::Timestamp;

impl Call<'_> {
    /// What this call would share by these settings.
    pub fn forecast_sharing(&self, sharing: &Sharing, prepared: &Prepared) -> SharingForecast {
        let shared = match self.know(sharing, prepared) {
            Ok(shared) => shared,
            Err(reason) => return SharingForecast::No(reason),
        };
        let outage = |direction| {
            let directory = prepared.store.directory();
            let breaker = Breaker::new(directory, &shared.transfer.access.url, direction);
            breaker.outage(Timestamp::now()).map(left_alone)
        };
        let not_asked = self.why_not_stored(&prepared.store);
        let not_asked = not_asked.or_else(|| self.why_not_asked(sharing)).map(str::to_owned);
        SharingForecast::Yes(Box::new(ForeseenSharing {
            remote: shared.transfer.access.url.to_string(),
            namespaces: std::iter::once(&sharing.namespace).chain(&sharing.read).cloned().collect(),
            not_asked: not_asked.or_else(|| outage(RemoteDirection::Read)),
            timeout: sharing.timeout,
            not_given: self.why_not_given(sharing, &shared, prepared),
            waits: outage(RemoteDirection::Write),
            min_time: sharing.min_time,
            is_bare: is_bare(&prepared.observation.fingerprint),
            name: shared.names.first().map(ToString::to_string).unwrap_or_default(),
            parts: foreseen_parts(sharing, &shared, prepared),
        }))
    }

    fn why_not_given(
        &self,
        sharing: &Sharing,
        shared: &SharedCall,
        prepared: &Prepared,
    ) -> Option<String> {
        let not_run = self.request.execution == Execution::Never;
        let not_run = not_run.then_some("--only-if-cached is set");
        if let Some(reason) = not_run.or_else(|| self.why_not_stored(&prepared.store)) {
            return Some(reason.to_owned());
        }
        if !sharing.mode.writes() {
            return Some("--remote-mode is read".to_owned());
        }
        if !shared.secrets.may_write() {
            return Some("this machine has no CACHEX_REMOTE_SIGN_KEY".to_owned());
        }
        // What it wrote the last time, it will probably write again.
        let last = prepared.variants.first()?;
        let body = prepared.store.output(last).ok()??;
        let mut searches = [(); 2].map(|()| MentionSearch::new(shared.places.iter().cloned()));
        let all = body.for_each_chunk(|stream, bytes| {
            searches[stream as usize].look(bytes);
            Ok(())
        });
        let is_named = all.is_ok() && searches.iter().any(MentionSearch::is_found);
        is_named.then(|| {
            let id = last.id;
            format!("the output of entry {id} names the directory of the project or of the user")
        })
    }
}

/// Whether no option names an input.
fn is_bare(fingerprint: &Fingerprint) -> bool {
    let Fingerprint { files, variables, variable_globs, trace, .. } = fingerprint;
    files.is_empty() && variables.is_empty() && variable_globs.is_empty() && trace.is_none()
}

fn foreseen_parts(
    sharing: &Sharing,
    shared: &SharedCall,
    prepared: &Prepared,
) -> Vec<ForeseenPart> {
    let fingerprint = &prepared.observation.fingerprint;
    let logical = fingerprint.directory.as_ref().and_then(|it| it.logical.as_deref());
    let here = std::env::current_dir().ok();
    let project = here.and_then(|here| SharedProject::of(&here, logical));
    let platform = PlatformFacts::of_process(sharing.platform.as_deref());
    let parts = project
        .and_then(|project| portable_parts(fingerprint, &project, &platform, &sharing.epoch).ok());
    let foreseen = |part: KeyPart| ForeseenPart {
        digest: part_digest(&shared.secrets, &part),
        name: prepared.observation.name_as_typed(&part.name),
        value: part.shown,
    };
    let stdin = KeyPart::new("standard input", shared.stdin.clone());
    parts.unwrap_or_default().into_iter().chain([stdin]).map(foreseen).collect()
}
