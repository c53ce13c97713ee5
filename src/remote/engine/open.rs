//! The engine that an address calls for.

use super::access::{RemoteEngine, TransferLimits};
use super::aws::{credentials, region};
use super::fault::RemoteFault;
use super::http::{HttpLogin, HttpStore};
use super::redis::Redis;
use crate::remote::url::{RemoteProtocol, RemoteUrl};
use std::fmt;
use std::path::PathBuf;

/// A remote, and by what right it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteAccess {
    /// Where it is.
    pub url: RemoteUrl,
    /// A token for HTTP, a password for Redis if the address has none.
    pub token: Option<String>,
    /// Certificates that are believed instead of the usual ones, in PEM.
    pub ca: Option<PathBuf>,
    /// A private directory for credentials that are got for an identity.
    pub directory: Option<PathBuf>,
}

impl fmt::Debug for RemoteAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteAccess").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Opens a remote for one transfer.
///
/// # Errors
/// When it cannot be reached, or something on this machine prevents it.
pub fn open(
    access: &RemoteAccess,
    limits: TransferLimits,
) -> Result<Box<dyn RemoteEngine>, RemoteFault> {
    let RemoteAccess { url, token, ca, directory } = access;
    let (token, ca) = (token.as_deref(), ca.as_deref());
    if url.protocol == RemoteProtocol::Redis {
        return Ok(Box::new(Redis::connect(url, token, ca, limits)?));
    }
    let login = if url.protocol == RemoteProtocol::S3 {
        let region = region(url);
        match credentials(&region, directory.as_deref(), limits)? {
            Some(credentials) => HttpLogin::S3 { credentials, region },
            None => HttpLogin::Nobody,
        }
    } else {
        let user = url.user.as_deref();
        HttpLogin::new(user.map(|user| (user, url.password.as_deref().unwrap_or_default())), token)?
    };
    Ok(Box::new(HttpStore::new(url, login, ca, limits)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let url = "https://u:SECRET@host".parse().expect("valid");
        let access = RemoteAccess { url, token: Some("SECRET".into()), ca: None, directory: None };
        assert!(!format!("{access:?}").contains("SECRET"));
    }
}
