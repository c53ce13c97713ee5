//! Eviction: `--max-entries` and `--max-size`.
//!
//! `--max-entries` removes expired entries first and then the oldest stored, `--max-size` the least recently used. One
//! call removes at most [`AT_ONCE`] entries, so that others need not wait long: a limit that is far exceeded is reached
//! by several calls.

use super::entries::{self, Cleared, OVERHEAD};
use super::retention;
use super::tombstones::RemovalCause;
use crate::exit::Exit;
use crate::size::Size;
use crate::store::error::StoreError;
use crate::store::objects::owners;
use crate::store::query::of_command;
use crate::store::sqlite::{codec, rows, space};
use crate::time::Timestamp;
use rusqlite::{Connection, params};
use std::path::Path;

/// The most entries that one transaction removes.
pub(super) const AT_ONCE: usize = 10_000;

/// More than the words of a command line ever take.
const MARGIN: u64 = 16 << 20;

/// An entry as `--max-entries` sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct EvictionCandidate {
    id: i64,
    created: Timestamp,
    expired: bool,
}

/// The `excess` entries to remove: the expired first, then the oldest stored.
fn victims(mut candidates: Vec<EvictionCandidate>, excess: usize) -> Vec<i64> {
    candidates.sort_by_key(|c| (!c.expired, c.created, c.id));
    candidates.dedup();
    candidates.iter().take(excess).map(|c| c.id).collect()
}

/// Makes room for one more entry of a command under `--max-entries`. Returns the number of entries removed.
pub(super) fn make_room_in_command(
    connection: &Connection,
    (command, entries): (i64, i64),
    max_entries: u64,
    is_expired: &dyn Fn(Exit, Timestamp) -> bool,
) -> Result<usize, StoreError> {
    let excess = codec::unsigned(entries).saturating_add(1).saturating_sub(max_entries);
    let excess = usize::try_from(excess).unwrap_or(usize::MAX).min(AT_ONCE);
    if excess == 0 {
        return Ok(0);
    }
    let candidates = candidates(connection, command, excess, is_expired)?;
    let victims = victims(candidates, excess);
    entries::remove(connection, &victims, Some(RemovalCause::Evicted), Timestamp::now())?;
    Ok(victims.len())
}

/// Entries of a command among which the `excess` victims are. Entries of one exit code expire in the order of their
/// dates, except that those from the future have expired too.
fn candidates(
    connection: &Connection,
    command: i64,
    excess: usize,
    is_expired: &dyn Fn(Exit, Timestamp) -> bool,
) -> Result<Vec<EvictionCandidate>, StoreError> {
    let of_exit = "SELECT id, created FROM entry WHERE command = ?1 AND exit = ?2";
    let oldest = format!("{of_exit} ORDER BY created, id LIMIT ?3");
    let future = format!("{of_exit} AND created > ?4 ORDER BY created, id LIMIT ?3");
    let excess = i64::try_from(excess).unwrap_or(i64::MAX);
    let now = Timestamp::now().as_millis();
    let mut candidates = Vec::new();
    for exit in of_command::exits(connection, command)? {
        let candidate = |row: &rusqlite::Row<'_>| {
            let created = Timestamp::from_millis(row.get(1)?);
            let expired = u8::try_from(exit).map_or(true, |it| is_expired(Exit::Code(it), created));
            Ok(EvictionCandidate { id: row.get(0)?, created, expired })
        };
        candidates.extend(rows::all(connection, &oldest, [command, exit, excess], candidate)?);
        let parameters = [command, exit, excess, now];
        candidates.extend(rows::all(connection, &future, parameters, candidate)?);
    }
    Ok(candidates)
}

/// Whether there is room for sure. The files are at least as long as their content, and their length is known more
/// quickly.
pub(super) fn has_room(connection: &Connection, max_size: Size, needed: u64) -> bool {
    file_length(connection).is_some_and(|length| length.saturating_add(needed) <= max_size.0)
}

/// Makes room for `needed` bytes under `--max-size`. Returns the number of entries removed; `None` when there can never
/// be room for that much.
pub(super) fn make_room_in_store(
    connection: &Connection,
    max_size: Size,
    needed: u64,
) -> Result<Option<usize>, StoreError> {
    if has_room(connection, max_size, needed) {
        return Ok(Some(0));
    }
    let evicted = evict(connection, max_size, needed, None, AT_ONCE)?;
    Ok(evicted.fits.then_some(evicted.removals))
}

/// Makes room once the newest entry is stored, which stays. Its size in the file is known only now: it has words too,
/// and pages are not quite filled.
pub(super) fn make_room_for_newest(
    connection: &Connection,
    max_size: Size,
    needed: u64,
    newest: i64,
) -> Result<Option<usize>, StoreError> {
    // Usually there is room for far more, and that is known more quickly.
    let far_more = needed.saturating_mul(2).saturating_add(MARGIN);
    if has_room(connection, max_size, far_more) {
        return Ok(Some(0));
    }
    let evicted = evict(connection, max_size, 0, Some(newest), AT_ONCE)?;
    Ok(evicted.fits.then_some(evicted.removals))
}

/// The result of an eviction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evicted {
    /// How many things were removed: entries, and what is kept beside them.
    pub(super) removals: usize,
    /// The removed entries.
    pub(super) cleared: Cleared,
    /// Whether there is room now, or will be after more evictions.
    pub(super) fits: bool,
    /// Whether another eviction is needed.
    pub(super) goes_on: bool,
}

/// Removes at most `most` entries, the least recently used first, until `needed` bytes fit. If no entry is left, what
/// is kept beside the entries is removed too.
pub(super) fn evict(
    connection: &Connection,
    max_size: Size,
    needed: u64,
    stays: Option<i64>,
    most: usize,
) -> Result<Evicted, StoreError> {
    let now = Timestamp::now();
    let mut evicted = Evicted { fits: true, ..Evicted::default() };
    let mut is_bare = false;
    loop {
        let excess = used_bytes(connection)?.saturating_add(needed).saturating_sub(max_size.0);
        evicted.goes_on = excess > 0 && evicted.removals >= most;
        if excess == 0 || evicted.goes_on {
            return Ok(evicted);
        }
        // Counting the bytes takes longer than removing an entry. No entry frees twice of what it holds, so half of the
        // excess is safe to remove at once.
        let least = least_used(connection, now, stays, excess / 2, most - evicted.removals)?;
        if !least.is_empty() {
            evicted.cleared +=
                entries::remove(connection, &least, Some(RemovalCause::Evicted), now)?;
            evicted.removals += least.len();
        } else if std::mem::replace(&mut is_bare, true) {
            return Ok(Evicted { fits: false, ..evicted });
        } else {
            retention::forget(connection)?;
            evicted.removals += 1;
        }
    }
}

/// The entries to evict next, without the one that stays: as many as hold more than these bytes. Entries from the
/// future come first: they are of no use until the clock gets there, and would outlive all others.
fn least_used(
    connection: &Connection,
    now: Timestamp,
    stays: Option<i64>,
    bytes: u64,
    most: usize,
) -> Result<Vec<i64>, StoreError> {
    let (mut least, mut held) = (Vec::new(), 0_u64);
    for condition in ["used > ?1", "used <= ?1"] {
        let mut statement = connection.prepare(&format!(
            "SELECT id, max(length, output), length(words) + length(arguments)
                    + coalesce(length(parts), 0) + coalesce(length(outputs), 0)
                    + coalesce(length(inputs), 0)
             FROM entry WHERE {condition} AND id IS NOT ?2 ORDER BY used, id"
        ))?;
        let mut rows = statement.query(params![now.as_millis(), stays])?;
        while held <= bytes
            && least.len() < most
            && let Some(row) = rows.next()?
        {
            least.push(row.get(0)?);
            let sizes = [row.get(1)?, row.get(2)?].map(codec::unsigned);
            held = sizes.into_iter().chain([OVERHEAD]).fold(held, u64::saturating_add);
        }
    }
    Ok(least)
}

/// The length of the files, if it can be known without counting.
fn file_length(connection: &Connection) -> Option<u64> {
    let database = Path::new(connection.path()?).metadata().ok()?.len();
    Some(database.saturating_add(owners::total(connection).ok()?))
}

/// The length of the files once they have shrunk, in bytes.
fn used_bytes(connection: &Connection) -> Result<u64, StoreError> {
    Ok(space::shrunk(connection)?.saturating_add(owners::total(connection)?))
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
            excess in 0usize..20,
        ) {
            let candidates: Vec<_> = drawn.iter().zip(1..)
                .map(|((created, expired), id)| EvictionCandidate {
                    id, created: Timestamp::from_millis(*created), expired: *expired })
                .collect();
            let gone = victims(candidates.clone(), excess);
            prop_assert_eq!(gone.len(), excess.min(candidates.len()));
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
