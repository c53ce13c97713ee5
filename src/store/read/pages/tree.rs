//! Trees of pages: tables, whose rows have numbers, and indexes, whose records are in order.

use super::file::{HEADER, PAGE, Pages, SCHEMA, number};
use super::record::{PageRecord, PageValue, compare, varint};
use super::unsupported::{PageResult, Unsupported};
use std::cmp::Ordering;
use std::ops::Range;
use std::rc::Rc;

/// Deeper than any tree that fits into a file.
const DEPTH: usize = 20;

/// What a page of a tree is, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PageKind {
    IndexBranch = 2,
    TableBranch = 5,
    IndexLeaf = 10,
    TableLeaf = 13,
}

/// A page of a tree.
struct Node {
    page: Rc<Vec<u8>>,
    kind: PageKind,
    /// Where the places of the cells are.
    cells: Range<usize>,
    /// The child behind the last cell.
    last: Option<u32>,
}

impl Node {
    fn read(pages: &Pages, number_of_page: u32) -> PageResult<Self> {
        let page = pages.page(number_of_page)?;
        let start = if number_of_page == SCHEMA { HEADER } else { 0 };
        let (kind, header) = match page[start] {
            2 => (PageKind::IndexBranch, 12),
            5 => (PageKind::TableBranch, 12),
            10 => (PageKind::IndexLeaf, 8),
            13 => (PageKind::TableLeaf, 8),
            _ => return Err(Unsupported),
        };
        let count = usize::from(u16::from_be_bytes([page[start + 3], page[start + 4]]));
        let first = start + header;
        let cells = first..first + 2 * count;
        if cells.end > page.len() {
            return Err(Unsupported);
        }
        let last = if header == 12 { Some(number(&page, start + 8)?) } else { None };
        Ok(Self { page, kind, cells, last })
    }

    fn count(&self) -> usize {
        self.cells.len() / 2
    }

    /// Where a cell begins.
    fn cell(&self, index: usize) -> usize {
        let at = self.cells.start + 2 * index;
        usize::from(u16::from_be_bytes([self.page[at], self.page[at + 1]]))
    }

    /// The child before a cell, or behind the last one.
    fn child(&self, index: usize) -> PageResult<u32> {
        if index < self.count() {
            number(&self.page, self.cell(index))
        } else {
            self.last.ok_or(Unsupported)
        }
    }

    /// The number of a row, or the highest one below a child.
    fn row_number(&self, index: usize) -> PageResult<i64> {
        let mut at = self.cell(index);
        match self.kind {
            PageKind::TableBranch => at += 4,
            PageKind::TableLeaf => _ = varint(&self.page, &mut at)?,
            _ => return Err(Unsupported),
        }
        Ok(varint(&self.page, &mut at)?.cast_signed())
    }

    /// What a cell holds.
    fn payload(&self, index: usize) -> PageResult<Payload> {
        let mut at = self.cell(index);
        if self.kind == PageKind::IndexBranch {
            at += 4;
        }
        let length = usize::try_from(varint(&self.page, &mut at)?)?;
        let is_table = match self.kind {
            PageKind::TableLeaf => varint(&self.page, &mut at).map(|_| true)?,
            PageKind::IndexLeaf | PageKind::IndexBranch => false,
            PageKind::TableBranch => return Err(Unsupported),
        };
        let near = at..at.checked_add(near_length(length, is_table)).ok_or(Unsupported)?;
        if near.end > self.page.len() {
            return Err(Unsupported);
        }
        let far = if near.len() < length { Some(number(&self.page, near.end)?) } else { None };
        Ok(Payload { page: Rc::clone(&self.page), near, length, far })
    }

    /// A page of an index.
    fn of_index(pages: &Pages, number: u32) -> PageResult<Self> {
        let node = Self::read(pages, number)?;
        let is_of_index = matches!(node.kind, PageKind::IndexBranch | PageKind::IndexLeaf);
        if is_of_index { Ok(node) } else { Err(Unsupported) }
    }

    /// The whole record of a cell.
    fn record(&self, pages: &Pages, index: usize) -> PageResult<Vec<u8>> {
        self.payload(index)?.whole(pages)
    }

    /// How the record of a cell stands to what is sought. Mostly its beginning tells.
    fn order(&self, pages: &Pages, index: usize, sought: &[PageValue<'_>]) -> PageResult<Ordering> {
        let payload = self.payload(index)?;
        let near = PageRecord::read(payload.near()).and_then(|record| compare(&record, sought));
        near.or_else(|_| compare(&PageRecord::read(&payload.whole(pages)?)?, sought))
    }

    /// The first cell that does not come before some place.
    fn first(&self, mut is_before: impl FnMut(usize) -> PageResult<bool>) -> PageResult<usize> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = usize::midpoint(low, high);
            if is_before(middle)? { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }
}

/// How much of a payload lies in the page of its cell; the rest is in a chain of other pages.
fn near_length(length: usize, is_table: bool) -> usize {
    let most = if is_table { PAGE - 35 } else { (PAGE - 12) * 64 / 255 - 23 };
    if length <= most {
        return length;
    }
    let least = (PAGE - 12) * 32 / 255 - 23;
    let fitting = least + (length - least) % (PAGE - 4);
    if fitting <= most { fitting } else { least }
}

/// What a cell holds: a record.
#[derive(Debug)]
pub(super) struct Payload {
    page: Rc<Vec<u8>>,
    /// The part that lies in the page.
    near: Range<usize>,
    /// Bytes of all of it.
    length: usize,
    /// The page that the rest begins in.
    far: Option<u32>,
}

impl Payload {
    /// The beginning, all of it if it is short.
    pub(super) fn near(&self) -> &[u8] {
        &self.page[self.near.clone()]
    }

    /// All of it.
    fn whole(&self, pages: &Pages) -> PageResult<Vec<u8>> {
        self.end(pages, 0..self.length)
    }

    /// Its end, from some byte on; where that is said to be has to be right.
    pub(super) fn end(&self, pages: &Pages, end: Range<usize>) -> PageResult<Vec<u8>> {
        if end.end != self.length || end.start > end.end {
            return Err(Unsupported);
        }
        let near = self.near();
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(end.len()).map_err(|_| Unsupported)?;
        bytes.extend_from_slice(near.get(end.start..).unwrap_or_default());
        if let Some(first) = self.far {
            let left = self.length - near.len();
            follow(pages, first, left, end.start.saturating_sub(near.len()), &mut bytes)?;
        }
        Ok(bytes)
    }
}

/// Adds what is in a chain of pages, but for what is skipped at its beginning.
fn follow(
    pages: &Pages,
    first: u32,
    mut left: usize,
    mut skipped: usize,
    bytes: &mut Vec<u8>,
) -> PageResult<()> {
    let mut page = [0; PAGE];
    let mut next = first;
    while left > 0 {
        next = pages.link(next, &mut page)?;
        let part = &page[4..][..left.min(PAGE - 4)];
        let used = part.get(skipped..).unwrap_or_default();
        bytes.extend_from_slice(used);
        skipped -= part.len() - used.len();
        left -= part.len();
    }
    Ok(())
}

/// Finds the row of this number.
pub(super) fn find(pages: &Pages, root: u32, row: i64) -> PageResult<Option<Payload>> {
    pages.begin();
    let mut number = root;
    for _ in 0..DEPTH {
        let node = Node::read(pages, number)?;
        let index = node.first(|index| Ok(node.row_number(index)? < row))?;
        if node.kind == PageKind::TableLeaf {
            let is_found = index < node.count() && node.row_number(index)? == row;
            return is_found.then(|| node.payload(index)).transpose();
        }
        number = node.child(index)?;
    }
    Err(Unsupported)
}

/// Hands on every row of a table that is no larger than a page.
pub(super) fn for_each_row(
    pages: &Pages,
    root: u32,
    take: &mut dyn FnMut(&Payload) -> PageResult<()>,
) -> PageResult<()> {
    pages.begin();
    let node = Node::read(pages, root)?;
    (0..node.count()).try_for_each(|index| take(&node.payload(index)?))
}

/// Hands on every record of an index that begins with these values.
pub(super) fn for_each_match(
    pages: &Pages,
    root: u32,
    sought: &[PageValue<'_>],
    take: &mut dyn FnMut(&PageRecord<'_>) -> PageResult<()>,
) -> PageResult<()> {
    pages.begin();
    for_each_match_below(pages, root, DEPTH, sought, take)
}

fn for_each_match_below(
    pages: &Pages,
    number: u32,
    depth: usize,
    sought: &[PageValue<'_>],
    take: &mut dyn FnMut(&PageRecord<'_>) -> PageResult<()>,
) -> PageResult<()> {
    let depth = depth.checked_sub(1).ok_or(Unsupported)?;
    let node = Node::of_index(pages, number)?;
    let first = node.first(|index| Ok(node.order(pages, index, sought)?.is_lt()))?;
    for index in first..=node.count() {
        if node.kind == PageKind::IndexBranch {
            for_each_match_below(pages, node.child(index)?, depth, sought, take)?;
        }
        if index == node.count() || node.order(pages, index, sought)?.is_ne() {
            break;
        }
        take(&PageRecord::read(&node.record(pages, index)?)?)?;
    }
    Ok(())
}

/// The last record of an index that begins with these values.
pub(super) fn last_match(
    pages: &Pages,
    root: u32,
    sought: &[PageValue<'_>],
) -> PageResult<Option<Vec<u8>>> {
    pages.begin();
    let mut last = None;
    let mut number = root;
    for _ in 0..DEPTH {
        let node = Node::of_index(pages, number)?;
        let behind = node.first(|index| Ok(node.order(pages, index, sought)?.is_le()))?;
        if let Some(index) = behind.checked_sub(1)
            && node.order(pages, index, sought)?.is_eq()
        {
            last = Some(node.record(pages, index)?);
        }
        // What is below this child comes after that.
        match node.kind {
            PageKind::IndexBranch => number = node.child(behind)?,
            _ => return Ok(last),
        }
    }
    Err(Unsupported)
}
