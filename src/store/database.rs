//! The database behind a store: glanced at for a look-up, opened by SQLite for all else.

use super::connection::Moment;
use super::glance::{Doubt, Glance, Seen};
use super::place::Place;
use super::{StoreError, connection};
use rusqlite::Connection;
use std::cell::{OnceCell, RefCell};
use std::io;

/// A database of the present format.
#[derive(Debug)]
pub(super) struct Database {
    place: Place,
    glance: RefCell<Option<Glance>>,
    connection: OnceCell<Connection>,
}

impl Database {
    /// A database that nothing is known of yet.
    pub(super) fn unopened(place: Place) -> Self {
        Self { place, glance: None.into(), connection: OnceCell::new() }
    }

    /// Begins a look-up: all that is read until [`Database::rest`] is of this moment, and nobody can write until then.
    pub(super) fn hold(&self) -> Result<(), StoreError> {
        if self.glance.borrow().is_some() || self.connection.get().is_some() {
            return Ok(());
        }
        if let Ok(glance) = Glance::at(&self.place) {
            self.glance.replace(Some(glance));
            return Ok(());
        }
        let connection = connection::open(&self.place)?;
        self.connection.get_or_init(|| connection);
        Ok(())
    }

    /// That of a connection.
    pub(super) fn of(place: Place, connection: Connection) -> Self {
        Self { place, glance: None.into(), connection: connection.into() }
    }

    /// Lets others write.
    pub(super) fn rest(&self) {
        self.glance.take();
        if let Some(connection) = self.connection.get() {
            connection::rest(connection);
        }
    }

    /// What a glance at the database shows, if that is all it takes: at the moment of the look-up, or after
    /// its end at this one.
    pub(super) fn glance<T>(&self, look: impl FnOnce(&Glance) -> Seen<T>) -> Seen<T> {
        match &*self.glance.borrow() {
            Some(glance) => look(glance),
            None if self.connection.get().is_none() => look(&Glance::at(&self.place)?),
            // Another descriptor of the file would take SQLite's locks along when it is closed.
            None => Err(Doubt),
        }
    }

    /// The database for all that SQLite can do.
    pub(super) fn connection(&self) -> Result<&Connection, StoreError> {
        if let Some(connection) = self.connection.get() {
            return Ok(connection);
        }
        let connection = self.open()?;
        connection::rest(connection);
        Ok(connection)
    }

    /// The same for what is to be of one moment.
    pub(super) fn moment(&self) -> Result<Moment<'_>, StoreError> {
        if let Some(connection) = self.connection.get() {
            return Moment::of(connection);
        }
        Ok(Moment::begun(self.open()?))
    }

    /// Opens what is glanced at, in the middle of a read.
    fn open(&self) -> Result<&Connection, StoreError> {
        // The glance must be over before: with the end of it all locks of this process go.
        self.glance.take();
        // While a command ran it may have gone with all that was in it.
        let connection = connection::open(&Place::prepare(&self.place.directory)?)?;
        Ok(self.connection.get_or_init(|| connection))
    }

    /// As [`Database::connection`], to begin a transaction: it may be in the middle of a read until then.
    pub(super) fn connection_mut(&mut self) -> Result<&mut Connection, StoreError> {
        if self.connection.get().is_none() {
            self.open()?;
        }
        self.connection.get_mut().ok_or_else(|| io::Error::other("it is not open").into())
    }
}
