//! The database: its format, its pages, and the seal of every entry.

use super::finding::{Finding, fault_of, ok, problem};
use super::objects;
use crate::entry::Entry;
use crate::key::{Digest, Key};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::location::StoreLocation;
use crate::store::read::database::Database;
use crate::store::sqlite::schema::{self, DatabaseFormat};
use crate::store::sqlite::{codec, connect};
use rusqlite::{Connection, OptionalExtension};

/// The format, the pages and the entries, as far as each can be looked at.
pub(super) fn examine(location: &StoreLocation) -> Vec<Finding> {
    const FORMAT: &str = "format";
    match location.check_database() {
        Ok(true) => {}
        Ok(false) => return vec![ok(FORMAT, "no database yet; the first run makes it")],
        Err(_) => return Vec::new(),
    }
    let opened = connect::open_to_look(&location.database()).and_then(|connection| {
        let state = schema::state(&connection, &location.database())?;
        Ok((connection, state))
    });
    let (connection, state) = match opened {
        Ok(opened) => opened,
        Err(fault) => return vec![fault_of(FORMAT, &fault)],
    };
    let format = match state {
        DatabaseFormat::Current => ok(FORMAT, "up to date"),
        DatabaseFormat::Behind => ok(FORMAT, "older; the next run brings it up to date"),
    };
    let mut findings = vec![format, examine_pages(&connection, &state)];
    if state == DatabaseFormat::Current {
        let store = Store {
            database: Database::of(location.clone(), connection),
            location: location.clone(),
        };
        let found = store.examine_entries();
        findings.push(found.unwrap_or_else(|fault| fault_of("entries", &fault)));
        findings.push(objects::examine(&store).unwrap_or_else(|fault| fault_of("objects", &fault)));
    }
    findings
}

/// Whether SQLite finds its file in order, and the tables are ours.
fn examine_pages(connection: &Connection, state: &DatabaseFormat) -> Finding {
    const SUBJECT: &str = "database";
    let verdict = connect::check_pages(connection).and_then(|()| match state {
        DatabaseFormat::Current if !schema::is_ours(connection)? => {
            Err(StoreError::Damaged("its tables were altered".to_owned()))
        }
        _ => Ok(()),
    });
    match verdict {
        Ok(()) => ok(SUBJECT, "passes the integrity check of SQLite"),
        Err(fault) => fault_of(SUBJECT, &fault),
    }
}

impl Store {
    /// Whether every entry has its seal. Looks at one at a time, so that writers need not wait.
    fn examine_entries(&self) -> Result<Finding, StoreError> {
        const SUBJECT: &str = "entries";
        let mut statement = self.database.connection()?.prepare("SELECT id FROM entry")?;
        let ids = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        drop(statement);
        let mut damaged = 0;
        for id in &ids {
            damaged += u64::from(!self.is_intact(*id)?);
        }
        let all = ids.len();
        Ok(match damaged {
            0 => ok(SUBJECT, format!("{all}, all intact")),
            _ => problem(
                SUBJECT,
                format!(
                    "{damaged} of {all} are damaged; their commands run again, or cachex clear"
                ),
            ),
        })
    }

    /// Whether an entry is as it was stored, or gone by now. Long output is read without keeping from the database
    /// those who are to change both.
    fn is_intact(&self, id: i64) -> Result<bool, StoreError> {
        let entry = match self.row(id)? {
            ExaminedRow::Entry(entry) => entry,
            ExaminedRow::Gone => return Ok(true),
            ExaminedRow::Strange => return Ok(false),
        };
        if self.output(&entry)?.is_some() {
            return Ok(true);
        }
        Ok(!matches!(self.row(id)?, ExaminedRow::Entry(now) if now.is_same_as(&entry)))
    }

    fn row(&self, id: i64) -> Result<ExaminedRow, StoreError> {
        let sql = "SELECT id, condition, exit, created, elapsed, renewal_failed, key FROM entry
                   WHERE id = ?1";
        let row = self.database.connection()?.query_row(sql, [id], |row| {
            let key = row.get_ref(6)?.as_blob().ok().and_then(|key| key.try_into().ok());
            key.map_or(Ok(None), |key| codec::entry(row, Key(Digest(key))))
        });
        Ok(row.optional()?.map_or(ExaminedRow::Gone, |entry| {
            entry.map_or(ExaminedRow::Strange, ExaminedRow::Entry)
        }))
    }
}

/// The row of an entry.
enum ExaminedRow {
    Gone,
    /// What cachex never wrote.
    Strange,
    Entry(Entry),
}
