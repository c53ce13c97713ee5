//! The output files of an entry, as `show` prints them: a list of all, or the content of one, byte for byte. The files
//! that lie in the working directory now do not matter.

use super::answer::printed;
use super::json::{self, object};
use super::screen::{Screen, Tone};
use super::table::Table;
use crate::content::has_content;
use crate::error::Error;
use crate::outputs::{OutputEntry, OutputKind, OutputManifest};
use crate::recording::ContentDigest;
use crate::size::Size;
use crate::terminal::{Stream, escape_words};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The most paths that an error names.
const MOST_NAMED: usize = 10;

const PIECE: usize = 64 << 10;

/// A table of the outputs.
pub(super) fn in_full(outputs: &OutputManifest, screen: Screen) -> String {
    let mut table = Table::facts();
    for OutputEntry { path, kind } in outputs.entries() {
        let (size, target) = match kind {
            OutputKind::File { size, .. } => (Size(*size).to_string(), String::new()),
            OutputKind::Link { target } => {
                (String::new(), format!(" -> {}", escape_words([target])))
            }
            OutputKind::Directory { .. } => (String::new(), String::new()),
        };
        let path = escape_words([path]) + &target;
        table.push(Tone::Plain, [String::new(), name_of(kind).to_owned(), size, path]);
    }
    format!("\noutputs\n{}", table.render(screen))
}

/// An output as JSON.
pub(super) fn json_of(OutputEntry { path, kind }: &OutputEntry) -> impl Serialize + use<> {
    object! {
        path: json::text(path),
        kind: name_of(kind),
        size: match kind {
            OutputKind::File { size, .. } => Some(*size),
            _ => None,
        },
        executable: kind.is_executable(),
        target: match kind {
            OutputKind::Link { target } => Some(json::text(target)),
            _ => None,
        },
    }
}

fn name_of(kind: &OutputKind) -> &'static str {
    match kind {
        OutputKind::File { .. } => "file",
        OutputKind::Link { .. } => "link",
        OutputKind::Directory { .. } => "directory",
    }
}

/// The digest and the size of the file at this path.
pub(super) fn content_at(
    outputs: Option<&OutputManifest>,
    path: &Path,
) -> Result<(ContentDigest, u64), Error> {
    let path = path.strip_prefix(".").unwrap_or(path);
    let problem = match outputs.and_then(|outputs| outputs.get(path)).map(|entry| &entry.kind) {
        Some(OutputKind::File { digest, size, .. }) => return Ok((*digest, *size)),
        Some(OutputKind::Link { target }) => format!("is a link to {}", escape_words([target])),
        Some(OutputKind::Directory { .. }) => "is a directory".to_owned(),
        None => format!("is no output of this entry; {}", outputs_there_are(outputs)),
    };
    Err(Error::Failed(format!("{} {problem}", escape_words([path]))))
}

fn outputs_there_are(outputs: Option<&OutputManifest>) -> String {
    let Some(outputs) = outputs else { return "it has none".to_owned() };
    let named = outputs.entries().iter().take(MOST_NAMED).map(|entry| escape_words([&entry.path]));
    let named = named.collect::<Vec<_>>().join(", ");
    match outputs.entries().len().saturating_sub(MOST_NAMED) {
        0 => format!("it has {named}"),
        more => format!("it has {named} and {more} more"),
    }
}

/// Prints the content of an output. Nothing is printed if it is damaged.
pub(super) fn print_content(
    opened: io::Result<Option<File>>,
    (digest, size): (ContentDigest, u64),
) -> Result<(), Error> {
    let damaged = || Error::Failed("the stored output is missing or damaged".to_owned());
    let unreadable = |error| Error::Failed(format!("cannot read the stored output: {error}"));
    let mut file = opened.map_err(unreadable)?.ok_or_else(damaged)?;
    if !has_content(&file, digest, size).map_err(unreadable)? {
        return Err(damaged());
    }
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece).map_err(unreadable)?;
        if length == 0 {
            return Ok(());
        }
        match Stream::Stdout.write_all(&piece[..length]) {
            Ok(()) => {}
            failed => return printed(failed),
        }
    }
}
