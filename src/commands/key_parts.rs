//! The parts of a key as `explain` shows them: a name, a digest, and the value where that may be shown.

use super::json::{self, object};
use super::screen::{Screen, padded};
use crate::terminal::escape_os;
use console::measure_text_width;
use serde::Serialize;
use std::ffi::OsString;

/// The indent of wrapped lines.
pub(super) const INDENT: usize = 4;

#[derive(Debug)]
pub(super) struct ShownPart {
    pub(super) name: OsString,
    pub(super) digest: String,
    pub(super) value: Option<OsString>,
}

impl ShownPart {
    pub(super) fn for_json(&self) -> impl Serialize + use<> {
        object! {
            name: json::text(&self.name),
            digest: self.digest.clone(),
            value: self.value.as_ref().map(json::text),
        }
    }
}

/// A line for each part.
pub(super) fn rows(parts: &[ShownPart], screen: Screen) -> Vec<String> {
    let names = parts.iter().map(|part| escape_os(&part.name)).collect::<Vec<_>>();
    let width = screen.column(&names);
    let row = |(name, ShownPart { digest, value, .. }): (&String, &ShownPart)| {
        let before = format!("  {}  {digest}  ", padded(name, width));
        let is_long = measure_text_width(name) > width;
        let indent = if is_long { INDENT } else { measure_text_width(&before) };
        let value = value.as_deref().map(escape_os).unwrap_or_default();
        screen.wrap((before + &value).trim_end(), indent)
    };
    names.iter().zip(parts).map(row).collect()
}
