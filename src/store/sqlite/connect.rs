//! Opens connections to an existing database file, all with the same settings.

use super::stopped_holder::{self, Intent};
use crate::store::error::StoreError;
use crate::store::location::StoreLocation;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How long one transaction waits for others in total. A transaction usually takes milliseconds.
pub(super) const WRITE_DEADLINE: Duration = Duration::from_secs(5);

/// How long a transaction waits for another one that keeps a lock and writes nothing.
const IDLE_DEADLINE: Duration = Duration::from_millis(1800);

/// Opens a database as it is, only to look at it.
pub fn open_to_look(database: &Path) -> Result<Connection, StoreError> {
    let connection = connect(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

pub(super) fn to_write(location: &StoreLocation) -> Result<Connection, StoreError> {
    connect(&location.database(), OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Opens an empty file for a temporary database.
pub(super) fn open_scratch(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    // SQLite opens the file here, so that it may lose its name.
    connection.pragma_update(None, "journal_mode", "OFF")?;
    Ok(connection)
}

/// Opens a database that exists.
fn connect(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    // SQLite waits for ever to open a FIFO in place of the journal.
    StoreLocation::check_file(&path.with_extension("db-journal"))?;
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(never_a_uri(path), flags)?;
    // Otherwise SQLite writes pages of the store to a temporary directory.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    wait_for_others(&mut connection, Intent::Read, WRITE_DEADLINE)?;
    Ok(connection)
}

/// A path that SQLite does not take for a URI, as it would one that begins with `file:`.
fn never_a_uri(path: &Path) -> PathBuf {
    Path::new(".").join(path)
}

/// After this many attempts, which take about a hundredth of a second, look whether a stopped process holds the lock.
/// Running processes hold locks for milliseconds.
const ATTEMPTS_BEFORE_LOOK: i32 = 4;

/// Waits for the locks of others as long as these make progress, for `left` in total from now on. SQLite's own timeout
/// would begin anew with every page that it cannot write.
pub(super) fn wait_for_others(
    connection: &mut Connection,
    intent: Intent,
    mut left: Duration,
) -> Result<(), StoreError> {
    let database = connection.path().map(PathBuf::from).unwrap_or_default();
    let mut idle = Duration::ZERO;
    let mut seen = None;
    let wait = move |times: i32| {
        let begun = Instant::now();
        std::thread::sleep(Duration::from_millis(1 << times.clamp(0, 5)).min(left));
        left = left.saturating_sub(begun.elapsed());
        idle += begun.elapsed();
        let mut is_hopeless = || {
            let found = last_changes(&database);
            if seen.replace(found) != Some(found) {
                idle = Duration::ZERO;
            }
            idle > IDLE_DEADLINE || stopped_holder::is_in_the_way(&database, intent)
        };
        !left.is_zero() && (times < ATTEMPTS_BEFORE_LOOK || !is_hopeless())
    };
    Ok(connection.busy_handler(Some(wait))?)
}

/// The modification times of the files that a writer changes.
fn last_changes(database: &Path) -> [Option<SystemTime>; 2] {
    let changed = |path: &Path| path.metadata().and_then(|found| found.modified()).ok();
    [changed(database), changed(&database.with_extension("db-journal"))]
}

/// Checks that SQLite finds the file in order.
pub fn check_pages(connection: &Connection) -> Result<(), StoreError> {
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        // The first line only names the database.
        _ => Err(StoreError::Damaged(verdict.lines().last().unwrap_or_default().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::copy;

    #[test]
    fn a_write_that_is_cut_short_during_a_look_is_no_failure_of_the_store() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = |name: &str| directory.path().join(name);
        let writer = Connection::open(place("written.db")).expect("opened");
        writer.execute_batch("CREATE TABLE some (value); PRAGMA cache_size = 1").expect("made");
        copy(place("written.db"), place("left.db")).expect("copied");
        let looking = open_to_look(&place("left.db")).expect("opened");
        let look =
            || looking.query_row("SELECT count(*) FROM some", [], |row| row.get::<_, i64>(0));
        assert_eq!(look().expect("read"), 0);
        // What a writer leaves that is killed in the middle.
        let many =
            "BEGIN; WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
                    INSERT INTO some SELECT randomblob(4000) FROM n";
        writer.execute_batch(many).expect("written");
        for name in [".db", ".db-journal"] {
            copy(place(&format!("written{name}")), place(&format!("left{name}"))).expect("copied");
        }
        let fault = StoreError::from(look().expect_err("it cannot be rolled back"));
        assert!(matches!(fault, StoreError::Interrupted), "{fault}");
        let opened = open_to_look(&place("left.db"));
        assert!(matches!(opened, Err(StoreError::Interrupted)));
    }
}
