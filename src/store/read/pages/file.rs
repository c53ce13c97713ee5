//! The file of a database: its header, its pages, and the lock of a reader.
//!
//! Anything unusual about a database is [`Unsupported`]: another page size or journal mode, a journal that is not
//! empty, a lock that is not free.

use super::unsupported::{PageResult, Unsupported};
use crate::file_lock::{self, ByteRange};
use crate::opening::open_to_read;
use crate::store::location::is_ours_alone;
use rustix::fs::{CWD, OFlags};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::rc::Rc;

/// The first page of the table of all tables. It begins with the header of the file.
pub(super) const SCHEMA: u32 = 1;

/// The length of that header, in bytes.
pub(super) const HEADER: usize = 100;

/// The length of a page, in bytes: SQLite's default.
pub(super) const PAGE: usize = 4096;

/// The number of pages that are kept in memory: every search begins with the same few.
const PAGES_IN_MEMORY: usize = 32;

/// The bytes where SQLite takes its locks, far behind the end of most databases.
const PENDING: ByteRange = ByteRange { start: 0x4000_0000, length: 1 };
const SHARED: ByteRange = ByteRange { start: PENDING.start + 2, length: 510 };

/// The pages of a file, which nobody can write to meanwhile.
#[derive(Debug)]
pub(super) struct Pages {
    file: File,
    /// The number of pages.
    count: u32,
    /// The `application_id`, which holds the format.
    pub(super) application: u32,
    /// Some of the pages that were read, the first page always among them.
    read: RefCell<Vec<(u32, Rc<Vec<u8>>)>>,
    /// The number of pages that a search may still look at. It starts at the number of pages of the file. That is
    /// enough for a sound tree, and ends a search that goes in circles.
    left: Cell<u32>,
}

impl Pages {
    /// Opens a database in the mode that cachex uses, unless a write to it was cut short.
    pub(super) fn open(path: &Path) -> PageResult<Self> {
        let file: File = open_to_read(CWD, path, OFlags::NOFOLLOW)?;
        lock(&file)?;
        let metadata = file.metadata()?;
        if !is_ours_alone(&metadata) || !is_empty(&path.with_extension("db-journal"))? {
            return Err(Unsupported);
        }
        let mut first = vec![0; PAGE];
        file.read_exact_at(&mut first, 0)?;
        // Pages of 4096 bytes without reserved space, and a rollback journal.
        if !first.starts_with(b"SQLite format 3\0\x10\x00\x01\x01\x00") {
            return Err(Unsupported);
        }
        let application = number(&first, 68)?;
        let count = u32::try_from(metadata.len() / PAGE as u64)?;
        let read = RefCell::new(vec![(SCHEMA, Rc::new(first))]);
        Ok(Self { file, count, application, read, left: Cell::new(0) })
    }

    /// Begins a search.
    pub(super) fn begin(&self) {
        self.left.set(self.count);
    }

    /// The page with this number.
    pub(super) fn page(&self, number: u32) -> PageResult<Rc<Vec<u8>>> {
        self.count_look()?;
        let mut read = self.read.borrow_mut();
        if let Some((_, page)) = read.iter().find(|(known, _)| *known == number) {
            return Ok(Rc::clone(page));
        }
        let mut page = vec![0; PAGE];
        self.fill(number, &mut page)?;
        let page = Rc::new(page);
        if read.len() == PAGES_IN_MEMORY {
            read.truncate(1);
        }
        read.push((number, Rc::clone(&page)));
        Ok(page)
    }

    /// Reads a page of a chain and returns the number of the next one.
    pub(super) fn link(&self, number: u32, page: &mut [u8; PAGE]) -> PageResult<u32> {
        self.count_look()?;
        self.fill(number, page)?;
        super::file::number(page, 0)
    }

    fn count_look(&self) -> PageResult<()> {
        self.left.set(self.left.get().checked_sub(1).ok_or(Unsupported)?);
        Ok(())
    }

    fn fill(&self, number: u32, page: &mut [u8]) -> PageResult<()> {
        let before = number.checked_sub(1).ok_or(Unsupported)?;
        self.file.read_exact_at(page, u64::from(before) * PAGE as u64)?;
        Ok(())
    }
}

/// Whether a file is empty or missing.
fn is_empty(path: &Path) -> PageResult<bool> {
    match path.metadata() {
        Ok(metadata) => Ok(metadata.len() == 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Takes the lock of a reader, as SQLite does. A pending writer blocks new readers.
fn lock(file: &File) -> PageResult<()> {
    if !file_lock::share(file, PENDING)? {
        return Err(Unsupported);
    }
    let is_shared = file_lock::share(file, SHARED)?;
    file_lock::give_up(file, PENDING)?;
    if is_shared { Ok(()) } else { Err(Unsupported) }
}

/// The big-endian number at this offset.
pub(super) fn number(bytes: &[u8], at: usize) -> PageResult<u32> {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(Unsupported)?;
    Ok(u32::from_be_bytes(*bytes))
}
