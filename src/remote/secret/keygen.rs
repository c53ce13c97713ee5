//! The text of `cachex remote keygen`: new secrets, and where each belongs.

use super::keys::KEY;
use super::seal::{SIGN_KEY, TRUST, pair_of, public_key};
use crate::hex::Hex;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::io;

/// New secrets, as lines of `NAME=value` with comments that say where each belongs.
///
/// # Errors
/// When the system has no random bytes.
pub fn new_secrets() -> io::Result<String> {
    let (key, seed) = (random()?, Hex(&random()?).to_string());
    let public = pair_of(&seed).map(|pair| public_key(&pair)).map_err(io::Error::other)?;
    Ok(format!(
        "# Every machine that shares results. Whoever has it can read all of them.\n\
         {KEY}={}\n\n\
         # Only where readers must not write. The seed belongs to protected jobs alone:\n\
         {SIGN_KEY}={seed}\n\
         # and its public key to every machine. To rotate, list the old and the new one, separated by a comma.\n\
         {TRUST}={}\n",
        Hex(&key),
        Hex(&public)
    ))
}

/// Bytes that nobody can guess.
///
/// # Errors
/// When the system has none.
pub fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| io::Error::other("the system has no random bytes"))?;
    Ok(bytes)
}
