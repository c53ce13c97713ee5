//! The record of a run, between the thread that adds to it and the one that asks for it in the end.
//!
//! Nothing is locked while something is added: a thread that panics then leaves no lock behind.

use super::record::Record;
use std::mem::replace;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A record that is there until it was asked for, or got lost.
#[derive(Debug)]
pub(super) struct SharedRecord {
    place: Mutex<RecordPlace>,
    put_back: Condvar,
}

/// Where the record is.
#[derive(Debug)]
enum RecordPlace {
    Here(Box<Record>),
    /// With the thread that adds to it.
    Taken,
    /// The same, and another thread waits until it is put back.
    Awaited,
    Gone,
}

impl SharedRecord {
    pub(super) fn new(record: Record) -> Self {
        Self {
            place: Mutex::new(RecordPlace::Here(Box::new(record))),
            put_back: Condvar::default(),
        }
    }

    /// Adds to the record, unless it is gone. Only one thread does that.
    pub(super) fn add(&self, add: impl FnOnce(&mut Record)) {
        let mut place = self.lock();
        match replace(&mut *place, RecordPlace::Taken) {
            RecordPlace::Here(mut record) => {
                drop(place);
                add(&mut record);
                self.put(RecordPlace::Here(record));
            }
            other => *place = other,
        }
    }

    /// The record is not whole: nobody gets it.
    pub(super) fn lose(&self) {
        self.put(RecordPlace::Gone);
    }

    /// The record with all that was added so far. Nothing is added any more.
    pub(super) fn end(&self) -> Option<Record> {
        let mut place = self.lock();
        if matches!(*place, RecordPlace::Taken) {
            *place = RecordPlace::Awaited;
        }
        let is_awaited = |place: &mut RecordPlace| matches!(place, RecordPlace::Awaited);
        let place = self.put_back.wait_while(place, is_awaited);
        let mut place = place.unwrap_or_else(PoisonError::into_inner);
        match replace(&mut *place, RecordPlace::Gone) {
            RecordPlace::Here(record) => Some(*record),
            _ => None,
        }
    }

    fn put(&self, new: RecordPlace) {
        let before = replace(&mut *self.lock(), new);
        // To wake nobody takes a system call, too.
        if matches!(before, RecordPlace::Awaited) {
            self.put_back.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, RecordPlace> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
