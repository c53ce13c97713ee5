//! How requests say who asks.

use crate::remote::engine::fault::RemoteFault;
use crate::remote::engine::signature::{AwsCredentials, AwsScope, SignedParts, amz_date};
use crate::time::Timestamp;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use ureq::http::{HeaderValue, request};

/// What stands for the digest of a body that is not signed.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Who asks.
pub enum HttpLogin {
    /// Nobody in particular.
    Nobody,
    /// By this header.
    Authorization(HeaderValue),
    /// By a signature for S3.
    S3 {
        /// The credentials.
        credentials: AwsCredentials,
        /// Where the bucket is.
        region: String,
    },
}

impl HttpLogin {
    /// By the user of an address, or else by a token.
    ///
    /// # Errors
    /// When that cannot be in a header.
    pub fn new(login: Option<(&str, &str)>, token: Option<&str>) -> Result<Self, RemoteFault> {
        let text = match (login, token) {
            (Some((user, password)), _) => {
                format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
            }
            (None, Some(token)) => format!("Bearer {token}"),
            (None, None) => return Ok(Self::Nobody),
        };
        secret(&text).map(Self::Authorization)
    }

    /// Adds to a request who asks.
    pub fn authorize(
        &self,
        request: request::Builder,
        method: &str,
        host: &str,
        path: &str,
    ) -> Result<request::Builder, RemoteFault> {
        match self {
            Self::Nobody => Ok(request),
            Self::Authorization(value) => Ok(request.header("authorization", value)),
            Self::S3 { credentials, region } => {
                let date = amz_date(Timestamp::now());
                let mut headers =
                    vec![("host", host), ("x-amz-content-sha256", UNSIGNED), ("x-amz-date", &date)];
                headers.extend(
                    credentials.session_token.iter().map(|it| ("x-amz-security-token", &**it)),
                );
                let scope = AwsScope { region, service: "s3" };
                let parts =
                    SignedParts { method, path, query: "", headers: &headers, payload: UNSIGNED };
                let value = secret(&credentials.authorization(&scope, &parts, &date))?;
                let mut request = request.header("authorization", value);
                for (name, value) in &headers[1..] {
                    request = request.header(*name, secret(value)?);
                }
                Ok(request)
            }
        }
    }
}

fn secret(text: &str) -> Result<HeaderValue, RemoteFault> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| RemoteFault::local("a token or a key has characters that HTTP forbids"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_of_the_address_goes_before_a_token() {
        let login = HttpLogin::new(Some(("Aladdin", "open sesame")), Some("unused"));
        let Ok(HttpLogin::Authorization(value)) = login else { panic!("a header") };
        assert_eq!(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(HttpLogin::new(None, Some("two\nlines")).is_err());
    }
}
