//! What `explain` says of sharing a result with other machines.

use super::json::object;
use super::key_parts::ShownPart;
use crate::call::{Call, ForeseenPart, ForeseenSharing, Prepared, SharingForecast};
use crate::hex::Hex;
use crate::options::Request;
use crate::time::brief;
use serde::Serialize;

/// Whether the call shares; `None` if no option speaks of it. `prepared` is missing where nothing can be cached.
pub(super) fn forecast(
    request: &Request,
    call: &Call<'_>,
    prepared: Option<&Prepared>,
) -> Option<SharingForecast> {
    match (&request.sharing, prepared) {
        (None, _) => request.not_shared.map(|reason| SharingForecast::No(reason.to_owned())),
        (Some(sharing), Some(prepared)) => Some(call.forecast_sharing(sharing, prepared)),
        (Some(_), None) => Some(SharingForecast::No("it is not cached".to_owned())),
    }
}

/// What is told before the parts of the key.
pub(super) fn lines(forecast: &SharingForecast) -> Vec<String> {
    let sharing = match forecast {
        SharingForecast::No(reason) => return vec![format!("not shared: {reason}")],
        SharingForecast::Yes(sharing) => sharing,
    };
    let ForeseenSharing { remote, namespaces, timeout, min_time, .. } = &**sharing;
    let others = match &namespaces[..] {
        [_, others @ ..] if !others.is_empty() => {
            format!(", looked for in {} too", others.join(", "))
        }
        _ => String::new(),
    };
    let main = namespaces.first().map_or("", String::as_str);
    let asked = match &sharing.not_asked {
        Some(reason) => format!("not asked: {reason}"),
        None => format!("asked: after a local miss, for {} at most", brief(*timeout)),
    };
    let waits = |reason| format!("; it waits: {reason}");
    let given = if let Some(reason) = &sharing.not_given {
        format!("not given: {reason}")
    } else {
        let waits = sharing.waits.as_ref().map(waits).unwrap_or_default();
        format!("given: the result of a run of {} or more{waits}", brief(*min_time))
    };
    let place = format!("shared: by {remote} in namespace {main}{others}");
    let mut lines = vec![place, asked, given];
    if sharing.is_bare {
        lines.push(format!("note: {BARE}"));
    }
    lines
}

/// What may go wrong if no option names an input.
const BARE: &str = "shared by its words and code alone; name what else it depends on with --file, \
                    --env or --trace";

/// By which other machines find the result.
pub(super) fn parts(sharing: &ForeseenSharing) -> Vec<ShownPart> {
    let shown = |ForeseenPart { name, digest, value }: &ForeseenPart| ShownPart {
        name: name.clone(),
        digest: Hex(digest).to_string(),
        value: value.clone(),
    };
    sharing.parts.iter().map(shown).collect()
}

pub(super) fn for_json(forecast: &SharingForecast) -> impl Serialize + use<> {
    let (reason, sharing) = match forecast {
        SharingForecast::No(reason) => (Some(reason.clone()), None),
        SharingForecast::Yes(sharing) => (None, Some(sharing)),
    };
    let json_parts = |sharing: &ForeseenSharing| {
        parts(sharing).iter().map(ShownPart::for_json).collect::<Vec<_>>()
    };
    object! {
        shared: sharing.is_some(),
        reason: reason,
        remote: sharing.map(|it| it.remote.clone()),
        namespaces: sharing.map(|it| it.namespaces.clone()),
        not_asked: sharing.and_then(|it| it.not_asked.clone()),
        not_given: sharing.and_then(|it| it.not_given.clone()),
        words_and_code_alone: sharing.map(|it| it.is_bare),
        name: sharing.map(|it| it.name.clone()),
        parts: sharing.map(|it| json_parts(it)),
    }
}
