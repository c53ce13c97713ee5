//! `cachex explain`: hit or miss, and why: each part of the key, and what differs from what is stored.

use super::json::{self, json};
use super::printed;
use super::run::{Call, Miss, Nearest, Prepared, in_full};
use super::table::{Look, padded};
use crate::error::Error;
use crate::key::{Difference, Doubt, Hex, Observation, Part, StoredPart};
use crate::settings::Request;
use crate::store::Store;
use crate::terminal::{Notices, escape_os, print};
use crate::time::{Timestamp, brief};
use console::measure_text_width;
use serde::Serialize;
use std::ffi::OsString;
use std::path::Path;

/// Says what a run of this request would do. Only `--hash-with` commands run, and nothing is taken from
/// standard input.
///
/// # Errors
/// When there is no such command, or the cache cannot be used for it.
pub fn run(
    request: &Request,
    directory: Result<&Path, String>,
    notices: &Notices,
    as_json: bool,
) -> Result<(), Error> {
    let program = super::run::find_program(request)?;
    if request.no_cache {
        return Err(Error::Failed(
            "cachex is switched off: the command would run as it is".to_owned(),
        ));
    }
    let call = Call::new(request, &program, notices).only_looking();
    let unusable = || Error::Failed("the command would run uncached".to_owned());
    let prepared = call.prepare(directory).ok_or_else(unusable)?;
    let Prepared { store, observation, variants, stdin } = prepared;
    let (is_hit, reason) = match call.choose(&store, variants, &stdin) {
        Ok(hit) => {
            let age = hit.entry.created.age_at(Timestamp::now()).map(brief).unwrap_or_default();
            let stale = if hit.is_stale { ", stale: it would be renewed" } else { "" };
            (true, format!("stored {age} ago as entry {}{stale}", hit.entry.id))
        }
        Err(Miss { reason, .. }) => (false, in_full(&store, &observation, &reason)),
    };
    let explanation = Explanation::new(&call, &store, &observation, is_hit, reason)
        .map_err(|fault| Error::Failed(fault.to_string()))?;
    printed(print(&if as_json {
        json(&explanation.for_json())?
    } else {
        explanation.tell(Look::own())
    }))
}

#[derive(Debug)]
struct Explanation {
    verdict: &'static str,
    reason: String,
    /// What may not have been meant so.
    notes: Vec<String>,
    key: String,
    parts: Vec<ShownPart>,
    nearest: Option<Nearest>,
}

/// So far in goes on what is too long for a line.
const INDENT: usize = 4;

#[derive(Debug)]
struct ShownPart {
    name: OsString,
    digest: String,
    value: Option<OsString>,
}

impl Explanation {
    fn new(
        call: &Call<'_>,
        store: &Store,
        observation: &Observation,
        is_hit: bool,
        reason: String,
    ) -> Result<Self, crate::store::StoreError> {
        let parts = observation.fingerprint.parts();
        let keyed = store.keyed(&parts)?;
        // A plain digest of everything would be an oracle for each of its parts.
        let key = observation.fingerprint.key().0.as_bytes().to_vec();
        let key = store.keyed(&[Part::new("key", key)])?;
        let nearest = if is_hit { None } else { Nearest::find(call, store, observation, &keyed)? };
        let part = |(Part { name, shown, .. }, StoredPart { digest, .. }): (Part, &StoredPart)| {
            ShownPart {
                name: observation.name_as_typed(&name),
                digest: Hex(digest).to_string(),
                value: shown,
            }
        };
        Ok(Self {
            verdict: if is_hit { "hit" } else { "miss" },
            reason,
            notes: observation.doubts().iter().map(Doubt::to_string).collect(),
            key: key.iter().map(|part| Hex(&part.digest).to_string()).collect(),
            parts: parts.into_iter().zip(&keyed).map(part).collect(),
            nearest,
        })
    }

    fn tell(&self, look: Look) -> String {
        let Self { verdict, reason, notes, key, parts, nearest } = self;
        let mut lines = vec![look.wrap(&format!("{verdict}: {reason}"), INDENT)];
        lines.extend(
            nearest.as_ref().map(|it| look.wrap(&format!("nearest: {}", it.tell()), INDENT)),
        );
        lines.extend(notes.iter().map(|note| look.wrap(&format!("note: {note}"), INDENT)));
        lines.push(format!("key {key}"));
        let names = parts.iter().map(|part| escape_os(&part.name)).collect::<Vec<_>>();
        let width = look.column(&names);
        for (name, ShownPart { digest, value, .. }) in names.iter().zip(parts) {
            let before = format!("  {}  {digest}  ", padded(name, width));
            let is_long = measure_text_width(name) > width;
            let indent = if is_long { INDENT } else { measure_text_width(&before) };
            let value = value.as_deref().map(escape_os).unwrap_or_default();
            lines.push(look.wrap((before + &value).trim_end(), indent));
        }
        lines.join("\n") + "\n"
    }

    fn for_json(&self) -> JsonExplanation<'_> {
        let part = |ShownPart { name, digest, value }: &ShownPart| JsonPart {
            name: json::text(name),
            digest: digest.clone(),
            value: value.as_ref().map(json::text),
        };
        let difference = |it: &Difference| format!("{} {}", json::text(&it.name), it.what);
        let nearest = |nearest: &Nearest| JsonNearest {
            id: nearest.id,
            age: nearest.age.map(json::seconds),
            differences: nearest.differences.iter().map(difference).collect(),
        };
        JsonExplanation {
            verdict: self.verdict,
            reason: &self.reason,
            notes: &self.notes,
            key: &self.key,
            parts: self.parts.iter().map(part).collect(),
            nearest: self.nearest.as_ref().map(nearest),
        }
    }
}

/// The explanation as JSON: these names stay.
#[derive(Debug, Serialize)]
struct JsonExplanation<'e> {
    verdict: &'static str,
    reason: &'e str,
    notes: &'e [String],
    key: &'e str,
    parts: Vec<JsonPart>,
    nearest: Option<JsonNearest>,
}

#[derive(Debug, Serialize)]
struct JsonPart {
    name: String,
    digest: String,
    value: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonNearest {
    id: i64,
    age: Option<f64>,
    differences: Vec<String>,
}
