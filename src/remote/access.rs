//! The remote of this process: its address, and what variables say of who asks.

use super::engine::RemoteAccess;
use std::path::{Path, PathBuf};

/// The remote of this address, with the token and the roots that variables name. Credentials are kept in this private
/// directory.
///
/// # Errors
/// What is wrong with the address or a variable. Nothing secret is shown.
pub fn access_of_process(remote: &str, directory: &Path) -> Result<RemoteAccess, String> {
    let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let token = match (variable("CACHEX_REMOTE_TOKEN"), variable("CACHEX_REMOTE_TOKEN_FILE")) {
        (Some(token), _) => Some(token),
        (None, Some(path)) => {
            let read = std::fs::read_to_string(path);
            let token = read.map_err(|error| format!("CACHEX_REMOTE_TOKEN_FILE: {error}"))?;
            Some(token.trim().to_owned())
        }
        (None, None) => None,
    };
    Ok(RemoteAccess {
        url: remote.parse().map_err(|bad| format!("--remote: {bad}"))?,
        token,
        ca: variable("CACHEX_REMOTE_CA").map(PathBuf::from),
        directory: Some(directory.to_owned()),
    })
}
