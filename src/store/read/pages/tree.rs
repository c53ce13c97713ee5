//! B-trees: tables, whose rows are found by number, and indexes, whose records are in order.
//!
//! A payload that is too long for its page goes on in a chain of other pages. A search looks at no more pages than the
//! file has ([`Pages::begin`]), so it ends even in a damaged tree with circles.

use super::file::{HEADER, PAGE, Pages, SCHEMA, number};
use super::record::{PageRecord, PageValue, compare, varint};
use super::unsupported::{PageResult, Unsupported};
use std::cmp::Ordering;
use std::ops::Range;
use std::rc::Rc;

/// The levels of a tree: more than any tree in a file can have.
const DEPTH: usize = 20;

/// A page of a tree.
struct Node {
    page: Rc<Vec<u8>>,
    is_table: bool,
    is_leaf: bool,
    /// The part of the page that holds the offsets of the cells.
    cells: Range<usize>,
}

impl Node {
    fn read(pages: &Pages, number_of_page: u32) -> PageResult<Self> {
        let page = pages.page(number_of_page)?;
        let start = if number_of_page == SCHEMA { HEADER } else { 0 };
        let (is_table, is_leaf) = match page[start] {
            2 => (false, false),
            5 => (true, false),
            10 => (false, true),
            13 => (true, true),
            _ => return Err(Unsupported),
        };
        let count = usize::from(u16::from_be_bytes([page[start + 3], page[start + 4]]));
        let first = start + if is_leaf { 8 } else { 12 };
        let cells = first..first + 2 * count;
        if cells.end > page.len() {
            return Err(Unsupported);
        }
        Ok(Self { page, is_table, is_leaf, cells })
    }

    /// Reads a page of an index.
    fn of_index(pages: &Pages, number: u32) -> PageResult<Self> {
        let node = Self::read(pages, number)?;
        if node.is_table { Err(Unsupported) } else { Ok(node) }
    }

    fn count(&self) -> usize {
        self.cells.len() / 2
    }

    /// The offset of a cell.
    fn cell(&self, index: usize) -> usize {
        let at = self.cells.start + 2 * index;
        usize::from(u16::from_be_bytes([self.page[at], self.page[at + 1]]))
    }

    /// The child to the left of a cell, or the rightmost child. Only for branches.
    fn child(&self, index: usize) -> PageResult<u32> {
        let at = if index < self.count() { self.cell(index) } else { self.cells.start - 4 };
        number(&self.page, at)
    }

    /// The number of a row, or the highest row number below a child. Only for tables.
    fn row_number(&self, index: usize) -> PageResult<i64> {
        let mut at = self.cell(index);
        if self.is_leaf {
            varint(&self.page, &mut at)?;
        } else {
            at += 4;
        }
        Ok(varint(&self.page, &mut at)?.cast_signed())
    }

    /// The payload of a cell: a row, or a record of an index.
    fn payload(&self, index: usize) -> PageResult<Payload> {
        let mut at = self.cell(index);
        match (self.is_table, self.is_leaf) {
            (true, false) => return Err(Unsupported),
            (false, false) => at += 4,
            _ => {}
        }
        let length = usize::try_from(varint(&self.page, &mut at)?)?;
        if self.is_table {
            varint(&self.page, &mut at)?;
        }
        let near = at..at.checked_add(near_length(length, self.is_table)).ok_or(Unsupported)?;
        if near.end > self.page.len() {
            return Err(Unsupported);
        }
        let far = if near.len() < length { Some(number(&self.page, near.end)?) } else { None };
        Ok(Payload { page: Rc::clone(&self.page), near, length, far })
    }

    /// The whole record of a cell.
    fn record(&self, pages: &Pages, index: usize) -> PageResult<Vec<u8>> {
        self.payload(index)?.whole(pages)
    }

    /// How the first values of a record compare with these values. Usually the part in this page is enough.
    fn order(&self, pages: &Pages, index: usize, values: &[PageValue<'_>]) -> PageResult<Ordering> {
        let payload = self.payload(index)?;
        let near = PageRecord::read(payload.near()).and_then(|record| compare(&record, values));
        near.or_else(|_| compare(&PageRecord::read(&payload.whole(pages)?)?, values))
    }

    /// The index of the first cell for which `is_before` is false.
    fn first(&self, mut is_before: impl FnMut(usize) -> PageResult<bool>) -> PageResult<usize> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = usize::midpoint(low, high);
            if is_before(middle)? { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }
}

/// The number of bytes of a payload that lie in the page of its cell. The rest is in the chain.
fn near_length(length: usize, is_table: bool) -> usize {
    let most = if is_table { PAGE - 35 } else { (PAGE - 12) * 64 / 255 - 23 };
    if length <= most {
        return length;
    }
    let least = (PAGE - 12) * 32 / 255 - 23;
    let fitting = least + (length - least) % (PAGE - 4);
    if fitting <= most { fitting } else { least }
}

/// The payload of a cell.
#[derive(Debug)]
pub(super) struct Payload {
    page: Rc<Vec<u8>>,
    /// The part in the page of the cell.
    near: Range<usize>,
    /// The length of the whole, in bytes.
    length: usize,
    /// The first page of the chain that holds the rest.
    far: Option<u32>,
}

impl Payload {
    /// The part in the page of the cell: the whole, if it is short.
    pub(super) fn near(&self) -> &[u8] {
        &self.page[self.near.clone()]
    }

    fn whole(&self, pages: &Pages) -> PageResult<Vec<u8>> {
        self.end(pages, 0..self.length)
    }

    /// The bytes in a range that must reach to the end of the payload.
    pub(super) fn end(&self, pages: &Pages, range: Range<usize>) -> PageResult<Vec<u8>> {
        if range.end == self.length { self.part(pages, range) } else { Err(Unsupported) }
    }

    /// The bytes in a range.
    pub(super) fn part(&self, pages: &Pages, range: Range<usize>) -> PageResult<Vec<u8>> {
        if range.end > self.length || range.start > range.end {
            return Err(Unsupported);
        }
        let near = self.near();
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(range.len())?;
        bytes.extend_from_slice(
            near.get(range.start..range.end.min(near.len())).unwrap_or_default(),
        );
        let mut skipped = range.start.saturating_sub(near.len());
        let mut left = range.end.saturating_sub(near.len());
        let (mut page, mut next) = ([0; PAGE], self.far.unwrap_or_default());
        while left > 0 {
            next = pages.link(next, &mut page)?;
            let part = &page[4..][..left.min(PAGE - 4)];
            let used = part.get(skipped..).unwrap_or_default();
            bytes.extend_from_slice(used);
            skipped -= part.len() - used.len();
            left -= part.len();
        }
        Ok(bytes)
    }
}

/// Finds the row with this number.
pub(super) fn find(pages: &Pages, root: u32, row: i64) -> PageResult<Option<Payload>> {
    pages.begin();
    let mut number = root;
    for _ in 0..DEPTH {
        let node = Node::read(pages, number)?;
        if !node.is_table {
            return Err(Unsupported);
        }
        let index = node.first(|index| Ok(node.row_number(index)? < row))?;
        if node.is_leaf {
            let is_found = index < node.count() && node.row_number(index)? == row;
            return is_found.then(|| node.payload(index)).transpose();
        }
        number = node.child(index)?;
    }
    Err(Unsupported)
}

/// Calls `take` with every row of a table that has one page.
pub(super) fn for_each_row(
    pages: &Pages,
    root: u32,
    take: &mut dyn FnMut(&Payload) -> PageResult<()>,
) -> PageResult<()> {
    pages.begin();
    let node = Node::read(pages, root)?;
    (0..node.count()).try_for_each(|index| take(&node.payload(index)?))
}

/// Calls `take` with every record of an index that begins with these values.
pub(super) fn for_each_match(
    pages: &Pages,
    root: u32,
    values: &[PageValue<'_>],
    take: &mut dyn FnMut(&PageRecord<'_>) -> PageResult<()>,
) -> PageResult<()> {
    pages.begin();
    for_each_match_below(pages, root, DEPTH, values, take)
}

fn for_each_match_below(
    pages: &Pages,
    number: u32,
    depth: usize,
    values: &[PageValue<'_>],
    take: &mut dyn FnMut(&PageRecord<'_>) -> PageResult<()>,
) -> PageResult<()> {
    let depth = depth.checked_sub(1).ok_or(Unsupported)?;
    let node = Node::of_index(pages, number)?;
    let first = node.first(|index| Ok(node.order(pages, index, values)?.is_lt()))?;
    for index in first..=node.count() {
        if !node.is_leaf {
            for_each_match_below(pages, node.child(index)?, depth, values, take)?;
        }
        if index == node.count() || node.order(pages, index, values)?.is_ne() {
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
    values: &[PageValue<'_>],
) -> PageResult<Option<Vec<u8>>> {
    pages.begin();
    let mut last = None;
    let mut number = root;
    for _ in 0..DEPTH {
        let node = Node::of_index(pages, number)?;
        let behind = node.first(|index| Ok(node.order(pages, index, values)?.is_le()))?;
        if let Some(index) = behind.checked_sub(1)
            && node.order(pages, index, values)?.is_eq()
        {
            last = Some(node.record(pages, index)?);
        }
        if node.is_leaf {
            return Ok(last);
        }
        // The records below this child come after the one that was found.
        number = node.child(behind)?;
    }
    Err(Unsupported)
}
