//! A remote: its address, and what settings say of who asks.

use super::engine::RemoteAccess;
use crate::private_directory::{self, NotPrivate};
use std::path::PathBuf;

/// The remote of this address, with the token and the roots that settings name. `variable` has them by the names of their
/// variables.
///
/// # Errors
/// What is wrong with the address or a variable. Nothing secret is shown.
pub fn access(
    remote: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<RemoteAccess, String> {
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
        directory: kept_credentials().and_then(Result::ok),
    })
}

/// Where temporary credentials are kept, if there is a role to take on, or why they are not. Not in the store: CI jobs save
/// that where others can read it.
#[must_use]
pub fn kept_credentials() -> Option<Result<PathBuf, NotPrivate>> {
    let has_role = std::env::var_os("AWS_ROLE_ARN").is_some_and(|it| !it.is_empty());
    has_role.then(credentials_directory)
}

fn credentials_directory() -> Result<PathBuf, NotPrivate> {
    let user = rustix::process::geteuid().as_raw();
    let directory = std::env::temp_dir().join(format!("cachex-{user}"));
    private_directory::prepare(&directory).map(|()| directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn only_their_owner_can_enter_the_directory_of_credentials() {
        let directory = credentials_directory().expect("it can be made");
        assert_eq!(std::fs::metadata(directory).expect("there").mode() & 0o077, 0);
    }
}
