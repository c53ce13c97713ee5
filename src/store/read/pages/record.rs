//! Records: the values of a row, or of what is in an index, behind a list of their kinds.

use super::unsupported::{PageResult, Unsupported};
use std::cmp::Ordering;
use std::ops::Range;

/// A value of the kinds that cachex stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageValue<'a> {
    Null,
    Integer(i64),
    Blob(&'a [u8]),
    Text(&'a [u8]),
}

/// A record, or its beginning.
#[derive(Debug)]
pub(super) struct PageRecord<'a> {
    bytes: &'a [u8],
    /// Where the list of kinds goes on behind its length.
    kinds: usize,
    /// Where the values begin.
    values: usize,
}

impl<'a> PageRecord<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> PageResult<Self> {
        let mut kinds = 0;
        let values = usize::try_from(varint(bytes, &mut kinds)?)?;
        if values < kinds || values > bytes.len() {
            return Err(Unsupported);
        }
        Ok(Self { bytes, kinds, values })
    }

    /// The kind of a value, and where it is; perhaps beyond the beginning.
    fn kind(&self, place: usize) -> PageResult<(u64, Range<usize>)> {
        let list = &self.bytes[..self.values];
        let (mut at, mut start) = (self.kinds, self.values);
        for _ in 0..place {
            start = start.checked_add(length(varint(list, &mut at)?)?).ok_or(Unsupported)?;
        }
        let kind = varint(list, &mut at)?;
        Ok((kind, start..start.checked_add(length(kind)?).ok_or(Unsupported)?))
    }

    /// Where a blob is, perhaps beyond the beginning; `None` if there is none.
    pub(super) fn place_of_blob(&self, place: usize) -> PageResult<Option<Range<usize>>> {
        match self.kind(place)? {
            (0, _) => Ok(None),
            (kind @ 12.., range) if kind % 2 == 0 => Ok(Some(range)),
            _ => Err(Unsupported),
        }
    }

    pub(super) fn value(&self, place: usize) -> PageResult<PageValue<'a>> {
        let (kind, range) = self.kind(place)?;
        let bytes = self.bytes.get(range).ok_or(Unsupported)?;
        Ok(match kind {
            0 => PageValue::Null,
            1..=6 => PageValue::Integer(integer(bytes)),
            8 => PageValue::Integer(0),
            9 => PageValue::Integer(1),
            12.. if kind % 2 == 0 => PageValue::Blob(bytes),
            12.. => PageValue::Text(bytes),
            _ => return Err(Unsupported),
        })
    }

    pub(super) fn integer(&self, place: usize) -> PageResult<i64> {
        match self.value(place)? {
            PageValue::Integer(number) => Ok(number),
            _ => Err(Unsupported),
        }
    }

    pub(super) fn blob(&self, place: usize) -> PageResult<&'a [u8]> {
        match self.value(place)? {
            PageValue::Blob(bytes) => Ok(bytes),
            _ => Err(Unsupported),
        }
    }

    pub(super) fn text(&self, place: usize) -> PageResult<&'a [u8]> {
        match self.value(place)? {
            PageValue::Text(bytes) => Ok(bytes),
            _ => Err(Unsupported),
        }
    }
}

/// Bytes of a value of this kind.
fn length(kind: u64) -> PageResult<usize> {
    Ok(match kind {
        0 | 8 | 9 => 0,
        1..=4 => usize::try_from(kind)?,
        5 => 6,
        6 | 7 => 8,
        12.. => usize::try_from((kind - 12) / 2)?,
        _ => return Err(Unsupported),
    })
}

/// A number of up to eight bytes, the highest first, with a sign.
fn integer(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|first| *first >= 0x80) { -1 } else { 0 };
    bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte))
}

/// A number of one to nine bytes, at a place that moves behind it.
pub(super) fn varint(bytes: &[u8], at: &mut usize) -> PageResult<u64> {
    let mut number = 0;
    for count in 1..=9 {
        let byte = u64::from(*bytes.get(*at).ok_or(Unsupported)?);
        *at += 1;
        if count == 9 {
            return Ok(number << 8 | byte);
        }
        number = number << 7 | byte & 0x7f;
        if byte < 0x80 {
            break;
        }
    }
    Ok(number)
}

/// How the first values of a record compare with the given ones.
pub(super) fn compare(record: &PageRecord<'_>, sought: &[PageValue<'_>]) -> PageResult<Ordering> {
    for (place, sought) in sought.iter().enumerate() {
        let order = match (record.value(place)?, sought) {
            (PageValue::Integer(found), PageValue::Integer(sought)) => found.cmp(sought),
            (PageValue::Blob(found), PageValue::Blob(sought)) => found.cmp(sought),
            _ => return Err(Unsupported),
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(Ordering::Equal)
}
