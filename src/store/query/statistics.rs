//! What the store holds and what its use saved, whole and per command.

use crate::key::decode_words;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::objects::owners;
use crate::store::sqlite::codec;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::AddAssign;
use std::time::Duration;

/// Counts and sums over some calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Entries that are stored now.
    pub entries: u64,
    /// Their bytes of output.
    pub output: u64,
    /// Replays, also of what is gone by now.
    pub hits: u64,
    /// Runs of which the result was stored.
    pub misses: u64,
    /// How long what was replayed had run.
    pub saved: Duration,
}

impl Totals {
    /// The part of the calls that were hits; `None` when there were no calls.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a share, for people")]
    pub fn hit_rate(&self) -> Option<f64> {
        let calls = self.calls();
        (calls > 0).then(|| self.hits as f64 / calls as f64)
    }

    /// Hits and misses.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.hits.saturating_add(self.misses)
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.entries = self.entries.saturating_add(other.entries);
        self.output = self.output.saturating_add(other.output);
        self.hits = self.hits.saturating_add(other.hits);
        self.misses = self.misses.saturating_add(other.misses);
        self.saved = self.saved.saturating_add(other.saved);
    }
}

/// What `stats` tells.
#[derive(Debug)]
pub struct Statistics {
    /// Bytes of the files.
    pub disk: u64,
    /// Over all commands.
    pub whole: Totals,
    /// The words that name each command, in whatever scope, and its totals; the busiest first.
    pub commands: Vec<(Vec<OsString>, Totals)>,
}

impl Store {
    /// Counts what is stored and what was used.
    ///
    /// # Errors
    /// As SQLite.
    pub fn statistics(&mut self) -> Result<Statistics, StoreError> {
        self.fold_uses()?;
        let database = std::fs::metadata(self.location.database())?.len();
        let disk = database.saturating_add(owners::total(self.database.connection()?)?);
        let sql = "SELECT name, hits, misses, saved, entries, output FROM command";
        let mut statement = self.database.connection()?.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let totals = Totals {
                hits: codec::unsigned(row.get(1)?),
                misses: codec::unsigned(row.get(2)?),
                saved: codec::millis(row.get(3)?),
                entries: codec::unsigned(row.get(4)?),
                output: codec::unsigned(row.get(5)?),
            };
            Ok((row.get_ref(0)?.as_blob().ok().and_then(decode_words), totals))
        })?;
        let mut whole = Totals::default();
        let mut commands: BTreeMap<Vec<OsString>, Totals> = BTreeMap::new();
        for row in rows {
            if let (Some(words), totals) = row? {
                whole += totals;
                *commands.entry(words).or_default() += totals;
            }
        }
        let mut commands: Vec<_> = commands.into_iter().collect();
        commands.sort_by_key(|(_, totals)| std::cmp::Reverse((totals.calls(), totals.saved)));
        Ok(Statistics { disk, whole, commands })
    }
}
