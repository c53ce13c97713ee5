//! `cachex explain`: hit or miss, and why: each part of the key, and how it differs from the nearest entry.

use super::answer::print;
use super::explain_sharing;
use super::json::{self, json, object};
use super::key_parts::{INDENT, ShownPart, rows};
use super::option_value::{set_by_files, shown_value};
use super::screen::Screen;
use crate::call::{Call, Forecast, Nearest, Prepared, SharingForecast, find_program};
use crate::error::Error;
use crate::hex::Hex;
use crate::key::{Difference, KeyPart, StoredPart};
use crate::options::{Asked, ExplainOptions, Untrusted};
use crate::store::StoreError;
use crate::terminal::Notices;
use serde::Serialize;

/// Prints what a run of this request would do. It runs only the commands of `--hash-with`, and takes nothing from
/// standard input.
///
/// # Errors
/// When there is no such command, or the store fails.
pub fn run(asked: Asked, options: &ExplainOptions, notices: &Notices) -> Result<(), Error> {
    let untrusted = asked.findings.untrusted.clone();
    let (request, directory) = asked.into_request(notices);
    let program = find_program(&request)?;
    let call = Call::new(&request, &program, notices).only_looking();
    let sharing =
        |prepared: Option<&Prepared>| explain_sharing::forecast(&request, &call, prepared);
    let mut explanation = if request.no_cache {
        Explanation::without_key(call.forecast_uncached("cachex is switched off"))
    } else {
        match call.prepare(directory) {
            Ok(prepared) => Explanation {
                sharing: sharing(Some(&prepared)),
                ..Explanation::new(&call, &prepared)
                    .map_err(|fault| Error::Failed(fault.to_string()))?
            },
            Err(fault) => {
                let notes = untrusted.as_ref().map(would_set).unwrap_or_default();
                Explanation { notes, ..Explanation::without_key(call.forecast_uncached(fault)) }
            }
        }
    };
    if explanation.key.is_none() {
        explanation.sharing = sharing(None);
    }
    print(&if options.json {
        json(&explanation.for_json())?
    } else {
        explanation.tell(Screen::own())
    })
}

/// Notes on the options that an untrusted file would set.
fn would_set(file: &Untrusted) -> Vec<String> {
    let notes = set_by_files(&file.layer).map(|(option, given, place)| {
        let value = shown_value(given);
        format!("if it were trusted, {place} would set {} to {value}", option.name())
    });
    notes.collect()
}

#[derive(Debug)]
struct Explanation {
    forecast: Forecast,
    /// Hints at likely mistakes.
    notes: Vec<String>,
    /// `None` where nothing can be cached.
    key: Option<String>,
    parts: Vec<ShownPart>,
    nearest: Option<Nearest>,
    /// How it shares its result; `None` if no option speaks of that.
    sharing: Option<SharingForecast>,
}

impl Explanation {
    fn new(call: &Call<'_>, prepared: &Prepared) -> Result<Self, StoreError> {
        let Prepared { store, observation, .. } = prepared;
        let forecast = call.forecast(prepared);
        let parts = observation.fingerprint.parts();
        let keyed = store.keyed(&parts)?;
        // With a plain digest of the key, secret parts of it could be guessed and checked.
        let key = observation.fingerprint.key().0.as_bytes().to_vec();
        let key = store.keyed(&[KeyPart::new("key", key)])?;
        let is_hit = forecast.verdict == "hit";
        let nearest =
            if is_hit { None } else { Nearest::find_with_inputs(call, prepared, &keyed)? };
        let part =
            |(KeyPart { name, shown, .. }, StoredPart { digest, .. }): (KeyPart, &StoredPart)| {
                ShownPart {
                    name: observation.name_as_typed(&name),
                    digest: Hex(digest).to_string(),
                    value: shown,
                }
            };
        Ok(Self {
            forecast,
            notes: call.notes(observation),
            key: key.first().map(|part| Hex(&part.digest).to_string()),
            parts: parts.into_iter().zip(&keyed).map(part).collect(),
            nearest,
            sharing: None,
        })
    }

    /// The explanation where nothing can be cached.
    fn without_key(forecast: Forecast) -> Self {
        Self {
            forecast,
            notes: Vec::new(),
            key: None,
            parts: Vec::new(),
            nearest: None,
            sharing: None,
        }
    }

    fn tell(&self, screen: Screen) -> String {
        let Self { forecast, notes, key, parts, nearest, sharing } = self;
        let Forecast { verdict, reason, then } = forecast;
        let mut lines = vec![format!("{verdict}: {reason}"), format!("then: {then}")];
        lines.extend(nearest.as_ref().map(|it| format!("nearest: {}", it.tell())));
        lines.extend(sharing.iter().flat_map(explain_sharing::lines));
        lines.extend(notes.iter().map(|note| format!("note: {note}")));
        for line in &mut lines {
            *line = screen.wrap(line, INDENT);
        }
        lines.extend(key.iter().map(|key| format!("key {key}")));
        lines.extend(rows(parts, screen));
        if let Some(SharingForecast::Yes(sharing)) = sharing {
            lines.push(format!("shared as {}", sharing.name));
            lines.extend(rows(&explain_sharing::parts(sharing), screen));
        }
        lines.join("\n") + "\n"
    }

    fn for_json(&self) -> impl Serialize {
        let difference = |it: &Difference| format!("{} {}", json::text(&it.name), it.what);
        let nearest = |nearest: &Nearest| {
            object! {
                id: nearest.id,
                age: nearest.age.map(json::seconds),
                differences: nearest.differences.iter().map(difference).collect::<Vec<_>>(),
            }
        };
        object! {
            verdict: self.forecast.verdict,
            reason: &self.forecast.reason,
            then: &self.forecast.then,
            notes: &self.notes,
            key: &self.key,
            parts: self.parts.iter().map(ShownPart::for_json).collect::<Vec<_>>(),
            nearest: self.nearest.as_ref().map(nearest),
            sharing: self.sharing.as_ref().map(explain_sharing::for_json),
        }
    }
}
