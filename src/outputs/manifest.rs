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
    pub fn is_executable(&self) -> bool {
        matches!(self, Self::File { permissions, .. } if permissions & 0o111 != 0)
    }
}

impl OutputManifest {
    /// A manifest of these entries, in any order; `None` if they are not fit to be restored.
    pub fn new(mut entries: Vec<OutputEntry>) -> Option<Self> {
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Self::checked(entries)
    }

    /// The entries, sorted by path.
    pub fn entries(&self) -> &[OutputEntry] {
        &self.0
    }

    /// Whether there are no outputs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entry at this path.
    pub fn get(&self, path: &Path) -> Option<&OutputEntry> {
        let at = self.0.binary_search_by(|entry| entry.path.as_path().cmp(path)).ok()?;
        self.0.get(at)
    }

    /// How many there are: "2 files, 1 directory".
    pub fn in_short(&self) -> String {
        let mut counts =
            [(0, "file", "files"), (0, "link", "links"), (0, "directory", "directories")];
        for entry in &self.0 {
            let place = match entry.kind {
                OutputKind::File { .. } => 0,
                OutputKind::Link { .. } => 1,
                OutputKind::Directory { .. } => 2,
            };
            counts[place].0 += 1;
        }
        let told = counts.iter().filter(|(count, ..)| *count > 0);
        let told: Vec<_> = told
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        if told.is_empty() { "no files".to_owned() } else { told.join(", ") }
    }

    /// The contents that are needed to restore it, each once, with their sizes.
    pub fn contents(&self) -> BTreeMap<[u8; 32], u64> {
        let contents = self.0.iter().filter_map(|entry| match entry.kind {
            OutputKind::File { digest, size, .. } => Some((digest.0, size)),
            _ => None,
        });
        contents.collect()
    }

    /// Its bytes as they are stored.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(path: &str, kind: OutputKind) -> OutputEntry {
        OutputEntry { path: path.into(), kind }
    }

    fn file() -> OutputKind {
        OutputKind::File { digest: ContentDigest([7; 32]), size: 5, permissions: 0o644 }
    }

    fn directory() -> OutputKind {
        OutputKind::Directory { permissions: 0o755 }
    }

    fn link(target: &str) -> OutputKind {
        OutputKind::Link { target: target.into() }
    }

    #[test]
    fn a_directory_stands_before_what_is_in_it() {
        let paths = ["d-e", "d/x", "d", "a/b"];
        let kind = |path: &str| if path == "d" { directory() } else { file() };
        let entries = paths.iter().map(|path| entry(path, kind(path))).collect();
        let manifest = OutputManifest::new(entries).expect("fit");
        let sorted: Vec<_> = manifest.entries().iter().map(|entry| &entry.path).collect();
        assert_eq!(sorted, ["a/b", "d", "d/x", "d-e"].map(Path::new));
        assert_eq!(manifest.get(Path::new("d")).map(|found| &found.kind), Some(&directory()));
        assert_eq!(manifest.get(Path::new("a")), None);
        assert_eq!(manifest.contents().into_iter().collect::<Vec<_>>(), [([7; 32], 5)]);
    }

    #[test]
    fn what_must_not_be_restored_is_refused() {
        let nul = "a\0b";
        for path in
            ["", "/a", "..", "a/../b", "../a", "a/..", ".", "a/./b", "a//b", "a/", "./a", nul]
        {
            assert_eq!(OutputManifest::new(vec![entry(path, file())]), None, "{path:?}");
        }
        let twice = vec![entry("a", file()), entry("a", link("b"))];
        let below_file = vec![entry("a", file()), entry("a/b", file())];
        let below_link = vec![entry("a", link("/etc")), entry("a/b/c", file())];
        for entries in [twice, below_file, below_link] {
            assert_eq!(OutputManifest::new(entries), None);
        }
        for kind in [link(""), link(nul), OutputKind::Directory { permissions: 0o1777 }] {
            assert_eq!(OutputManifest::new(vec![entry("a", kind)]), None);
        }
        for permissions in [0o4755, 0o2755, 0o10_0644] {
            let kind = OutputKind::File { digest: ContentDigest([0; 32]), size: 0, permissions };
            assert_eq!(OutputManifest::new(vec![entry("a", kind)]), None);
        }
        let too_long = "x/".repeat(MAX_PATH) + "x";
        assert_eq!(OutputManifest::new(vec![entry(&too_long, file())]), None);
    }

    fn manifests() -> impl Strategy<Value = OutputManifest> {
        let text = || proptest::collection::vec(1..=u8::MAX, 1..4).prop_map(OsString::from_vec);
        let kind = prop_oneof![
            (any::<[u8; 32]>(), any::<u64>(), 0..=PERMISSIONS).prop_map(
                |(digest, size, permissions)| {
                    OutputKind::File { digest: ContentDigest(digest), size, permissions }
                }
            ),
            text().prop_map(|target| OutputKind::Link { target }),
            (0..=PERMISSIONS).prop_map(|permissions| OutputKind::Directory { permissions }),
        ];
        let entry = (text().prop_map(PathBuf::from), kind);
        proptest::collection::vec(entry, 0..8).prop_filter_map("unfit", |entries| {
            let entry = |(path, kind)| OutputEntry { path, kind };
            OutputManifest::new(entries.into_iter().map(entry).collect())
        })
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(manifest in manifests()) {
            prop_assert_eq!(OutputManifest::decode(&manifest.encode()), Some(manifest));
        }

        #[test]
        fn what_is_decoded_is_what_is_encoded(
            manifest in manifests(),
            at in any::<prop::sample::Index>(),
            bits in 1..=u8::MAX,
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = manifest.encode();
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] ^= bits;
            }
            for bytes in [&bytes[..], &bytes[..cut.index(bytes.len() + 1)]] {
                if let Some(decoded) = OutputManifest::decode(bytes) {
                    prop_assert_eq!(decoded.encode(), bytes);
                }
            }
        }

        #[test]
        fn any_bytes_are_read_safely(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(decoded) = OutputManifest::decode(&bytes) {
                prop_assert_eq!(decoded.encode(), bytes);
            }
        }
    }
}
