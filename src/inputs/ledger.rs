//! What a traced run asked and changed, in the order in which it happened.

use super::doubt::Doubt;
use super::look::Look;
use super::refusal::NotTraceable;
use super::seen::SeenInputs;
use super::terms::TraceTerms;
use super::write_kind::{RenameKind, WriteKind};
use crate::time::Timestamp;

/// Listens to a run. Everything is announced before the kernel does it, so that it can be seen as it was.
///
/// Paths are absolute, with any bytes, as they were asked for: relative ones are joined to the directory that they
/// begin at. `..` stays, since only the kernel knows where it leads.
#[derive(Debug)]
pub struct Ledger {
    terms: TraceTerms,
    doubts: Vec<Doubt>,
    is_blind: bool,
}

impl Ledger {
    /// Begins to listen.
    #[must_use]
    pub fn new(terms: TraceTerms) -> Self {
        Self { terms, doubts: Vec::new(), is_blind: false }
    }

    /// The run asks something of a path. `follow`: a link at its end is followed.
    pub fn look(&mut self, path: &[u8], follow: bool, look: Look) {
        let _ = (follow, look, self.terms.ignores(path));
    }

    /// The run is about to change what a path leads to.
    pub fn before_write(&mut self, path: &[u8], follow: bool, kind: WriteKind) {
        let _ = (path, follow, kind);
    }

    /// The run is about to rename `source` to `target`.
    pub fn before_rename(&mut self, source: &[u8], target: &[u8], kind: RenameKind) {
        let _ = (source, target, kind);
    }

    /// The run is about to make a hard link `target` to `source`; `follow`: to what a link at its end leads to.
    pub fn before_link(&mut self, source: &[u8], follow: bool, target: &[u8]) {
        let _ = (source, follow, target);
    }

    /// The run did something that files do not tell of.
    pub fn doubt(&mut self, doubt: Doubt) {
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }

    /// From now on no file is touched: the run may serve a file system itself, and would wait for us.
    pub fn blind(&mut self) {
        self.is_blind = true;
        self.doubt(Doubt::Mount);
    }

    /// The run has ended. `expires`: its result is only stored for a finite time. `now` is a moment before this call.
    ///
    /// # Errors
    /// Why the result must not be stored.
    pub fn finish(
        self,
        secret: &[u8],
        expires: bool,
        now: Timestamp,
    ) -> Result<SeenInputs, NotTraceable> {
        let _ = (secret, expires, now, self.is_blind);
        Err(NotTraceable::Doubt(Doubt::Unwatched))
    }
}
