//! Seals: who wrote an object, bound to its name and to each byte of it.
//!
//! A team whose members trust each other seals with its key. Where readers must not write, protected jobs sign with an
//! Ed25519 seed, and readers know the public keys only: they accept no seal by the key of the team then.

use super::text::{BadSecret, decode_32};
use ring::hmac;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

/// The variable of the seed.
pub const SIGN_KEY: &str = "CACHEX_REMOTE_SIGN_KEY";
/// The variable of the public keys.
pub const TRUST: &str = "CACHEX_REMOTE_TRUST";

/// More trusted keys than this are a mistake.
const MOST_TRUSTED: usize = 64;

const BY_KEY: u8 = 1;
const BY_SIGNATURE: u8 = 2;

/// Bytes of the longest seal: its kind, the public key, the signature.
pub const LONGEST_SEAL: usize = 1 + 32 + 64;

/// Seals what this machine writes, if it may write.
pub enum Sealer {
    /// With the key of the team.
    Key(hmac::Key),
    /// With the seed of those who may write.
    Seed(Box<Ed25519KeyPair>),
}

/// Tells whose seals count.
pub enum Trust {
    /// Those by the key of the team.
    Key(hmac::Key),
    /// Those by the owners of these public keys.
    Signers(Vec<[u8; 32]>),
}

/// Why a seal does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// It is not a seal.
    #[error("its seal cannot be read")]
    Malformed,
    /// It is of a kind that is not accepted: not signed where only signatures count, or the other way round.
    #[error("its seal is of another kind than this machine accepts")]
    OtherKind,
    /// It was signed with a key that is not trusted.
    #[error("it was signed with a key that is not in CACHEX_REMOTE_TRUST")]
    Foreign,
    /// It is not the seal of these bytes under this name.
    #[error(
        "its seal does not fit: it was changed, copied from another name, or sealed with another key"
    )]
    Wrong,
}

/// The seals of a team of which this is the key for seals. No sealer: this machine may only read.
pub fn seals(
    key: hmac::Key,
    seed: Option<&str>,
    trusted: Option<&str>,
) -> Result<(Option<Sealer>, Trust), BadSecret> {
    let seed = seed.map(pair_of).transpose()?;
    let mut signers = trusted.map(signers_of).transpose()?;
    if let Some(pair) = &seed {
        // Who signs can read what it wrote.
        let (own, signers) = (public_key(pair), signers.get_or_insert_default());
        if !signers.contains(&own) {
            signers.push(own);
        }
    }
    Ok(match (seed, signers) {
        (Some(pair), Some(signers)) => {
            (Some(Sealer::Seed(Box::new(pair))), Trust::Signers(signers))
        }
        (_, Some(signers)) => (None, Trust::Signers(signers)),
        (_, None) => (Some(Sealer::Key(key.clone())), Trust::Key(key)),
    })
}

pub(super) fn pair_of(seed: &str) -> Result<Ed25519KeyPair, BadSecret> {
    let problem = "has to be an Ed25519 seed of 32 bytes, in hexadecimal or base64: \
                   `cachex remote keygen` makes one";
    let bad = BadSecret { variable: SIGN_KEY, problem };
    let seed = decode_32(seed).ok_or(bad.clone())?;
    Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| bad)
}

pub(super) fn public_key(pair: &Ed25519KeyPair) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(pair.public_key().as_ref());
    key
}

fn signers_of(list: &str) -> Result<Vec<[u8; 32]>, BadSecret> {
    let bad = |problem| BadSecret { variable: TRUST, problem };
    let keys = list.split([',', ' ', '\n', '\t']).filter(|key| !key.is_empty()).map(decode_32);
    let keys: Option<Vec<_>> = keys.collect();
    let problem = "has to be a comma-separated list of Ed25519 public keys of 32 bytes, each in hexadecimal or base64";
    match keys.ok_or(bad(problem))? {
        keys if keys.is_empty() => Err(bad(
            "names no public key: unset it to trust every machine that has the key of the team",
        )),
        keys if keys.len() > MOST_TRUSTED => Err(bad("names more than 64 public keys")),
        keys => Ok(keys),
    }
}

impl Sealer {
    /// Whether it signs, by a key whose public one is in this list.
    pub(super) fn is_in(&self, list: &str) -> bool {
        match self {
            Self::Key(_) => false,
            Self::Seed(pair) => {
                signers_of(list).is_ok_and(|signers| signers.contains(&public_key(pair)))
            }
        }
    }

    /// The seal of these bytes.
    pub fn seal(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Key(key) => [&[BY_KEY], hmac::sign(key, message).as_ref()].concat(),
            Self::Seed(pair) => {
                let signature = pair.sign(message);
                [&[BY_SIGNATURE], pair.public_key().as_ref(), signature.as_ref()].concat()
            }
        }
    }
}

impl Trust {
    /// Checks that `seal` is one of `message`, by somebody who may write.
    pub fn check(&self, seal: &[u8], message: &[u8]) -> Result<(), SealFault> {
        let (kind, seal) = seal.split_first().ok_or(SealFault::Malformed)?;
        let length = match *kind {
            BY_KEY => 32,
            BY_SIGNATURE => LONGEST_SEAL - 1,
            _ => return Err(SealFault::Malformed),
        };
        if seal.len() != length {
            return Err(SealFault::Malformed);
        }
        match self {
            Self::Key(key) if *kind == BY_KEY => {
                hmac::verify(key, message, seal).map_err(|_| SealFault::Wrong)
            }
            Self::Signers(signers) if *kind == BY_SIGNATURE => {
                let (signer, signature) = seal.split_at(32);
                if !signers.iter().any(|key| key == signer) {
                    return Err(SealFault::Foreign);
                }
                let key = UnparsedPublicKey::new(&ED25519, signer);
                key.verify(message, signature).map_err(|_| SealFault::Wrong)
            }
            _ => Err(SealFault::OtherKind),
        }
    }
}
