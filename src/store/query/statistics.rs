//! Statistics: the contents of the store and the time that it saved, in total and per command.

use crate::key::decode_words;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::objects::owners;
use crate::store::remote_uses::RemoteUses;
use crate::store::sqlite::{codec, rows};
use rusqlite::Row;
use std::ffi::OsString;
use std::time::Duration;

/// Counts and sums over some calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Entries that are stored now.
    pub entries: u64,
    /// Their bytes of output.
    pub output: u64,
    /// Replays, including those of entries that were removed since.
    pub hits: u64,
    /// Runs whose results were stored.
    pub misses: u64,
    /// The time that replays saved: the running time of each replayed result, once per replay.
    pub saved: Duration,
}

impl Totals {
    /// The part of the calls that were hits; `None` when there were no calls.
    #[allow(clippy::cast_precision_loss, reason = "a share, for people")]
    pub fn hit_rate(&self) -> Option<f64> {
        let calls = self.calls();
        (calls > 0).then(|| self.hits as f64 / calls as f64)
    }

    /// Hits and misses.
    pub fn calls(&self) -> u64 {
        self.hits.saturating_add(self.misses)
    }
}

/// The statistics of a store.
#[derive(Debug)]
pub struct Statistics {
    /// Bytes of the files.
    pub disk: u64,
    /// Over all commands.
    pub whole: Totals,
    /// What calls and pushes had of a remote; `None` if none was ever used.
    pub remote: Option<RemoteUses>,
    /// The words that name each command, and its totals over all scopes; the busiest command first.
    pub commands: Vec<(Vec<OsString>, Totals)>,
}

impl Store {
    /// Counts entries and their uses.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn statistics(&mut self) -> Result<Statistics, StoreError> {
        self.fold_uses()?;
        let connection = self.database.connection()?;
        let database = std::fs::metadata(self.location.database())?.len();
        let disk = database.saturating_add(owners::total(connection)?);
        let whole = connection.query_row(&format!("SELECT {SUMS} FROM command"), [], totals)?;
        let remote = RemoteUses::find(connection)?;
        let sql = format!(
            "SELECT {SUMS}, name FROM command GROUP BY name
             ORDER BY sum_of_hits + sum_of_misses DESC, sum_of_saved DESC, name"
        );
        let commands = rows::all(connection, &sql, [], |row| {
            let words = row.get_ref(5)?.as_blob().ok().and_then(decode_words);
            words.map(|words| Ok((words, totals(row)?))).transpose()
        })?;
        let commands = commands.into_iter().flatten().collect();
        Ok(Statistics { disk, whole, remote, commands })
    }
}

/// The totals of several commands. Floating point, since a damaged store may hold any number, and a sum that overflows
/// is an error.
const SUMS: &str =
    "CAST(total(max(entries, 0)) AS INTEGER), CAST(total(max(output, 0)) AS INTEGER),
    CAST(total(max(hits, 0)) AS INTEGER) AS sum_of_hits,
    CAST(total(max(misses, 0)) AS INTEGER) AS sum_of_misses,
    CAST(total(max(saved, 0)) AS INTEGER) AS sum_of_saved";

fn totals(row: &Row<'_>) -> rusqlite::Result<Totals> {
    Ok(Totals {
        entries: codec::unsigned(row.get(0)?),
        output: codec::unsigned(row.get(1)?),
        hits: codec::unsigned(row.get(2)?),
        misses: codec::unsigned(row.get(3)?),
        saved: codec::millis(row.get(4)?),
    })
}
