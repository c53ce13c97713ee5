//! Computes how many bytes a database file needs, and gives the rest back to the file system.

use super::codec;
use crate::store::error::StoreError;
use rusqlite::Connection;

/// How long the database is once it has shrunk, in bytes.
pub fn shrunk(connection: &Connection) -> Result<u64, StoreError> {
    let pragma = |name| {
        let value = connection.pragma_query_value(None, name, |row| row.get(0));
        value.map(codec::unsigned)
    };
    let (pages, free, page) =
        (pragma("page_count")?, pragma("freelist_count")?, pragma("page_size")?);
    Ok(shrunk_pages(pages, free, page) * page)
}

/// How many pages are left once the free pages are given back. Some pages of SQLite's pointer map are given back as
/// well: each of them comes before the stretch of pages that it describes. (The page at 1 GiB is never used.)
fn shrunk_pages(pages: u64, free: u64, page: u64) -> u64 {
    let stretch = page / 5;
    let behind_first = |pages: u64| pages.saturating_sub(1);
    let unused = |pages: u64| u64::from(pages > (1 << 30) / page);
    let maps = behind_first(pages - unused(pages)).div_ceil(stretch + 1);
    let content = pages.saturating_sub(free + maps + unused(pages));
    let shrunk = content + behind_first(content).div_ceil(stretch);
    shrunk + unused(shrunk)
}

/// The most pages that one transaction gives back. A page that the transaction freed itself is written to the journal
/// first.
const PAGES_AT_ONCE: u16 = 8192;

/// Gives free pages back to the file system. Returns whether there are more.
pub fn give_back(connection: &Connection) -> Result<bool, StoreError> {
    let free = || connection.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0));
    if free()? == 0 {
        return Ok(false);
    }
    let mut statement =
        connection.prepare(&format!("PRAGMA incremental_vacuum ({PAGES_AT_ONCE})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(free()? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::ops::Range;

    /// A database with this many pages of content in a table, some of which were deleted.
    fn database(pages: i64, deleted: Range<i64>) -> Connection {
        let connection = Connection::open_in_memory().expect("opened");
        connection.pragma_update(None, "page_size", 512).expect("set");
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").expect("set");
        let fill = "CREATE TABLE t (id INTEGER PRIMARY KEY, bytes BLOB);
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ";
        let fill = format!("{fill}{pages}) INSERT INTO t SELECT i, zeroblob(450) FROM n");
        connection.execute_batch(&fill).expect("filled");
        let delete = "DELETE FROM t WHERE id BETWEEN ?1 AND ?2";
        connection.execute(delete, [deleted.start, deleted.end]).expect("deleted");
        connection
    }

    proptest! {
        #[test]
        fn a_database_shrinks_to_the_predicted_length(
            pages in 1i64..1000, first in 0i64..1000, count in 0i64..1000,
        ) {
            let connection = database(pages, first..first + count);
            let told = shrunk(&connection).expect("told");
            while give_back(&connection).expect("shrunk") {}
            let length: i64 = connection
                .query_row("SELECT page_count * 512 FROM pragma_page_count", [], |row| row.get(0))
                .expect("counted");
            prop_assert_eq!(told, codec::unsigned(length));
            prop_assert_eq!(shrunk(&connection).expect("told"), told);
        }
    }
}
