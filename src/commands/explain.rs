//! `cachex explain`: hit or miss, and why: each part of the key, and how it differs from the nearest entry.

use super::answer::print;
use super::json::{self, json, object};
use super::option_value::{set_by_files, shown_value};
use super::screen::{Screen, padded};
use crate::call::{Call, Forecast, Nearest, Prepared, find_program};
use crate::error::Error;
use crate::hex::Hex;
use crate::key::{Difference, KeyPart, StoredPart};
use crate::options::{Asked, ExplainOptions, Untrusted};
use crate::store::StoreError;
use crate::terminal::{Notices, escape_os};
use console::measure_text_width;
use serde::Serialize;
use std::ffi::OsString;

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
    let explanation = if request.no_cache {
        Explanation::without_key(call.forecast_uncached("cachex is switched off"))
    } else {
        match call.prepare(directory) {
            Ok(prepared) => Explanation::new(&call, &prepared)
                .map_err(|fault| Error::Failed(fault.to_string()))?,
            Err(fault) => {
                call.warn_uncached(&fault);
                let notes = untrusted.as_ref().map(would_set).unwrap_or_default();
                Explanation { notes, ..Explanation::without_key(call.forecast_uncached(fault)) }
            }
        }
    };
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
}

/// The indent of wrapped lines.
const INDENT: usize = 4;

#[derive(Debug)]
struct ShownPart {
    name: OsString,
    digest: String,
    value: Option<OsString>,
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
        })
    }

    /// The explanation where nothing can be cached.
    fn without_key(forecast: Forecast) -> Self {
        Self { forecast, notes: Vec::new(), key: None, parts: Vec::new(), nearest: None }
    }

    fn tell(&self, screen: Screen) -> String {
        let Self { forecast: Forecast { verdict, reason, then }, notes, key, parts, nearest } =
            self;
        let first = [format!("{verdict}: {reason}"), format!("then: {then}")];
        let mut lines = first.map(|line| screen.wrap(&line, INDENT)).to_vec();
        lines.extend(
            nearest.as_ref().map(|it| screen.wrap(&format!("nearest: {}", it.tell()), INDENT)),
        );
        lines.extend(notes.iter().map(|note| screen.wrap(&format!("note: {note}"), INDENT)));
        lines.extend(key.iter().map(|key| format!("key {key}")));
        let names = parts.iter().map(|part| escape_os(&part.name)).collect::<Vec<_>>();
        let width = screen.column(&names);
        for (name, ShownPart { digest, value, .. }) in names.iter().zip(parts) {
            let before = format!("  {}  {digest}  ", padded(name, width));
            let is_long = measure_text_width(name) > width;
            let indent = if is_long { INDENT } else { measure_text_width(&before) };
            let value = value.as_deref().map(escape_os).unwrap_or_default();
            lines.push(screen.wrap((before + &value).trim_end(), indent));
        }
        lines.join("\n") + "\n"
    }

    fn for_json(&self) -> impl Serialize {
        let part = |ShownPart { name, digest, value }: &ShownPart| {
            object! {
                name: json::text(name),
                digest: digest.clone(),
                value: value.as_ref().map(json::text),
            }
        };
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
            parts: self.parts.iter().map(part).collect::<Vec<_>>(),
            nearest: self.nearest.as_ref().map(nearest),
        }
    }
}
