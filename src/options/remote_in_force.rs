//! The remote in force: the options about it, with their defaults, and its secrets.
//!
//! Knows nothing of the network.

use super::layer::Layer;
use super::sharing::{RemoteMode, SecretText, Sharing, SharingSecrets};
use super::source::Setting;
use crate::error::Error;
use std::time::Duration;

/// What is told if there is no remote.
const NO_REMOTE: &str = "no remote is set: name it with CACHEX_REMOTE or in the user's file";

/// How the result is shared, or why it is not, if an option speaks of that.
pub(super) fn sharing(options: &Layer) -> Result<Sharing, Option<&'static str>> {
    match (options.share.is_on(), remote_sharing(options)) {
        (false, None) => Err(None),
        (false, Some(_)) => Err(Some("--share is not set")),
        (true, None) => Err(Some(NO_REMOTE)),
        (true, Some(Sharing { mode: RemoteMode::Off, .. })) => Err(Some("--remote-mode is off")),
        (true, Some(sharing)) => Ok(sharing),
    }
}

/// The remote that is set, whether results are shared or not.
///
/// # Errors
/// When there is none.
pub fn remote_in_force(options: &Layer) -> Result<Sharing, Error> {
    remote_sharing(options).ok_or_else(|| Error::Usage(NO_REMOTE.to_owned()))
}

fn remote_sharing(options: &Layer) -> Option<Sharing> {
    options.remote.value().map(|remote| Sharing {
        remote: remote.clone(),
        mode: options.remote_mode.value_or(RemoteMode::Read),
        timeout: options.remote_timeout.value_or(Duration::from_secs(2)),
        min_time: options.remote_min_time.value_or(Duration::from_secs(1)),
        namespace: options.remote_namespace.value_or("main".to_owned()),
        read: options.remote_read.value_or(Vec::new()),
        platform: options.remote_platform.value().cloned(),
        epoch: options.remote_epoch.value_or(String::new()),
        secrets: secrets(options),
    })
}

fn secrets(options: &Layer) -> SharingSecrets {
    let Layer { remote_key, remote_sign_key, remote_trust, remote_token, .. } = options;
    let Layer { remote_token_file, remote_ca, .. } = options;
    let secret = |setting: &Setting<SecretText>| setting.value().cloned();
    let text = |setting: &Setting<String>| setting.value().cloned().map(SecretText::new);
    let trusted = remote_trust.value().map(|keys| keys.join(","));
    // An empty list is one as well: it trusts nobody.
    let trusted = remote_trust.given().map(|_| SecretText::new(trusted.unwrap_or_default()));
    SharingSecrets::new([
        ("CACHEX_REMOTE_KEY", secret(remote_key), remote_key.source()),
        ("CACHEX_REMOTE_SIGN_KEY", secret(remote_sign_key), remote_sign_key.source()),
        ("CACHEX_REMOTE_TRUST", trusted, remote_trust.source()),
        ("CACHEX_REMOTE_TOKEN", secret(remote_token), remote_token.source()),
        ("CACHEX_REMOTE_TOKEN_FILE", text(remote_token_file), remote_token_file.source()),
        ("CACHEX_REMOTE_CA", text(remote_ca), remote_ca.source()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::source::{Given, Source};

    fn set<T>(value: T) -> Setting<T> {
        Setting::new(Some(value), Given { words: vec!["x".into()], source: Source::Variable })
    }

    fn secret(text: &str) -> SecretText {
        SecretText::new(text.to_owned())
    }

    #[test]
    fn a_result_is_shared_only_if_that_is_asked_for_and_there_is_a_remote() {
        let address = || secret("https://cache");
        let shares = |share, remote, remote_mode| {
            sharing(&Layer { share, remote, remote_mode, ..Layer::default() })
        };
        let defaults = Sharing {
            remote: address(),
            mode: RemoteMode::Read,
            timeout: Duration::from_secs(2),
            min_time: Duration::from_secs(1),
            namespace: "main".to_owned(),
            read: Vec::new(),
            platform: None,
            epoch: String::new(),
            secrets: SharingSecrets::default(),
        };
        assert_eq!(shares(set(true), set(address()), Setting::default()), Ok(defaults.clone()));
        let reason = Some("--remote-mode is off");
        assert_eq!(shares(set(true), set(address()), set(RemoteMode::Off)), Err(reason));
        assert_eq!(shares(set(true), Setting::default(), Setting::default()), Err(Some(NO_REMOTE)));
        let reason = Some("--share is not set");
        assert_eq!(shares(Setting::default(), set(address()), Setting::default()), Err(reason));
        assert_eq!(shares(Setting::default(), Setting::default(), Setting::default()), Err(None));
        let not_asked = Layer { remote: set(address()), ..Layer::default() };
        assert_eq!(remote_in_force(&not_asked).expect("a remote"), defaults);
        assert!(remote_in_force(&Layer::default()).is_err());
    }

    #[test]
    fn secrets_have_the_names_of_their_variables() {
        let secrets = secrets(&Layer {
            remote_key: set(secret("key")),
            remote_sign_key: set(secret("seed")),
            remote_trust: set(vec!["a".to_owned(), "b".to_owned()]),
            remote_token: set(secret("token")),
            remote_token_file: set("/token".to_owned()),
            remote_ca: set("/ca".to_owned()),
            ..Layer::default()
        });
        for (name, value) in [
            ("CACHEX_REMOTE_KEY", "key"),
            ("CACHEX_REMOTE_SIGN_KEY", "seed"),
            ("CACHEX_REMOTE_TRUST", "a,b"),
            ("CACHEX_REMOTE_TOKEN", "token"),
            ("CACHEX_REMOTE_TOKEN_FILE", "/token"),
            ("CACHEX_REMOTE_CA", "/ca"),
        ] {
            assert_eq!(secrets.variable(name).as_deref(), Some(value), "{name}");
        }
    }

    #[test]
    fn an_empty_list_of_keys_trusts_nobody() {
        let trusts = |remote_trust| {
            let layer = Layer { remote_trust, ..Layer::default() };
            super::secrets(&layer).variable("CACHEX_REMOTE_TRUST")
        };
        let given = Given { words: Vec::new(), source: Source::Variable };
        assert_eq!(trusts(Setting::new(None, given)), Some(String::new()));
        assert_eq!(trusts(Setting::default()), None);
    }
}
