//! A remote as the tests use it.

use cachex::remote::engine::{
    Deleted, FoundObject, PutCondition, PutDone, PutTerms, RemoteAccess, RemoteEngine, RemoteFault,
    TransferLimits, open,
};
use cachex::time::Timestamp;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// The most bytes of an object in tests.
pub const BOUND: u64 = 1 << 20;

/// A remote. Each request is a transfer of its own.
#[derive(Clone)]
pub struct Remote(pub RemoteAccess);

impl Remote {
    /// The remote with that address.
    pub fn at(url: &str) -> Self {
        let url = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
        Self(RemoteAccess { url, token: None, ca: None })
    }

    /// The same with a token.
    pub fn with_token(mut self, token: &str) -> Self {
        self.0.token = Some(token.to_owned());
        self
    }

    /// The same with other roots.
    pub fn with_ca(mut self, ca: impl Into<PathBuf>) -> Self {
        self.0.ca = Some(ca.into());
        self
    }

    fn open(&self) -> Result<Box<dyn RemoteEngine>, RemoteFault> {
        open(&self.0, TransferLimits::within(Duration::from_secs(2)))
    }

    /// The bytes of an object.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, RemoteFault> {
        Ok(self.found(name)?.map(|(bytes, _)| bytes))
    }

    /// An object, with the engine's clock.
    pub fn found(&self, name: &str) -> Result<Option<(Vec<u8>, FoundObject)>, RemoteFault> {
        let mut bytes = Vec::new();
        let found = self.open()?.get(name, &mut bytes, BOUND)?;
        Ok(found.map(|found| (bytes, found)))
    }

    /// Puts bytes in place of others.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<PutDone, RemoteFault> {
        self.put(name, bytes, PutCondition::Replace, None)
    }

    /// Puts bytes if there are none.
    pub fn put_if_absent(&self, name: &str, bytes: &[u8]) -> Result<PutDone, RemoteFault> {
        self.put(name, bytes, PutCondition::IfAbsent, None)
    }

    /// Puts bytes.
    pub fn put(
        &self,
        name: &str,
        bytes: &[u8],
        condition: PutCondition,
        lifetime: Option<Duration>,
    ) -> Result<PutDone, RemoteFault> {
        let body = file_of(bytes);
        self.open()?.put(name, &body, bytes.len() as u64, PutTerms { condition, lifetime })
    }

    /// Removes an object.
    pub fn delete(&self, name: &str) -> Result<Deleted, RemoteFault> {
        self.open()?.delete(name)
    }

    /// The engine's clock.
    pub fn now(&self, name: &str) -> Result<Timestamp, RemoteFault> {
        self.open()?.now(name)
    }
}

/// An unnamed file with these bytes.
pub fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    file
}

/// Whether two moments are less than two seconds apart.
pub fn is_near(one: Timestamp, other: Timestamp) -> bool {
    one.as_millis().abs_diff(other.as_millis()) < 2000
}
