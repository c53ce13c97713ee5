//! The file of a database: its header, its pages, and the lock of those who read it.

use super::unsupported::{PageResult, Unsupported};
use crate::file_lock::{self, ByteRange};
use crate::store::location::is_ours_alone;
use rustix::fs::{Mode, OFlags};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::rc::Rc;

/// The page where the table of all tables begins, behind the header of the file.
pub(super) const SCHEMA: u32 = 1;

/// Bytes of that header.
pub(super) const HEADER: usize = 100;

/// Bytes of a page: SQLite's default, which is not changed.
pub(super) const PAGE: usize = 4096;

/// How many are kept at hand: the few that a search begins with again and again.
const AT_HAND: usize = 32;

/// Where SQLite takes its locks: far behind what most databases hold.
const PENDING: ByteRange = ByteRange { start: 0x4000_0000, length: 1 };
const SHARED: ByteRange = ByteRange { start: PENDING.start + 2, length: 510 };

/// The pages of a file that nobody can write to meanwhile.
#[derive(Debug)]
pub(super) struct Pages {
    file: File,
    /// How many there are.
    count: u32,
    application: u32,
    /// Some of those that were read; the first one always.
    read: RefCell<Vec<(u32, Rc<Vec<u8>>)>>,
    /// How many more may be looked at. Hardly anybody needs more than there are, and who goes round in circles has to
    /// stop.
    left: Cell<u32>,
}

impl Pages {
    /// Opens a database in the mode that cachex uses, in which no write was cut short.
    pub(super) fn open(path: &Path) -> PageResult<Self> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        lock(&file)?;
        let metadata = file.metadata()?;
        if !is_ours_alone(&metadata) || !is_empty(&path.with_extension("db-journal"))? {
            return Err(Unsupported);
        }
        let mut first = vec![0; PAGE];
        file.read_exact_at(&mut first, 0)?;
        // With pages of 4096 bytes, used to the last one, and written and read with a rollback journal.
        if !first.starts_with(b"SQLite format 3\0\x10\x00\x01\x01\x00") {
            return Err(Unsupported);
        }
        let application = number(&first, 68)?;
        let count = u32::try_from(metadata.len() / PAGE as u64)?;
        let read = RefCell::new(vec![(SCHEMA, Rc::new(first))]);
        Ok(Self { file, count, application, read, left: Cell::new(0) })
    }

    /// Whose database it is, and of which format.
    pub(super) fn application(&self) -> i64 {
        i64::from(self.application)
    }

    /// Begins to look for something.
    pub(super) fn begin(&self) {
        self.left.set(self.count);
    }

    /// A page, by its number.
    pub(super) fn page(&self, number: u32) -> PageResult<Rc<Vec<u8>>> {
        self.count_look()?;
        let mut read = self.read.borrow_mut();
        if let Some((_, page)) = read.iter().find(|(known, _)| *known == number) {
            return Ok(Rc::clone(page));
        }
        let mut page = vec![0; PAGE];
        self.fill(number, &mut page)?;
        let page = Rc::new(page);
        if read.len() == AT_HAND {
            read.truncate(1);
        }
        read.push((number, Rc::clone(&page)));
        Ok(page)
    }

    /// Takes the next part of a chain of pages; the number of the one that follows it.
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

/// Whether a file holds nothing, or is not there.
fn is_empty(path: &Path) -> PageResult<bool> {
    match path.metadata() {
        Ok(metadata) => Ok(metadata.len() == 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Keeps writers out, as SQLite does: past the one who waits for its readers to go nobody gets.
fn lock(file: &File) -> PageResult<()> {
    if !file_lock::share(file, PENDING)? {
        return Err(Unsupported);
    }
    let is_shared = file_lock::share(file, SHARED)?;
    file_lock::give_up(file, PENDING)?;
    if is_shared { Ok(()) } else { Err(Unsupported) }
}

/// The number of four bytes at this place.
pub(super) fn number(bytes: &[u8], at: usize) -> PageResult<u32> {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(Unsupported)?;
    Ok(u32::from_be_bytes(*bytes))
}
