//! Credentials that hold for a while, in a private file: to ask for new ones takes longer than to fetch an object.

use crate::private_directory::open_private;
use crate::remote::engine::signature::AwsCredentials;
use crate::time::Timestamp;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// How long before their end credentials are no longer used: a transfer may take a while, and clocks differ.
const MARGIN_MILLIS: i64 = 5 * 60 * 1000;

/// Bytes of a file that are read.
const MOST: u64 = 64 << 10;

/// Credentials with their end.
#[derive(Serialize, Deserialize)]
pub struct KeptCredentials {
    /// The credentials.
    pub credentials: AwsCredentials,
    /// When they end, in milliseconds since the epoch.
    pub ends: i64,
}

/// The file for credentials of an identity.
pub fn file_for(directory: &Path, identity: &[u8]) -> PathBuf {
    directory.join(format!("aws-{}", blake3::hash(identity).to_hex()))
}

/// The credentials in a file, if they still hold. What cannot be read is not there.
pub fn load(file: &Path) -> Option<AwsCredentials> {
    let mut text = Vec::new();
    fs::File::open(file).ok()?.take(MOST).read_to_end(&mut text).ok()?;
    let kept: KeptCredentials = serde_json::from_slice(&text).ok()?;
    let until = kept.ends.checked_sub(MARGIN_MILLIS)?;
    (Timestamp::now().as_millis() < until).then_some(kept.credentials)
}

/// Keeps credentials. Without them the next transfer asks again.
pub fn store(file: &Path, kept: &KeptCredentials) {
    let new = file.with_extension(std::process::id().to_string());
    let written = open_private(&new, OFlags::WRONLY | OFlags::TRUNC).and_then(|mut opened| {
        opened.write_all(&serde_json::to_vec(kept)?)?;
        fs::rename(&new, file)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn credentials_are_kept_for_their_owner_until_shortly_before_their_end() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = file_for(directory.path(), b"role");
        assert!(load(&file).is_none());
        let now = Timestamp::now().as_millis();
        for (ends, holds) in [(now + 3_600_000, true), (now + 60_000, false), (i64::MIN, false)] {
            let credentials = AwsCredentials {
                access_key: "a".into(),
                secret_key: "s".into(),
                session_token: Some("t".into()),
            };
            assert_eq!(format!("{credentials:?}"), "AwsCredentials");
            store(&file, &KeptCredentials { credentials: credentials.clone(), ends });
            assert_eq!(load(&file), holds.then_some(credentials));
            assert_eq!(fs::metadata(&file).expect("there").mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 1);
        fs::write(&file, "no JSON").expect("written");
        assert!(load(&file).is_none());
    }
}
