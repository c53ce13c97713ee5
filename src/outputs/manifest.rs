//! What the outputs of an entry are: paths with what lies there. Pure. The format is on disk.

use crate::recording::ContentDigest;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

/// Permissions are kept, set-user-id and its kin are not.
const PERMISSIONS: u16 = 0o777;

/// Longer paths cannot be opened.
const MAX_PATH: usize = 4096;

/// The outputs of an entry, sorted: a directory stands before what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputManifest(Vec<OutputEntry>);

/// One output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputEntry {
    /// The path from the working directory.
    pub path: PathBuf,
    /// What lies there.
    pub kind: OutputKind,
}

/// What lies at the path of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// A regular file.
    File {
        /// The digest of its content.
        digest: ContentDigest,
        /// Its size in bytes.
        size: u64,
        /// Its permissions: when it is restored, those that the umask takes away are missing. So what was private stays
        /// private.
        permissions: u16,
    },
    /// A symbolic link.
    Link {
        /// Where it leads.
        target: OsString,
    },
    /// A directory. What lies in it and is an output has its own entry.
    Directory {
        /// Its permissions.
        permissions: u16,
    },
}

impl OutputKind {
    /// Whether somebody may execute it, if it is a file.
    #[must_use]
    pub fn is_executable(&self) -> bool {
        matches!(self, Self::File { permissions, .. } if permissions & 0o111 != 0)
    }
}

impl OutputManifest {
    /// A manifest of these entries, in any order; `None` if they are not fit to be restored.
    #[must_use]
    pub fn new(mut entries: Vec<OutputEntry>) -> Option<Self> {
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Self::checked(entries)
    }

    /// The entries, sorted by path.
    #[must_use]
    pub fn entries(&self) -> &[OutputEntry] {
        &self.0
    }

    /// Whether there are no outputs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entry at this path.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&OutputEntry> {
        let at = self.0.binary_search_by(|entry| entry.path.as_path().cmp(path)).ok()?;
        self.0.get(at)
    }

    /// The contents that are needed to restore it, each once, with their sizes.
    #[must_use]
    pub fn contents(&self) -> BTreeMap<[u8; 32], u64> {
        let contents = self.0.iter().filter_map(|entry| match entry.kind {
            OutputKind::File { digest, size, .. } => Some((digest.0, size)),
            _ => None,
        });
        contents.collect()
    }

    /// Its bytes as they are stored.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for OutputEntry { path, kind } in &self.0 {
            let mut head = |tag: u8, permissions: u16| {
                bytes.push(tag);
                bytes.extend(permissions.to_le_bytes());
                push_text(&mut bytes, path.as_os_str());
            };
            match kind {
                OutputKind::File { digest, size, permissions } => {
                    head(0, *permissions);
                    bytes.extend(size.to_le_bytes());
                    bytes.extend(digest.0);
                }
                OutputKind::Link { target } => {
                    head(1, 0);
                    push_text(&mut bytes, target);
                }
                OutputKind::Directory { permissions } => head(2, *permissions),
            }
        }
        bytes
    }

    /// Reads stored bytes; `None` if they are none that [`OutputManifest::encode`] makes.
    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<Self> {
        let mut entries = Vec::new();
        while !bytes.is_empty() {
            let [tag] = take(&mut bytes)?;
            let permissions = u16::from_le_bytes(take(&mut bytes)?);
            let path = PathBuf::from(take_text(&mut bytes)?);
            let kind = match (tag, permissions) {
                (0, _) => {
                    let size = u64::from_le_bytes(take(&mut bytes)?);
                    let digest = ContentDigest(take(&mut bytes)?);
                    OutputKind::File { digest, size, permissions }
                }
                (1, 0) => OutputKind::Link { target: take_text(&mut bytes)? },
                (2, _) => OutputKind::Directory { permissions },
                _ => return None,
            };
            entries.push(OutputEntry { path, kind });
        }
        Self::checked(entries)
    }

    fn checked(entries: Vec<OutputEntry>) -> Option<Self> {
        let mut previous: Option<&OutputEntry> = None;
        for entry in &entries {
            let is_sorted = previous.is_none_or(|previous| previous.path < entry.path);
            // What is below an entry follows it at once: that has to be a directory.
            let is_below_file = previous.is_some_and(|previous| {
                let is_directory = matches!(previous.kind, OutputKind::Directory { .. });
                !is_directory && entry.path.starts_with(&previous.path)
            });
            if !is_sorted || is_below_file || !entry.is_fit() {
                return None;
            }
            previous = Some(entry);
        }
        Some(Self(entries))
    }
}

impl OutputEntry {
    fn is_fit(&self) -> bool {
        let bytes = self.path.as_os_str().as_bytes();
        let is_plain = self.path.components().all(|part| matches!(part, Component::Normal(_)));
        // `components` skips what another spelling of the path has.
        let plain: PathBuf = self.path.components().collect();
        let kind_is_fit = match &self.kind {
            OutputKind::Link { target } => is_text(target.as_bytes()),
            OutputKind::File { permissions, .. } | OutputKind::Directory { permissions } => {
                permissions & !PERMISSIONS == 0
            }
        };
        is_text(bytes) && is_plain && plain.as_os_str().as_bytes() == bytes && kind_is_fit
    }
}

fn is_text(bytes: &[u8]) -> bool {
    (1..=MAX_PATH).contains(&bytes.len()) && !bytes.contains(&0)
}

fn push_text(bytes: &mut Vec<u8>, text: &OsStr) {
    let text = text.as_bytes();
    bytes.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(text);
}

fn take<const LENGTH: usize>(bytes: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (head, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*head)
}

fn take_text(bytes: &mut &[u8]) -> Option<OsString> {
    let length = usize::from(u16::from_le_bytes(take(bytes)?));
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(OsString::from_vec(text.to_vec()))
}
