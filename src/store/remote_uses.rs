//! What calls and pushes had of a remote, added up.
//!
//! The sums are notes, and every change reaches them through the file of uses, so nothing waits for the database and a
//! change that is lost only makes them a little lower. A store whose calls never asked a remote has none of them.

use super::error::StoreError;
use super::sqlite::codec;
use super::sqlite::notes::{NoteKind, Notes};
use rusqlite::Connection;
use std::ops::AddAssign;
use std::time::Duration;

/// What calls had of a remote, and what was pushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemoteUses {
    /// Results that came from it.
    pub hits: u64,
    /// Calls for which it had none, or none of use.
    pub misses: u64,
    /// Questions and pushes that failed.
    pub faults: u64,
    /// Results that were not believed, and questions and pushes that it did not allow.
    pub refused: u64,
    /// Results that are there since they were pushed.
    pub pushed: u64,
    /// Bytes that came.
    pub received: u64,
    /// Bytes that were pushed.
    pub sent: u64,
    /// How long calls waited for it.
    pub waited: Duration,
    /// How long the runs took whose results came from it, each counted once.
    pub saved: Duration,
}

/// The number of the counters.
pub(super) const COUNTERS: usize = 9;

impl RemoteUses {
    /// All as numbers, times in microseconds. The order is stored.
    pub(super) fn counters(&self) -> [u64; COUNTERS] {
        let Self { hits, misses, faults, refused, pushed, received, sent, waited, saved } = *self;
        let [waited, saved] =
            [waited, saved].map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        [hits, misses, faults, refused, pushed, received, sent, waited, saved]
    }

    fn of_counters(counters: [u64; COUNTERS]) -> Self {
        let [hits, misses, faults, refused, pushed, received, sent, waited, saved] = counters;
        let [waited, saved] = [waited, saved].map(Duration::from_micros);
        Self { hits, misses, faults, refused, pushed, received, sent, waited, saved }
    }

    /// The sums so far; `None` if there are none.
    pub(super) fn find(connection: &Connection) -> Result<Option<Self>, StoreError> {
        let mut counters = [0; COUNTERS];
        for (number, sum) in (0..).zip(&mut counters) {
            *sum = codec::unsigned(sum_of(connection, number)?);
        }
        let uses = Self::of_counters(counters);
        Ok((uses != Self::default()).then_some(uses))
    }
}

impl AddAssign for RemoteUses {
    fn add_assign(&mut self, more: Self) {
        let mut sums = self.counters();
        for (sum, more) in sums.iter_mut().zip(more.counters()) {
            *sum = sum.saturating_add(more);
        }
        *self = Self::of_counters(sums);
    }
}

/// Adds to the sums.
pub(super) fn add(connection: &Connection, more: [u64; COUNTERS]) -> Result<(), StoreError> {
    let more = (0..).zip(more.map(codec::stored_count)).filter(|(_, more)| *more > 0);
    Notes::of(connection, NoteKind::RemoteUses).add(more)
}

/// A sum as it was stored.
fn sum_of(connection: &Connection, number: u8) -> Result<i64, StoreError> {
    let note = Notes::of(connection, NoteKind::RemoteUses).find(&[number])?;
    Ok(note.map_or(0, |note| note.at.as_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_grow_and_never_overflow() {
        let mut connection = Connection::open_in_memory().expect("opened");
        crate::store::sqlite::schema::migrate(&mut connection).expect("made");
        assert_eq!(RemoteUses::find(&connection).expect("read"), None);
        let (sent, waited) = (u64::MAX, Duration::from_micros(1500));
        let uses = RemoteUses { hits: 2, sent, waited, ..RemoteUses::default() };
        for _ in 0..2 {
            add(&connection, uses.counters()).expect("added");
        }
        let sums = RemoteUses::find(&connection).expect("read").expect("some");
        let most = i64::MAX.unsigned_abs();
        let expected = RemoteUses { hits: 4, sent: most, waited: waited * 2, ..uses };
        assert_eq!(sums, expected);
    }
}
