//! Eviction: `--max-entries` and `--max-size`.
//!
//! `--max-entries` evicts expired entries first, then those stored earliest. `--max-size` evicts the least recently used
//! entries, and counts the database and all objects. Everything happens in the caller's write transaction.

use super::tombstones::{self, RemovalCause};
use super::{command_totals, retention};
use crate::exit::Exit;
use crate::size::Size;
use crate::store::error::StoreError;
use crate::store::objects::owners;
use crate::store::sqlite::space;
use crate::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;

/// Bytes that an entry needs beside its output: its row, and its share of the indexes.
pub(in crate::store) const OVERHEAD: u64 = 4 << 10;

/// More bytes than the words of a command line ever need.
const MARGIN: u64 = 16 << 20;

/// An entry as `--max-entries` sees it.
#[derive(Clone, Copy, Debug)]
struct EvictionCandidate {
    id: i64,
    created: Timestamp,
    expired: bool,
}

/// The ids to remove so that at most `keep` entries stay: expired ones first, then those stored earliest.
fn victims(mut candidates: Vec<EvictionCandidate>, keep: usize) -> Vec<i64> {
    let excess = candidates.len().saturating_sub(keep);
    candidates.sort_by_key(|c| (!c.expired, c.created, c.id));
    candidates.iter().take(excess).map(|c| c.id).collect()
}

/// Evicts entries of a command until one more fits under `--max-entries`. Returns how many were evicted.
pub(in crate::store) fn make_room_in_command(
    connection: &Connection,
    command: i64,
    max_entries: u64,
    is_expired: &dyn Fn(Exit, Timestamp) -> bool,
) -> Result<usize, StoreError> {
    let mut statement =
        connection.prepare("SELECT id, created, exit FROM entry WHERE command = ?1")?;
    let candidates = statement
        .query_map([command], |row| {
            let created = Timestamp::from_millis(row.get(1)?);
            let exit = u8::try_from(row.get::<_, i64>(2)?).map(Exit::Code);
            let expired = exit.map_or(true, |exit| is_expired(exit, created));
            Ok(EvictionCandidate { id: row.get(0)?, created, expired })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let keep = usize::try_from(max_entries.saturating_sub(1)).unwrap_or(usize::MAX);
    let victims = victims(candidates, keep);
    for id in &victims {
        tombstones::note(connection, *id, RemovalCause::Evicted, Timestamp::now())?;
        remove(connection, *id)?;
    }
    Ok(victims.len())
}

/// Whether `needed` bytes certainly fit. The length of the files is an upper bound, and quick to find.
pub(in crate::store) fn has_room(connection: &Connection, max_size: Size, needed: u64) -> bool {
    file_length(connection).is_some_and(|length| length.saturating_add(needed) <= max_size.0)
}

/// Evicts the least recently used entries until `needed` bytes fit under `--max-size`. Returns how many were evicted, or
/// `None` if that much can never fit.
pub(in crate::store) fn make_room_in_store(
    connection: &Connection,
    max_size: Size,
    needed: u64,
) -> Result<Option<usize>, StoreError> {
    if has_room(connection, max_size, needed) {
        return Ok(Some(0));
    }
    evict(connection, max_size, needed, None)
}

/// The same once the newest entry is stored, which stays. Only then is known how many bytes it needs: its words count,
/// and pages are never quite full.
pub(in crate::store) fn make_room_for_newest(
    connection: &Connection,
    max_size: Size,
    needed: u64,
    newest: i64,
) -> Result<Option<usize>, StoreError> {
    // Usually far more fits, which is quicker to find out.
    let far_more = needed.saturating_mul(2).saturating_add(MARGIN);
    if file_length(connection).is_some_and(|length| length.saturating_add(far_more) <= max_size.0) {
        return Ok(Some(0));
    }
    evict(connection, max_size, 0, Some(newest))
}

/// Evicts entries, except the one that `stays`, until `needed` bytes fit; at last everything that is kept beside entries.
/// Returns how often something was removed.
fn evict(
    connection: &Connection,
    max_size: Size,
    needed: u64,
    stays: Option<i64>,
) -> Result<Option<usize>, StoreError> {
    let (mut removed, mut is_bare) = (0, false);
    while used_bytes(connection)?.saturating_add(needed) > max_size.0 {
        match least_recently_used(connection, stays)? {
            Some(victim) => {
                tombstones::note(connection, victim, RemovalCause::Evicted, Timestamp::now())?;
                remove(connection, victim)?;
            }
            None if is_bare => return Ok(None),
            None => {
                retention::forget(connection)?;
                is_bare = true;
            }
        }
        removed += 1;
    }
    Ok(Some(removed))
}

/// How long the database and all objects are; `None` if that cannot be found out quickly.
fn file_length(connection: &Connection) -> Option<u64> {
    let database = Path::new(connection.path()?).metadata().ok()?.len();
    Some(database.saturating_add(owners::total(connection).ok()?))
}

/// The entry to evict next. An entry from the future comes first: it is of no use until then, and would outlive all
/// others.
fn least_recently_used(
    connection: &Connection,
    stays: Option<i64>,
) -> Result<Option<i64>, StoreError> {
    let first = |condition: &str| {
        let sql = format!(
            "SELECT id FROM entry WHERE used {condition} AND id IS NOT ?2 ORDER BY used, id LIMIT 1"
        );
        let parameters = params![Timestamp::now().as_millis(), stays];
        connection.query_row(&sql, parameters, |row| row.get(0)).optional()
    };
    match first("> ?1")? {
        None => Ok(first("<= ?1")?),
        future => Ok(future),
    }
}

/// How long the database, once it has shrunk, and all objects are, in bytes.
pub(in crate::store) fn used_bytes(connection: &Connection) -> Result<u64, StoreError> {
    Ok(space::shrunk(connection)?.saturating_add(owners::total(connection)?))
}

/// Removes an entry and its output. Returns whether it existed.
pub(in crate::store) fn remove(connection: &Connection, id: i64) -> Result<bool, StoreError> {
    let sql = "DELETE FROM entry WHERE id = ?1 RETURNING command, body IS NULL";
    let removed: Option<(i64, bool)> =
        connection.query_row(sql, [id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((command, is_long)) = removed else { return Ok(false) };
    if is_long {
        owners::disown(connection, id)?;
    }
    command_totals::note_loss(connection, command)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidate() -> impl Strategy<Value = (i64, bool)> {
        (0i64..50, any::<bool>())
    }

    proptest! {
        #[test]
        fn the_expired_go_first_then_the_oldest(
            drawn in proptest::collection::vec(candidate(), 0..20),
            keep in 0usize..20,
        ) {
            let candidates: Vec<_> = drawn.iter().zip(1..)
                .map(|((created, expired), id)| EvictionCandidate {
                    id, created: Timestamp::from_millis(*created), expired: *expired })
                .collect();
            let gone = victims(candidates.clone(), keep);
            prop_assert_eq!(gone.len(), candidates.len().saturating_sub(keep));
            let (gone, kept): (Vec<_>, Vec<_>) =
                candidates.into_iter().partition(|c| gone.contains(&c.id));
            for (gone, kept) in gone.iter().flat_map(|g| kept.iter().map(move |k| (g, k))) {
                prop_assert!(gone.expired >= kept.expired);
                if gone.expired == kept.expired {
                    prop_assert!(gone.created <= kept.created);
                }
            }
        }
    }
}
