//! The keys that derive from the key of a team: one for each purpose.
//!
//! `CACHEX_REMOTE_KEY` itself is used for nothing but the derivation (HKDF-SHA256), so no use of one derived key tells
//! anything of another.

use super::seal::{SIGN_KEY, Sealer, TRUST, Trust, seals};
use super::text::{BadSecret, decode};
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Okm, Prk, Salt};
use ring::hmac::{self, HMAC_SHA256};
use serde::{Deserialize, Serialize};

/// The variable of the key of the team.
pub const KEY: &str = "CACHEX_REMOTE_KEY";

/// Bytes of the shortest key.
const SHORTEST: usize = 32;

/// Salt of the derivation. Another version derives other keys.
const SALT: &[u8] = b"cachex remote keys 1";

/// Tells which key an object was written with.
pub type KeyId = [u8; 8];

/// How a machine seals, and whose seals it believes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// Everybody who has the key of the team seals with it.
    ByTeamKey,
    /// It signs.
    Signs {
        /// How many public keys it trusts, with its own.
        trusted: usize,
        /// Whether the list of those that it trusts leaves its own out. Others with that list refuse what it writes.
        is_unlisted: bool,
    },
    /// It cannot write.
    OnlyVerifies {
        /// How many public keys it trusts.
        trusted: usize,
    },
}

/// The secrets of a machine. Neither `Debug` nor `Display`: nothing shows them.
pub struct Secrets {
    id: KeyId,
    names: hmac::Key,
    encryption: Prk,
    sealer: Option<Sealer>,
    trust: Trust,
    texts: SecretTexts,
}

/// The texts that secrets are read from, for a process that this one starts. They travel by its standard input.
#[derive(Clone, Serialize, Deserialize)]
pub struct SecretTexts {
    key: Option<String>,
    sign_key: Option<String>,
    trust: Option<String>,
}

impl SecretTexts {
    /// Reads them.
    ///
    /// # Errors
    /// When one is missing or cannot be used.
    pub fn secrets(self) -> Result<Secrets, BadSecret> {
        let root = root_of(self.key.as_deref())?;
        let id = derive(&root, b"key id", IdLength, |okm| {
            let mut id = KeyId::default();
            okm.fill(&mut id).map(|()| id)
        });
        let id = id.map_err(|_| BadSecret { variable: KEY, problem: "cannot be used" })?;
        let names = derive(&root, b"names", HMAC_SHA256, |okm| hmac::Key::from(okm));
        let encryption = derive(&root, b"encryption", HKDF_SHA256, |okm| Prk::from(okm));
        let seal = derive(&root, b"seal", HMAC_SHA256, |okm| hmac::Key::from(okm));
        let (sealer, trust) = seals(seal, self.sign_key.as_deref(), self.trust.as_deref())?;
        Ok(Secrets { id, names, encryption, sealer, trust, texts: self })
    }
}

impl Secrets {
    /// The secrets in the values of `CACHEX_REMOTE_KEY`, `CACHEX_REMOTE_SIGN_KEY` and `CACHEX_REMOTE_TRUST`, found by
    /// their names. An empty value counts as none, but not that of `CACHEX_REMOTE_TRUST`: a list that got lost on its way
    /// must not make this machine believe everybody.
    ///
    /// # Errors
    /// When one is missing or cannot be used. The error does not show it.
    pub fn new(variable: impl Fn(&str) -> Option<String>) -> Result<Self, BadSecret> {
        let filled = |name| variable(name).filter(|value| !value.trim().is_empty());
        let (key, sign_key, trust) = (filled(KEY), filled(SIGN_KEY), variable(TRUST));
        SecretTexts { key, sign_key, trust }.secrets()
    }

    /// What they were read from.
    pub fn texts(&self) -> &SecretTexts {
        &self.texts
    }

    /// Tells which key this is, and nothing of it.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Whether this machine may write: it may not where only signatures count and it has no seed.
    pub fn may_write(&self) -> bool {
        self.sealer.is_some()
    }

    /// The keyed digest that names an object.
    pub(in crate::remote) fn name_digest(&self, message: &[u8]) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(hmac::sign(&self.names, message).as_ref());
        digest
    }

    /// The key that encrypts one object, which has a salt of its own.
    pub(in crate::remote) fn object_key(&self, salt: &[u8; 32]) -> LessSafeKey {
        derive(&self.encryption, salt, &AES_256_GCM, |okm| LessSafeKey::new(UnboundKey::from(okm)))
    }

    /// How this machine seals, and whose seals it believes.
    pub fn sealing(&self) -> Sealing {
        match (&self.sealer, &self.trust) {
            (_, Trust::Key(_)) => Sealing::ByTeamKey,
            (Some(sealer), Trust::Signers(signers)) => Sealing::Signs {
                trusted: signers.len(),
                is_unlisted: self.texts.trust.as_ref().is_some_and(|list| !sealer.is_in(list)),
            },
            (None, Trust::Signers(signers)) => Sealing::OnlyVerifies { trusted: signers.len() },
        }
    }

    pub(in crate::remote) fn sealer(&self) -> Option<&Sealer> {
        self.sealer.as_ref()
    }

    pub(in crate::remote) fn trust(&self) -> &Trust {
        &self.trust
    }
}

fn root_of(key: Option<&str>) -> Result<Prk, BadSecret> {
    let bad = |problem| BadSecret { variable: KEY, problem };
    let key = key.ok_or(bad(
        "is not set: a remote needs the key of the team, and `cachex remote keygen` makes one",
    ))?;
    let key = decode(key)
        .ok_or(bad("is neither hexadecimal nor base64: `cachex remote keygen` makes a key"))?;
    if key.len() < SHORTEST {
        return Err(bad(
            "is shorter than 32 bytes: `cachex remote keygen` makes one that cannot be guessed",
        ));
    }
    Ok(Salt::new(HKDF_SHA256, SALT).extract(&key))
}

/// Derives a key for one purpose. What `expand` refuses is a length of more than 255 digests, which none has.
fn derive<L: KeyType, K>(
    from: &Prk,
    purpose: &[u8],
    length: L,
    key: impl FnOnce(Okm<'_, L>) -> K,
) -> K {
    match from.expand(&[purpose], length) {
        Ok(okm) => key(okm),
        Err(_) => unreachable!("a key of one digest"),
    }
}

/// The length of a [`KeyId`].
struct IdLength;

impl KeyType for IdLength {
    fn len(&self) -> usize {
        size_of::<KeyId>()
    }
}
