//! The output of `--json`.
//!
//! Texts are printed as they are, with U+FFFD in place of bytes that are not UTF-8. Times are seconds, to the
//! millisecond.

use super::answer::{print, print_more};
use crate::error::Error;
use crate::terminal::is_unseen;
use crate::time::Timestamp;
use serde::Serialize;
use std::ffi::OsStr;
use std::fmt::Write;
use std::time::Duration;

/// An object with these fields, in this order. Their names are stable.
macro_rules! object {
    ($($name:ident: $value:expr),+ $(,)?) => {{
        #[allow(non_camel_case_types, reason = "the type of each field has its name")]
        mod object {
            #[derive(serde::Serialize)]
            pub struct Object<$($name),+> {
                $(pub $name: $name),+
            }
        }
        object::Object { $($name: $value),+ }
    }};
}
pub(super) use object;

/// A value as JSON. Characters that a terminal would act on are escaped too, although JSON does not require it.
pub(super) fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    let plain = serde_json::to_string_pretty(value);
    let plain = plain.map_err(|error| Error::Failed(error.to_string()))?;
    let mut shown = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        // Such a character is inside a string, unless it is a newline. Each of them can be written with four digits.
        if c != '\n' && is_unseen(c) {
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown.push('\n');
    Ok(shown)
}

/// Prints a value that ends in an empty array, with items in that array. They come in parts, so that a long array takes
/// little memory.
pub(super) fn print_long<T: Serialize>(
    frame: &impl Serialize,
    parts: impl Iterator<Item = Result<Vec<T>, Error>>,
) -> Result<(), Error> {
    let frame = json(frame)?;
    let (head, tail) = frame.rsplit_once(']').unwrap_or((&frame, ""));
    let indent = if head == "[" { "\n" } else { "\n  " };
    let mut before = head;
    for part in parts {
        let array = json(&part?)?;
        let items = array.strip_prefix('[').and_then(|it| it.strip_suffix("\n]\n"));
        let Some(items) = items else { continue };
        if !print_more(&[before, &items.replace('\n', indent)].concat())? {
            return Ok(());
        }
        before = ",";
    }
    // Perhaps all of them were removed meanwhile.
    print(&if before == "," { format!("{indent}]{tail}") } else { frame })
}

pub(super) fn text(text: impl AsRef<OsStr>) -> String {
    text.as_ref().to_string_lossy().into_owned()
}

pub(super) fn texts<T: AsRef<OsStr>>(texts: &[T]) -> Vec<String> {
    texts.iter().map(text).collect()
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of a life fit into 52 bits")]
pub(super) fn seconds(duration: Duration) -> f64 {
    duration.as_millis() as f64 / 1000.0
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of a date fit into 52 bits")]
pub(super) fn date(at: Timestamp) -> f64 {
    at.as_millis() as f64 / 1000.0
}
