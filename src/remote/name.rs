//! Names of objects: `v1/<namespace>/<2 hex>/<64 hex>`.
//!
//! The digits are a keyed digest, so whoever reads a listing of the engine learns nothing of commands and inputs, and
//! cannot tell whether a guess was run. A result that depends on its key alone, or a marker, has the *first* name of the
//! key; one that depends on what a run was seen to read has a *conditional* name. A look-up takes at most two objects.

use super::secret::keys::Secrets;
use crate::hex::Hex;
use crate::key::{Digest, KeyPart};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::str::FromStr;

/// The version of names and of what they are derived from.
const VERSION: &str = "v1";

/// Bytes of the longest namespace.
const LONGEST: usize = 64;

/// Who writes where: results of a pull request do not lie beside those of the protected branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace(String);

/// The path of an object below the prefix of an engine. It is safe in a URL as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName(String);

/// Makes the names of one namespace.
pub struct Namer<'s> {
    secrets: &'s Secrets,
    namespace: &'s Namespace,
}

impl FromStr for Namespace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_short = (1..=LONGEST).contains(&text.len());
        if is_short && text.bytes().all(is_fine) && !text.starts_with('.') {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "a namespace has 1 to {LONGEST} letters, digits, `-`, `_` and `.`, and does not begin with a `.`"
        ))
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self("main".to_owned())
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ObjectName {
    /// The name that has this digest in it.
    pub(super) fn of_digest(namespace: &Namespace, digest: &[u8; 32]) -> Self {
        Self(format!("{VERSION}/{namespace}/{}/{}", Hex(&digest[..1]), Hex(digest)))
    }
}

impl<'s> Namer<'s> {
    /// The names of a namespace.
    #[must_use]
    pub fn new(secrets: &'s Secrets, namespace: &'s Namespace) -> Self {
        Self { secrets, namespace }
    }

    /// Where to look first for a call with this portable key. `stdin` is what is known of standard input before the run.
    #[must_use]
    pub fn first(&self, key: Digest, stdin: &[u8]) -> ObjectName {
        self.name(b"first", key, stdin)
    }

    /// Where a result lies that holds under this condition only.
    #[must_use]
    pub fn conditional(&self, key: Digest, condition: &[u8]) -> ObjectName {
        self.name(b"conditional", key, condition)
    }

    fn name(&self, place: &[u8], key: Digest, condition: &[u8]) -> ObjectName {
        let digest = self.secrets.name_digest(&message(&[place, key.as_bytes(), condition]));
        ObjectName::of_digest(self.namespace, &digest)
    }
}

/// A digest of a part of a key, by which two machines of a team can compare what they have. To anybody else it says
/// nothing.
#[must_use]
pub fn part_digest(secrets: &Secrets, part: &KeyPart) -> [u8; 8] {
    let digest = secrets.name_digest(&message(&[b"part", part.name.as_bytes(), &part.bytes]));
    std::array::from_fn(|place| digest[place])
}

/// What a name is a digest of. No two lists of fields give the same bytes.
fn message(fields: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::new();
    for field in [&[VERSION.as_bytes()], fields].concat() {
        message.extend((field.len() as u64).to_le_bytes());
        message.extend(field);
    }
    message
}

impl ObjectName {
    /// Where a copy of the tombstone lies that takes the place of an object of this name.
    #[must_use]
    pub fn of_clearing(&self, secrets: &Secrets) -> Self {
        let namespace = self.0.split('/').nth(1).unwrap_or_default();
        let digest = secrets.name_digest(&message(&[b"clearing", self.0.as_bytes()]));
        Self::of_digest(&Namespace(namespace.to_owned()), &digest)
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ObjectName {
    type Err = NotAName;

    /// A name that was written down, as in the outbox. Whatever is not exactly such a path is refused.
    fn from_str(text: &str) -> Result<Self, NotAName> {
        let mut parts = text.split('/');
        let mut next = || parts.next().ok_or(NotAName);
        let (version, namespace, folder, digits) = (next()?, next()?, next()?, next()?);
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_name = version == VERSION
            && namespace.parse::<Namespace>().is_ok()
            && digits.len() == 64
            && digits.bytes().all(is_digit)
            && folder.len() == 2
            && digits.starts_with(folder)
            && parts.next().is_none();
        if is_name { Ok(Self(text.to_owned())) } else { Err(NotAName) }
    }
}

/// A text that is no name of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no name of an object")]
pub struct NotAName;
