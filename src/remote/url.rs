//! The address of a remote: which protocol, which host, which path.
//!
//! User names and passwords are never shown: `Display` and `Debug` leave them out, and so does every error. A connection
//! that is not encrypted is allowed to this machine only, unless the address says `insecure+`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The protocol of a remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteProtocol {
    /// PUT, GET, HEAD and DELETE.
    Http,
    /// The same, signed as S3 wants it.
    S3,
    /// Redis, Valkey and their kin.
    Redis,
}

/// The address of a remote.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteUrl {
    /// How it is spoken to.
    pub protocol: RemoteProtocol,
    /// Whether by TLS.
    pub is_encrypted: bool,
    /// A name or an address; one of IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path with a leading slash and without one at the end; empty if there is none.
    pub path: String,
    /// The region of an S3 store, if the address names one.
    pub region: Option<String>,
    /// The user, decoded.
    pub user: Option<String>,
    /// The password, decoded.
    pub password: Option<String>,
    text: String,
}

/// Why an address cannot be used. It never contains the user or the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRemoteUrl(String);

const SCHEMES: [(&str, RemoteProtocol, bool, u16); 6] = [
    ("https", RemoteProtocol::Http, true, 443),
    ("http", RemoteProtocol::Http, false, 80),
    ("s3+https", RemoteProtocol::S3, true, 443),
    ("s3+http", RemoteProtocol::S3, false, 80),
    ("rediss", RemoteProtocol::Redis, true, 6379),
    ("redis", RemoteProtocol::Redis, false, 6379),
];

impl RemoteUrl {
    /// The address as it was given, user and password included: for the process that connects.
    #[must_use]
    pub fn with_secrets(&self) -> &str {
        &self.text
    }

    /// The host and, if it is not that of the scheme, the port.
    #[must_use]
    pub fn host_and_port(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == self.scheme().1 { host } else { format!("{host}:{}", self.port) }
    }

    fn scheme(&self) -> (&'static str, u16) {
        let found = SCHEMES.iter().find(|(_, protocol, is_encrypted, _)| {
            (*protocol, *is_encrypted) == (self.protocol, self.is_encrypted)
        });
        found.map_or(("", 0), |(scheme, _, _, port)| (scheme, *port))
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|host: IpAddr| host.is_loopback())
    }

    fn check(&self, may_be_insecure: bool) -> Result<(), String> {
        if self.is_encrypted && may_be_insecure {
            return Err("this address is encrypted: leave out insecure+".to_owned());
        }
        if !self.is_encrypted && !may_be_insecure && !self.is_local() {
            let (scheme, _) = self.scheme();
            let encrypted = scheme.replace("http", "https").replace("redis", "rediss");
            return Err(format!(
                "{scheme}:// to another machine is not encrypted: use {encrypted}://, or insecure+{scheme}:// in a network that you trust"
            ));
        }
        match self.protocol {
            RemoteProtocol::S3 if self.user.is_some() => Err(
                "an address for S3 takes no user: put the credentials into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                    .to_owned(),
            ),
            RemoteProtocol::S3 if self.path.is_empty() && self.host.split('.').count() < 3 => {
                Err("an address for S3 names a bucket: s3+https://HOST/BUCKET".to_owned())
            }
            RemoteProtocol::Redis if self.database().is_none() => {
                Err("the path of an address for Redis is the number of a database, as in redis://HOST/0".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The number of the database that an address for Redis names.
    #[must_use]
    pub fn database(&self) -> Option<u32> {
        if self.path.is_empty() { Some(0) } else { self.path[1..].parse().ok() }
    }
}

impl FromStr for RemoteUrl {
    type Err = InvalidRemoteUrl;

    fn from_str(text: &str) -> Result<Self, InvalidRemoteUrl> {
        parse(text).map_err(InvalidRemoteUrl)
    }
}

fn parse(text: &str) -> Result<RemoteUrl, String> {
    let (plain, may_be_insecure) = match text.strip_prefix("insecure+") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let split = plain.split_once("://").and_then(|(scheme, rest)| {
        let scheme = scheme.to_ascii_lowercase();
        Some((SCHEMES.iter().find(|(known, ..)| *known == scheme)?, rest))
    });
    let (&(_, protocol, is_encrypted, default_port), rest) = split.ok_or_else(|| {
        "an address of a remote starts with https://, s3+https:// or rediss://".to_owned()
    })?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (login, host) = match authority.rsplit_once('@') {
        Some((login, host)) => (Some(login), host),
        None => (None, authority),
    };
    let (host, port) = host_and_port(host)?;
    let (user, password) = login.map_or(Ok((None, None)), user_and_password)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let url = RemoteUrl {
        protocol,
        is_encrypted,
        host,
        port: port.unwrap_or(default_port),
        path: checked_path(path)?,
        region: region(query, protocol)?,
        user,
        password,
        text: text.to_owned(),
    };
    url.check(may_be_insecure)?;
    Ok(url)
}

fn host_and_port(text: &str) -> Result<(String, Option<u16>), String> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest
            .split_once(']')
            .ok_or_else(|| "an address of IPv6 stands between [ and ]".to_owned())?;
        let host: Ipv6Addr =
            host.parse().map_err(|_| "what stands between [ and ] is no IPv6".to_owned())?;
        (host.to_string(), port)
    } else {
        let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_of_name) {
            return Err("the address names no host, or one that is not ASCII".to_owned());
        }
        (host.to_ascii_lowercase(), port)
    };
    if port.is_empty() {
        return Ok((host, None));
    }
    let number = port.strip_prefix(':').filter(|port| port.bytes().all(|b| b.is_ascii_digit()));
    let number = number.and_then(|port| port.parse().ok()).filter(|port| *port != 0);
    let number = number.ok_or_else(|| "the port is no number from 1 to 65535".to_owned())?;
    Ok((host, Some(number)))
}

type Login = (Option<String>, Option<String>);

fn user_and_password(login: &str) -> Result<Login, String> {
    let decoded = |text: &str| {
        decoded(text).ok_or_else(|| {
            "the user or the password has a % that is no %XX: write % as %25".to_owned()
        })
    };
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(decoded(password)?)),
        None => (login, None),
    };
    Ok((Some(decoded(user)?), password))
}

/// The text with `%XX` replaced; `None` if there is a `%` of another kind, or control characters or no UTF-8 come out.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.chars().any(char::is_control))
}

fn checked_path(path: &str) -> Result<String, String> {
    if path.contains('#') {
        return Err("an address of a remote has no part after #".to_owned());
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if !path.bytes().all(is_plain) {
        return Err("the path has other characters than letters, digits and -._~/".to_owned());
    }
    if path.split('/').skip(1).any(|part| ["", ".", ".."].contains(&part)) {
        return Err("the path has an empty part, or . or ..".to_owned());
    }
    Ok(path.to_owned())
}

fn region(query: &str, protocol: RemoteProtocol) -> Result<Option<String>, String> {
    if query.is_empty() {
        return Ok(None);
    }
    let region = query.strip_prefix("region=").filter(|_| protocol == RemoteProtocol::S3);
    let is_name = |text: &&str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let region = region.filter(is_name).ok_or_else(|| {
        "after ? an address for S3 takes region=NAME, and other addresses nothing".to_owned()
    })?;
    Ok(Some(region.to_owned()))
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme().0, self.host_and_port(), self.path)
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> RemoteUrl {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refusal(text: &str) -> String {
        text.parse::<RemoteUrl>().expect_err(text).to_string()
    }

    #[test]
    fn the_parts_of_an_address_are_found() {
        let redis = url("rediss://ci:p%40ss@cache.example:6380/3");
        assert_eq!((redis.protocol, redis.is_encrypted), (RemoteProtocol::Redis, true));
        assert_eq!((redis.host.as_str(), redis.port), ("cache.example", 6380));
        assert_eq!((redis.user.as_deref(), redis.password.as_deref()), (Some("ci"), Some("p@ss")));
        assert_eq!(redis.database(), Some(3));
        let s3 = url("s3+https://s3.example/bucket/prefix/?region=eu-west-1");
        assert_eq!((s3.port, s3.path.as_str()), (443, "/bucket/prefix"));
        assert_eq!(s3.region.as_deref(), Some("eu-west-1"));
        let http = url("HTTP://[::1]:8080");
        assert_eq!((http.host.as_str(), http.port, http.path.as_str()), ("::1", 8080, ""));
        assert_eq!(http.to_string(), "http://[::1]:8080");
    }

    #[test]
    fn what_is_not_encrypted_stays_on_this_machine() {
        for local in ["http://localhost:1/x", "redis://127.0.0.1", "s3+http://[::1]:9/bucket"] {
            url(local);
        }
        for (far, instead) in [
            ("http://cache.example/x", "https://"),
            ("redis://10.0.0.1", "rediss://"),
            ("s3+http://s3.example/bucket", "s3+https://"),
        ] {
            let refusal = refusal(far);
            assert!(refusal.contains(&format!("use {instead}, or insecure+")), "{refusal}");
            assert!(!url(&format!("insecure+{far}")).is_encrypted);
        }
        assert!(refusal("insecure+https://cache.example").contains("leave out insecure+"));
    }

    #[test]
    fn a_refusal_says_what_to_do_instead() {
        for (text, part) in [
            ("cache.example", "starts with https://"),
            ("ftp://cache.example", "starts with https://"),
            ("https://", "no host"),
            ("https://cäche.example", "not ASCII"),
            ("https://host:0", "no number"),
            ("https://host:+1", "no number"),
            ("https://host:99999", "no number"),
            ("https://[::1", "between [ and ]"),
            ("https://[cache]", "no IPv6"),
            ("https://host/a b", "other characters"),
            ("https://host/a//b", "empty part"),
            ("https://host/../b", ".."),
            ("https://host/a#b", "after #"),
            ("https://host/a?token=b", "nothing"),
            ("rediss://host/cache", "number of a database"),
            ("rediss://user:10%@host", "write % as %25"),
            ("s3+https://key:secret@s3.example/bucket", "AWS_ACCESS_KEY_ID"),
            ("s3+https://localhost", "names a bucket"),
        ] {
            let refusal = refusal(text);
            assert!(refusal.contains(part), "{text}: {refusal}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_address_or_is_refused(text in "\\PC{0,60}") {
            let _ = text.parse::<RemoteUrl>();
        }

        #[test]
        fn secrets_are_never_shown(
            scheme in "(https|redis|rediss|http|s3\\+https|ftp)",
            secret in "HIDDEN[%@:/?#A-Za-z0-9]{0,12}",
            host in "(localhost|[a-z]{1,8}|\\[::1\\])",
            rest in "[a-z0-9/?#%:]{0,8}",
        ) {
            let text = format!("{scheme}://user{secret}:{secret}@{host}{rest}");
            let shown = match text.parse::<RemoteUrl>() {
                Ok(url) => format!("{url} {url:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!shown.to_uppercase().contains("HIDDEN"), "{shown}");
        }

        #[test]
        fn an_address_as_shown_is_the_same_address(
            scheme in "(https|s3\\+https|rediss)",
            host in "([a-z]{1,8}\\.[a-z]{1,5}\\.net|\\[2001:db8::[1-9]\\])",
            port in prop::option::of(1u16..),
        ) {
            let port = port.map_or(String::new(), |port| format!(":{port}"));
            let path = if scheme == "rediss" { "/1" } else { "/bucket/a" };
            let first = url(&format!("{scheme}://{host}{port}{path}"));
            let second = url(&first.to_string());
            prop_assert_eq!(first.to_string(), second.to_string());
            prop_assert_eq!((first.host, first.port), (second.host, second.port));
        }
    }
}
