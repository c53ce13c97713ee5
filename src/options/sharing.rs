//! What is shared with other machines, and by which remote: the values of the options.
//!
//! Knows nothing of the network. A build without remotes refuses an address.

use super::shape::Secrecy;
use super::source::{FilePlace, Source};
use super::values::BadValue;
use crate::home;
#[cfg(feature = "remote")]
use crate::remote::Secrets;
#[cfg(feature = "remote")]
use crate::remote::access::access;
#[cfg(feature = "remote")]
use crate::remote::engine::RemoteAccess;
use crate::terminal::escape_os;
use crate::time::Lifetime;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// By which remote results are shared, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// Its address, which may hold a password.
    pub remote: SecretText,
    /// `--remote-mode`.
    pub mode: RemoteMode,
    /// `--remote-timeout`.
    pub timeout: Duration,
    /// `--remote-min-time`.
    pub min_time: Duration,
    /// `--remote-namespace`.
    pub namespace: String,
    /// `--remote-read`.
    pub read: Vec<String>,
    /// `--remote-platform`.
    pub platform: Option<String>,
    /// `--remote-epoch`.
    pub epoch: String,
    /// The secrets, and what else is no flag.
    pub secrets: SharingSecrets,
}

/// A text that nothing shows.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText")
    }
}

/// The secrets for a remote, and what else only variables and the user's own file may set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharingSecrets(Vec<SharingSecret>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SharingSecret {
    /// The variable that sets it.
    variable: &'static str,
    value: SecretText,
    /// Where it comes from, if that is a file.
    place: Option<Rc<FilePlace>>,
}

impl SharingSecrets {
    /// Each of them, with its variable and its source.
    pub(super) fn new<'s>(
        all: impl IntoIterator<Item = (&'static str, Option<SecretText>, Option<&'s Source>)>,
    ) -> Self {
        let secret = |(variable, value, source): (_, Option<SecretText>, Option<&Source>)| {
            let place = match source {
                Some(Source::File(place)) => Some(Rc::clone(place)),
                _ => None,
            };
            Some(SharingSecret { variable, value: value?, place })
        };
        Self(all.into_iter().filter_map(secret).collect())
    }

    /// The value that a variable of this name has, or would have.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.0.iter().find(|secret| secret.variable == name).map(|secret| secret.value.0.clone())
    }

    /// A message that begins with a variable. If its value comes from a file, it is about the key there.
    #[cfg(feature = "remote")]
    fn with_source(&self, message: &str) -> String {
        let of_file = self.0.iter().find_map(|SharingSecret { variable, place, .. }| {
            let (place, rest) = (place.as_ref()?, message.strip_prefix(variable)?);
            let is_whole = rest.starts_with([' ', ':']);
            let key = variable.strip_prefix("CACHEX_")?.to_lowercase().replace('_', "-");
            is_whole.then(|| format!("{place}: {key}{rest}"))
        });
        of_file.unwrap_or_else(|| message.to_owned())
    }
}

#[cfg(feature = "remote")]
impl Sharing {
    /// The keys of this machine.
    ///
    /// # Errors
    /// What is missing or cannot be used, and where it was set.
    pub fn keys(&self) -> Result<Secrets, String> {
        let secrets = Secrets::new(|name| self.secrets.variable(name));
        secrets.map_err(|bad| self.secrets.with_source(&bad.to_string()))
    }

    /// The remote, and by what right it is used.
    ///
    /// # Errors
    /// The same.
    pub fn access(&self) -> Result<RemoteAccess, String> {
        let access = access(&self.remote.0, |name| self.secrets.variable(name));
        access.map_err(|bad| self.secrets.with_source(&bad))
    }
}

/// Reads a secret. What is wrong with it is told without it.
pub(super) fn secret(words: &[OsString]) -> Result<SecretText, BadValue> {
    let text = words.last().and_then(|word| word.to_str());
    let bad = || BadValue { word: "...".into(), reason: "expected UTF-8".to_owned() };
    text.map(|text| SecretText(text.to_owned())).ok_or_else(bad)
}

/// The path of a file.
pub(super) fn file(word: &OsStr) -> Result<String, String> {
    let path = home::expanded(word.to_owned())?;
    path.into_string().map_err(|_| "expected UTF-8".to_owned())
}

/// What this machine does with a remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteMode {
    /// Nothing.
    Off,
    /// It asks for results.
    Read,
    /// It gives results.
    Write,
    /// Both.
    ReadWrite,
}

impl RemoteMode {
    /// Whether it asks for results.
    pub fn reads(self) -> bool {
        matches!(self, Self::Read | Self::ReadWrite)
    }

    /// Whether it gives results.
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::ReadWrite)
    }
}

pub(super) fn mode(word: &OsStr) -> Result<RemoteMode, String> {
    match word.to_str() {
        Some("off") => Ok(RemoteMode::Off),
        Some("read") => Ok(RemoteMode::Read),
        Some("write") => Ok(RemoteMode::Write),
        Some("read-write") => Ok(RemoteMode::ReadWrite),
        _ => Err("expected off, read, write or read-write".to_owned()),
    }
}

/// A time that ends.
pub(super) fn duration(word: &OsStr) -> Result<Duration, String> {
    let text = word.to_str().ok_or_else(|| "expected UTF-8".to_owned())?;
    match text.parse()? {
        Lifetime::For(duration) => Ok(duration),
        Lifetime::Unlimited => Err("expected a duration that ends".to_owned()),
    }
}

/// The address of a remote. The last one counts; what is wrong with it is told without its user and password.
pub(super) fn remote(words: &[OsString]) -> Result<SecretText, BadValue> {
    let word = words.last().map(OsString::as_os_str).unwrap_or_default();
    let bad = |reason| BadValue { word: without_login(word), reason };
    let text = word.to_str().ok_or_else(|| bad("expected UTF-8".to_owned()))?;
    check_remote(text).map_err(bad)?;
    Ok(SecretText(text.to_owned()))
}

/// Words as they may be shown.
pub(super) fn shown(secrecy: Secrecy, words: Vec<OsString>) -> Vec<OsString> {
    match secrecy {
        Secrecy::None => words,
        Secrecy::Login => words.iter().map(|word| without_login(word)).collect(),
        Secrecy::Value if words.is_empty() => words,
        Secrecy::Value => vec!["set".into()],
    }
}

/// Whether the text is an address with a password in it.
pub(super) fn has_password(text: &str) -> bool {
    let login = text.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    login.is_some_and(|(login, _)| login.contains(':'))
}

/// A word with dots in place of the user and the password of an address.
pub fn without_login(word: &OsStr) -> OsString {
    let text = escape_os(word);
    let Some((scheme, rest)) = text.split_once("://") else { return word.to_owned() };
    // A password may hold any character, if it was not escaped.
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://...@{host}").into(),
        None => word.to_owned(),
    }
}

#[cfg(feature = "remote")]
fn check_remote(text: &str) -> Result<(), String> {
    let read = text.parse::<crate::remote::url::RemoteUrl>();
    read.map(drop).map_err(|bad| bad.to_string())
}

#[cfg(not(feature = "remote"))]
fn check_remote(_: &str) -> Result<(), String> {
    Err("this cachex was built without remotes".to_owned())
}

/// The name that results are kept under.
#[cfg(feature = "remote")]
pub(super) fn namespace(word: &OsStr) -> Result<String, String> {
    let text = word.to_str().ok_or_else(|| "expected UTF-8".to_owned())?;
    text.parse::<crate::remote::Namespace>().map(|namespace| namespace.to_string())
}

#[cfg(not(feature = "remote"))]
pub(super) fn namespace(word: &OsStr) -> Result<String, String> {
    super::values::text(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_user_and_password() {
        let shown = |word: &str| without_login(OsStr::new(word)).into_string().expect("text");
        assert_eq!(shown("redis://u:p@ss@host:1/0"), "redis://...@host:1/0");
        assert_eq!(shown("redis://u:p/w@host"), "redis://...@host");
        assert_eq!(shown("https://host/a"), "https://host/a");
        assert_eq!(shown("u:p"), "u:p");
    }

    #[test]
    fn a_secret_is_not_among_the_words_that_are_shown() {
        let words =
            |secrecy, words: &[&str]| shown(secrecy, words.iter().map(OsString::from).collect());
        assert_eq!(words(Secrecy::Value, &["key"]), ["set"]);
        assert!(words(Secrecy::Value, &[]).is_empty(), "an explicit default");
        assert_eq!(words(Secrecy::Login, &["redis://u:p@host"]), ["redis://...@host"]);
        assert_eq!(words(Secrecy::None, &["key", "u:p"]), ["key", "u:p"]);
    }

    #[test]
    fn a_password_in_an_address_is_seen() {
        for (text, has) in [
            ("redis://u:p@ss@host:1/0", true),
            ("redis://:p@host", true),
            ("redis://u@host:1", false),
            ("https://host:1/a", false),
            ("u:p@host", false),
        ] {
            assert_eq!(has_password(text), has, "{text}");
        }
    }

    #[test]
    fn a_mode_says_who_may_do_what() {
        let does = |word: &str| {
            let mode = mode(OsStr::new(word)).expect("a mode");
            (mode.reads(), mode.writes())
        };
        assert_eq!(does("off"), (false, false));
        assert_eq!(does("read"), (true, false));
        assert_eq!(does("write"), (false, true));
        assert_eq!(does("read-write"), (true, true));
        assert!(mode(OsStr::new("both")).is_err());
    }

    #[test]
    fn a_time_ends() {
        assert_eq!(duration(OsStr::new("1.5")), Ok(Duration::from_millis(1500)));
        assert!(duration(OsStr::new("none")).is_err());
        assert!(duration(OsStr::new("-1")).is_err());
    }
}
