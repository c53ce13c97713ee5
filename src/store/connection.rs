//! Opening the database: first use, migration, and what to do with a damaged one.

use super::place::{Place, open_private};
use super::schema::{self, State};
use super::{StoreError, long};
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use rustix::fs::{AtFlags, CWD, OFlags, Timespec, Timestamps, UTIME_NOW, utimensat};
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long to wait for others in a transaction, all in all: theirs take milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open, current database. It may be in the middle of a read: see [`rest`].
pub(super) fn open(place: &Place) -> Result<Connection, StoreError> {
    if place.check_database()? {
        let connection = to_write(place)?;
        connection.execute_batch("BEGIN")?;
        if schema::state(&connection, &place.database())? == State::Current {
            if connection.is_readonly("main")? && place.is_writable() {
                return Err(StoreError::Damaged("its header forbids writing".to_owned()));
            }
            return Ok(connection);
        }
    }
    set_up(place)
}

/// A connection through which all that is read is of one moment, as long as this is held.
#[derive(Debug)]
pub(super) struct Moment<'c> {
    connection: &'c Connection,
    /// Whether that is longer, and ends with [`rest`].
    goes_on: bool,
}

impl<'c> Moment<'c> {
    /// Goes on with a read that has begun, or begins one.
    pub(super) fn of(connection: &'c Connection) -> Result<Self, StoreError> {
        let goes_on = !connection.is_autocommit();
        if !goes_on {
            connection.execute_batch("BEGIN")?;
        }
        Ok(Self { connection, goes_on })
    }

    /// A read that has begun, and ends with this.
    pub(super) fn begun(connection: &'c Connection) -> Self {
        Self { connection, goes_on: false }
    }
}

impl Deref for Moment<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Moment<'_> {
    fn drop(&mut self) {
        if !self.goes_on {
            rest(self.connection);
        }
    }
}

/// Ends a read that has begun, so that others can write.
pub(super) fn rest(connection: &Connection) {
    if !connection.is_autocommit() {
        // SQLite has given up the read already if this fails.
        let _ = connection.execute_batch("ROLLBACK");
    }
}

/// Makes or migrates the database, one process at a time.
fn set_up(place: &Place) -> Result<Connection, StoreError> {
    let _lock = place.lock()?;
    open_private(&place.database(), OFlags::RDWR)?;
    let mut connection = to_write(place)?;
    if schema::state(&connection, &place.database())? == State::Behind {
        schema::migrate(&mut connection)?;
    }
    Ok(connection)
}

/// A database as it is, to look at only.
pub(super) fn open_to_look(database: &Path) -> Result<Connection, StoreError> {
    let connection = connect(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        // It has to be rolled back before anybody can read it.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ReadOnly) => {
            Err(StoreError::Interrupted)
        }
        looked => looked.map(|()| connection).map_err(StoreError::from),
    }
}

/// A database in which something is tried out, to be taken back: nothing of that reaches the disk,
/// which may be full, nor do others notice but for having to wait with their writes.
pub(super) fn open_to_try(place: &Place) -> Result<Connection, StoreError> {
    let connection = to_write(place)?;
    long::attach(&connection, place)?;
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    connection.pragma_update(None, "cache_spill", "OFF")?;
    Ok(connection)
}

fn to_write(place: &Place) -> Result<Connection, StoreError> {
    connect(&place.database(), OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Opens a database that is there.
pub(super) fn connect(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(unmistakable(path), flags)?;
    // Else pages of the store lie in a temporary directory for a while.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    wait_for_others(&mut connection, PATIENCE)?;
    Ok(connection)
}

/// A path that SQLite does not take for a URI, as it does what begins with `file:`.
pub(super) fn unmistakable(path: &Path) -> PathBuf {
    Path::new(".").join(path)
}

/// From now on others are waited for, so long all in all. A timeout of SQLite would begin anew with every
/// page that it wants to write and cannot.
fn wait_for_others(connection: &mut Connection, mut patience: Duration) -> Result<(), StoreError> {
    let wait = move |times: i32| {
        let begun = Instant::now();
        std::thread::sleep(Duration::from_millis(1 << times.clamp(0, 5)).min(patience));
        patience = patience.saturating_sub(begun.elapsed());
        !patience.is_zero()
    };
    Ok(connection.busy_handler(Some(wait))?)
}

/// Begins a transaction that will write; the first moment at which others are waited for.
///
/// It survives the death of this process, not that of the machine: syncing takes a hundred times as
/// long as all the rest. A power cut may cost the store, which then begins anew, but nothing wrong is
/// replayed: every entry has its checksum.
pub(super) fn write<'c>(
    connection: &'c mut Connection,
    place: &Place,
) -> Result<Transaction<'c>, StoreError> {
    keep_journal(connection)?;
    begin(connection, place, UNSYNCED, PATIENCE)
}

/// As [`write()`], on a connection of [`open_to_try`].
pub(super) fn write_to_try<'c>(
    connection: &'c mut Connection,
    place: &Place,
) -> Result<Transaction<'c>, StoreError> {
    begin(connection, place, UNSYNCED, PATIENCE)
}

/// As [`write()`], unless somebody else is writing.
pub(super) fn write_at_once<'c>(
    connection: &'c mut Connection,
    place: &Place,
) -> Result<Transaction<'c>, StoreError> {
    keep_journal(connection)?;
    begin(connection, place, UNSYNCED, Duration::ZERO)
}

const UNSYNCED: &str = "OFF";

/// As [`write()`], for what must not come back after a power cut, nor be found in the file: what is removed is
/// overwritten, but for pages that the file will do without.
pub(super) fn write_durably<'c>(
    connection: &'c mut Connection,
    place: &Place,
) -> Result<Transaction<'c>, StoreError> {
    connection.pragma_update(None, "secure_delete", "FAST")?;
    begin(connection, place, "NORMAL", PATIENCE)
}

/// Has the journal emptied at the end, and not removed: to make and remove a file takes longer than all that
/// is written to it.
fn keep_journal(connection: &Connection) -> Result<(), StoreError> {
    let keep = || connection.execute_batch("PRAGMA main.journal_mode = TRUNCATE");
    // Somebody else's way of writing cannot be left in the middle of a read.
    Ok(keep().or_else(|_| {
        rest(connection);
        keep()
    })?)
}

fn begin<'c>(
    connection: &'c mut Connection,
    place: &Place,
    synchronous: &str,
    patience: Duration,
) -> Result<Transaction<'c>, StoreError> {
    rest(connection);
    wait_for_others(connection, patience)?;
    let has_long = long::attach(connection, place)?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    // Immediate would mean both files, and whoever stores something short would wait in the end for those who
    // read something long. Writers come to that statement first, so they wait for each other.
    let (behavior, first) = if has_long {
        (TransactionBehavior::Deferred, "UPDATE main.note SET at = at WHERE 0")
    } else {
        (TransactionBehavior::Immediate, "")
    };
    let transaction = connection.transaction_with_behavior(behavior)?;
    let begun = transaction.execute_batch(first);
    check_format(&transaction, place)?;
    begun?;
    Ok(transaction)
}

/// Sees that nobody has changed the format since the database was opened: a command may have run for long.
fn check_format(transaction: &Transaction<'_>, place: &Place) -> Result<(), StoreError> {
    match schema::state(transaction, &place.database())? {
        State::Current => Ok(()),
        State::Behind => Err(StoreError::Damaged("its format went back".to_owned())),
    }
}

/// As [`write()`], of a database that is being set up.
pub(super) fn write_alone(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection.pragma_update(None, "synchronous", UNSYNCED)?;
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

/// Moves what is damaged out of the way, unless another process has just done so.
pub(super) fn set_aside(place: &Place) -> Result<(), StoreError> {
    let _lock = place.lock()?;
    let is_sound = stays(check(place))?;
    if !is_sound {
        move_away(&place.database())?;
    }
    // It is of no use without the other one. The other way round only what is long is lost.
    if !is_sound || !stays(long::check(place))? {
        move_away(&place.outputs())?;
    }
    Ok(())
}

fn move_away(database: &Path) -> Result<(), StoreError> {
    let damaged = Place::damaged(database);
    unless_gone(std::fs::rename(database, &damaged))?;
    // From now on it is kept for a while, however long ago it was written to.
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let now = Timestamps { last_access: now, last_modification: now };
    // Not by opening it: there is no telling what it is.
    let _ = utimensat(CWD, &damaged, &now, AtFlags::SYMLINK_NOFOLLOW);
    // It belongs to the old file; with the new one it would be rolled back into it.
    unless_gone(std::fs::remove_file(database.with_extension("db-journal")))
}

fn unless_gone(done: io::Result<()>) -> Result<(), StoreError> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Whether what was checked can stay; an error where that is not for us to say, or not now.
fn stays(checked: Result<(), StoreError>) -> Result<bool, StoreError> {
    match checked {
        Err(fault @ (StoreError::Newer { .. } | StoreError::Unfit { .. } | StoreError::Busy)) => {
            Err(fault)
        }
        checked => Ok(checked.is_ok()),
    }
}

/// Looks the database over.
fn check(place: &Place) -> Result<(), StoreError> {
    let connection = to_write(place)?;
    schema::state(&connection, &place.database())?;
    check_pages(&connection)?;
    if connection.is_readonly("main")? || !schema::is_ours(&connection)? {
        return Err(StoreError::Damaged("it was altered".to_owned()));
    }
    Ok(())
}

/// Whether SQLite finds its file in order.
pub(super) fn check_pages(connection: &Connection) -> Result<(), StoreError> {
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        // The first line says only which database it is.
        _ => Err(StoreError::Damaged(verdict.lines().last().unwrap_or_default().to_owned())),
    }
}
