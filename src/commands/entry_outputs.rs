//! The output files of an entry, as `show` prints them: a list of all, or the content of one, byte for byte. The files
//! that lie in the working directory now do not matter.

use super::answer::printed;
use super::json::{self, object};
use super::screen::{Screen, Tone};
use super::table::Table;
use crate::content::has_content;
use crate::entry::Entry;
use crate::error::Error;
use crate::outputs::{OutputEntry, OutputKind, OutputManifest};
use crate::recording::ContentDigest;
use crate::size::Size;
use crate::store::{Store, StoreError};
use crate::terminal::{Stream, escape_words};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The most paths that an error names.
const MOST_NAMED: usize = 10;

const PIECE: usize = 64 << 10;

/// The list of the output files of an entry.
pub(super) enum OutputList {
    None,
    Damaged,
    Of(OutputManifest),
}

impl OutputList {
    pub(super) fn read(store: &Store, entry: &Entry) -> Result<Self, StoreError> {
        if !store.has_outputs(entry)? {
            return Ok(Self::None);
        }
        let manifest = store.outputs(entry)?.as_deref().and_then(OutputManifest::decode);
        Ok(manifest.map_or(Self::Damaged, Self::Of))
    }

    /// What there is, for one line; `None` if there is nothing.
    pub(super) fn in_short(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Damaged => Some("they cannot be read: the entry is damaged".to_owned()),
            Self::Of(outputs) => Some(outputs.in_short()),
        }
    }

    /// The outputs; none if they cannot be read.
    pub(super) fn entries(&self) -> &[OutputEntry] {
        match self {
            Self::Of(outputs) => outputs.entries(),
            _ => &[],
        }
    }

    /// The digest and the size of the file at this path.
    pub(super) fn content_at(&self, path: &Path) -> Result<(ContentDigest, u64), Error> {
        let path = path.strip_prefix(".").unwrap_or(path);
        let found = self.entries().iter().find(|entry| Path::new(&entry.path) == path);
        let problem = match (self, found.map(|entry| &entry.kind)) {
            (_, Some(OutputKind::File { digest, size, .. })) => return Ok((*digest, *size)),
            (_, Some(OutputKind::Link { target })) => {
                format!("is a link to {}", escape_words([target]))
            }
            (_, Some(OutputKind::Directory { .. })) => "is a directory".to_owned(),
            (Self::Damaged, None) => "cannot be found: the entry is damaged".to_owned(),
            (_, None) => {
                format!("is no output of this entry; {}", outputs_there_are(self.entries()))
            }
        };
        Err(Error::Failed(format!("{} {problem}", escape_words([path]))))
    }
}

/// A table of the outputs.
pub(super) fn in_full(outputs: &[OutputEntry], screen: Screen) -> String {
    if outputs.is_empty() {
        return String::new();
    }
    let mut table = Table::facts();
    for OutputEntry { path, kind } in outputs {
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

fn outputs_there_are(outputs: &[OutputEntry]) -> String {
    if outputs.is_empty() {
        return "it has none".to_owned();
    }
    let named = outputs.iter().take(MOST_NAMED).map(|entry| escape_words([&entry.path]));
    let named = named.collect::<Vec<_>>().join(", ");
    match outputs.len().saturating_sub(MOST_NAMED) {
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
