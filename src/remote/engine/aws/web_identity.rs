//! A role of AWS that is taken on by an identity, as a CI job has one: no secret has to be stored anywhere.
//!
//! The identity is in the file `AWS_WEB_IDENTITY_TOKEN_FILE`, or comes from where GitHub Actions says
//! (`ACTIONS_ID_TOKEN_REQUEST_URL`, in a job with `id-token: write`). `AWS_ROLE_ARN` names the role.

use super::kept::{KeptCredentials, file_for, load, store};
use crate::remote::engine::access::TransferLimits;
use crate::remote::engine::fault::RemoteFault;
use crate::remote::engine::http::{agent, of_answer, of_error};
use crate::remote::engine::signature::AwsCredentials;
use crate::time::Timestamp;
use std::fmt::{self, Write};
use std::io::Read;
use std::path::Path;
use ureq::http::{HeaderValue, Request, Response};
use ureq::{AsSendBody, Body};

/// Bytes of the longest answer that is read.
const LONGEST: u64 = 64 << 10;

/// Whom GitHub makes an identity for.
const AUDIENCE: &str = "sts.amazonaws.com";

/// An identity, and the role that it is to take on.
#[derive(Debug, PartialEq, Eq)]
pub struct WebIdentity {
    role: String,
    session: String,
    /// The service that gives credentials.
    service: String,
    token: IdentityToken,
}

/// Where the token of an identity is.
#[derive(PartialEq, Eq)]
enum IdentityToken {
    File(String),
    GitHub { url: String, bearer: String },
}

impl fmt::Debug for IdentityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityToken")
    }
}

impl WebIdentity {
    /// The identity that the environment names.
    pub fn named(region: &str, variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let role = variable("AWS_ROLE_ARN")?;
        let token = match variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
            Some(file) => IdentityToken::File(file),
            None => IdentityToken::GitHub {
                url: variable("ACTIONS_ID_TOKEN_REQUEST_URL")?,
                bearer: variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?,
            },
        };
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let service = variable("AWS_ENDPOINT_URL_STS")
            .unwrap_or_else(|| format!("https://sts.{region}.{domain}/"));
        let session = variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| "cachex".to_owned());
        Some(Self { role, session, service, token })
    }

    /// Credentials for the role: those that were kept in the directory, or new ones.
    pub fn credentials(
        &self,
        directory: Option<&Path>,
        limits: TransferLimits,
    ) -> Result<AwsCredentials, RemoteFault> {
        let file = directory.map(|directory| file_for(directory, self.name().as_bytes()));
        if let Some(credentials) = file.as_deref().and_then(load) {
            return Ok(credentials);
        }
        let token = self.token(limits)?;
        let form = form(&[
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", "2011-06-15"),
            ("RoleArn", &self.role),
            ("RoleSessionName", &self.session),
            ("WebIdentityToken", token.trim()),
        ]);
        let request = Request::post(&self.service)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("content-length", form.len());
        let request = request.body(form.as_bytes()).map_err(RemoteFault::local)?;
        let kept = read_credentials(&answer(request, &self.service, limits)?)?;
        if let Some(file) = file {
            store(&file, &kept);
        }
        Ok(kept.credentials)
    }

    /// What tells this identity from others: a job of another repository is not given its credentials.
    fn name(&self) -> String {
        let token = match &self.token {
            IdentityToken::File(file) => file,
            IdentityToken::GitHub { url, .. } => url,
        };
        [&self.role, &self.session, &self.service, token].map(|part| format!("{part}\n")).concat()
    }

    fn token(&self, limits: TransferLimits) -> Result<String, RemoteFault> {
        let (url, bearer) = match &self.token {
            IdentityToken::File(file) => {
                return std::fs::read_to_string(file).map_err(|error| {
                    RemoteFault::local(format!("AWS_WEB_IDENTITY_TOKEN_FILE: {error}"))
                });
            }
            IdentityToken::GitHub { url, bearer } => (url, bearer),
        };
        let mut bearer = HeaderValue::try_from(format!("Bearer {bearer}"))
            .map_err(|_| RemoteFault::local("ACTIONS_ID_TOKEN_REQUEST_TOKEN is no token"))?;
        bearer.set_sensitive(true);
        let separator = if url.contains('?') { '&' } else { '?' };
        let request = Request::get(format!("{url}{separator}audience={AUDIENCE}"));
        let request = request.header("authorization", bearer).body(());
        let request = request.map_err(RemoteFault::local)?;
        let text = answer(request, url, limits)?;
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let token = answer.get("value").and_then(|value| value.as_str());
        token.map(str::to_owned).ok_or_else(|| {
            RemoteFault::Garbage("the service for identities gives no token".to_owned())
        })
    }
}

/// The body of a short answer.
fn answer(
    request: Request<impl AsSendBody>,
    url: &str,
    limits: TransferLimits,
) -> Result<String, RemoteFault> {
    let is_local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    let is_encrypted = url.starts_with("https://");
    if !is_encrypted && !is_local.iter().any(|start| url.starts_with(start)) {
        return Err(RemoteFault::local("a service for identities has to be an https:// address"));
    }
    // The roots that are named for the remote need not be those of this service.
    let agent = agent(is_encrypted, None, limits)?;
    let answer: Response<Body> = agent.run(request).map_err(|error| of_error(&error))?;
    if answer.status().as_u16() != 200 {
        return Err(of_answer(answer));
    }
    let mut text = String::new();
    let body = answer.into_body().into_reader().take(LONGEST).read_to_string(&mut text);
    body.map_err(|error| RemoteFault::Garbage(error.to_string()))?;
    Ok(text)
}

/// Reads the credentials out of an answer of the service.
fn read_credentials(text: &str) -> Result<KeptCredentials, RemoteFault> {
    let part = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (value, _) = rest.split_once(&format!("</{name}>"))?;
        let is_plain = value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<');
        (is_plain && !value.is_empty()).then(|| value.to_owned())
    };
    let read = || {
        let credentials = AwsCredentials {
            access_key: part("AccessKeyId")?,
            secret_key: part("SecretAccessKey")?,
            session_token: Some(part("SessionToken")?),
        };
        let ends = part("Expiration").and_then(|text| humantime::parse_rfc3339(&text).ok());
        // Without an end they are not kept.
        let ends = ends.map_or(0, |ends| Timestamp::from(ends).as_millis());
        Some(KeptCredentials { credentials, ends })
    };
    read().ok_or_else(|| RemoteFault::Garbage("the service for credentials gives none".to_owned()))
}

/// A form as it is sent.
fn form(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(byte.into());
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_identity_is_in_a_file_or_comes_from_github() {
        let named = |known: &'static [(&str, &str)]| {
            WebIdentity::named("eu-west-1", |name| {
                known.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
            })
        };
        let from_file =
            named(&[("AWS_ROLE_ARN", "r"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/f")]).expect("one");
        assert_eq!(from_file.service, "https://sts.eu-west-1.amazonaws.com/");
        assert_eq!(from_file.token, IdentityToken::File("/f".into()));
        let from_github = named(&[
            ("AWS_ROLE_ARN", "r"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "u"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer"),
        ]);
        let from_github = from_github.expect("one");
        let token = IdentityToken::GitHub { url: "u".into(), bearer: "bearer".into() };
        assert_eq!(from_github.token, token);
        assert!(!format!("{from_github:?}").contains("bearer"));
        assert_eq!(named(&[("AWS_ROLE_ARN", "r")]), None);
        assert_eq!(named(&[("AWS_WEB_IDENTITY_TOKEN_FILE", "/f")]), None);
    }

    #[test]
    fn the_values_of_a_form_are_encoded() {
        let form = form(&[("A", "arn:aws:iam::1:role/x"), ("B", "a+b=c~")]);
        assert_eq!(form, "A=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx&B=a%2Bb%3Dc~");
    }

    #[test]
    fn credentials_are_read_out_of_an_answer() {
        let text = "<R><Credentials><AccessKeyId>A</AccessKeyId>\n<SecretAccessKey>s/+=</SecretAccessKey>
            <SessionToken>t</SessionToken><Expiration>2013-05-24T00:00:00Z</Expiration></Credentials></R>";
        let kept = read_credentials(text).expect("credentials");
        assert_eq!(kept.ends, 1_369_353_600_000);
        assert_eq!(kept.credentials.secret_key, "s/+=");
        let line = text.replace("<SessionToken>t", "<SessionToken>a\r\nheader: b");
        assert!(read_credentials(&line).is_err());
        assert!(read_credentials("<html>").is_err());
    }

    proptest! {
        #[test]
        fn any_answer_has_credentials_or_is_a_fault(text in "\\PC{0,20}(<AccessKeyId>)?\\PC{0,80}") {
            let _ = read_credentials(&text);
        }
    }
}
