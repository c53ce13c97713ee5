//! The engine that an address calls for.

use super::access::{RemoteEngine, TransferLimits};
use super::fault::RemoteFault;
use super::http::{HttpLogin, HttpStore};
use super::redis::Redis;
use crate::remote::url::{RemoteProtocol, RemoteUrl};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::fmt;
use std::path::PathBuf;
use ureq::http::HeaderValue;

/// A remote, and by what right it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteAccess {
    /// Where it is.
    pub url: RemoteUrl,
    /// A token for HTTP, a password for Redis if the address has none.
    pub token: Option<String>,
    /// Certificates that are believed instead of the usual ones, in PEM.
    pub ca: Option<PathBuf>,
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
    let RemoteAccess { url, token, ca } = access;
    let ca = ca.as_deref();
    Ok(match url.protocol {
        RemoteProtocol::Redis => Box::new(Redis::connect(url, token.as_deref(), ca, limits)?),
        RemoteProtocol::Http => Box::new(HttpStore::new(url, login(access)?, ca, limits)?),
        RemoteProtocol::S3 => {
            return Err(RemoteFault::local("this remote is not supported yet"));
        }
    })
}

/// How HTTP says who asks: by the user of the address, or by a token.
fn login(access: &RemoteAccess) -> Result<HttpLogin, RemoteFault> {
    let RemoteUrl { user, password, .. } = &access.url;
    let text = match (user, &access.token) {
        (Some(user), _) => {
            let password = password.as_deref().unwrap_or_default();
            format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
        }
        (None, Some(token)) => format!("Bearer {token}"),
        (None, None) => return Ok(HttpLogin::Nobody),
    };
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| RemoteFault::local("CACHEX_REMOTE_TOKEN has characters that HTTP forbids"))?;
    value.set_sensitive(true);
    Ok(HttpLogin::Authorization(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_of_the_address_goes_before_a_token() {
        let url = "https://Aladdin:open%20sesame@host".parse().expect("valid");
        let access = RemoteAccess { url, token: Some("unused".into()), ca: None };
        let Ok(HttpLogin::Authorization(value)) = login(&access) else { panic!("a header") };
        assert_eq!(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }

    #[test]
    fn secrets_are_not_shown() {
        let url = "https://u:SECRET@host".parse().expect("valid");
        let access = RemoteAccess { url, token: Some("SECRET".into()), ca: None };
        assert!(!format!("{access:?}").contains("SECRET"));
    }
}
