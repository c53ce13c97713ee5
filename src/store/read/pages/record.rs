//! Records: the values of a row or of an index entry, behind a list of their types.
//!
//! A record may be cut off behind any value. The values before that can still be read.

use super::unsupported::{PageResult, Unsupported};
use std::cmp::Ordering;
use std::ops::Range;

/// A value of a type that cachex stores.
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
    /// The offset of the list of types, which follows its length.
    types: usize,
    /// The offset of the values.
    values: usize,
}

impl<'a> PageRecord<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> PageResult<Self> {
        let mut types = 0;
        let values = usize::try_from(varint(bytes, &mut types)?)?;
        if values < types || values > bytes.len() {
            return Err(Unsupported);
        }
        Ok(Self { bytes, types, values })
    }

    /// The type of a value and its range, which may end behind the part that was read.
    fn find(&self, place: usize) -> PageResult<(u64, Range<usize>)> {
        let list = &self.bytes[..self.values];
        let (mut at, mut start) = (self.types, self.values);
        for _ in 0..place {
            start = start.checked_add(length(varint(list, &mut at)?)?).ok_or(Unsupported)?;
        }
        let code = varint(list, &mut at)?;
        Ok((code, start..start.checked_add(length(code)?).ok_or(Unsupported)?))
    }

    /// The range of a blob, which may end behind the part that was read; `None` for NULL.
    pub(super) fn place_of_blob(&self, place: usize) -> PageResult<Option<Range<usize>>> {
        match self.find(place)? {
            (0, _) => Ok(None),
            (code @ 12.., range) if code % 2 == 0 => Ok(Some(range)),
            _ => Err(Unsupported),
        }
    }

    pub(super) fn value(&self, place: usize) -> PageResult<PageValue<'a>> {
        let (code, range) = self.find(place)?;
        let bytes = self.bytes.get(range).ok_or(Unsupported)?;
        Ok(match code {
            0 => PageValue::Null,
            1..=6 => PageValue::Integer(integer(bytes)),
            8 => PageValue::Integer(0),
            9 => PageValue::Integer(1),
            12.. if code % 2 == 0 => PageValue::Blob(bytes),
            12.. => PageValue::Text(bytes),
            _ => return Err(Unsupported),
        })
    }

    pub(super) fn integer(&self, place: usize) -> PageResult<i64> {
        let PageValue::Integer(number) = self.value(place)? else { return Err(Unsupported) };
        Ok(number)
    }

    pub(super) fn blob(&self, place: usize) -> PageResult<&'a [u8]> {
        let PageValue::Blob(bytes) = self.value(place)? else { return Err(Unsupported) };
        Ok(bytes)
    }
}

/// The length in bytes of a value of this type.
fn length(code: u64) -> PageResult<usize> {
    Ok(match code {
        0 | 8 | 9 => 0,
        1..=4 => usize::try_from(code)?,
        5 => 6,
        6 | 7 => 8,
        12.. => usize::try_from((code - 12) / 2)?,
        _ => return Err(Unsupported),
    })
}

/// A signed big-endian integer of up to eight bytes.
fn integer(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|first| *first >= 0x80) { -1 } else { 0 };
    bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte))
}

/// Reads a variable-length integer of up to nine bytes and moves `at` behind it.
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

/// How the first values of a record compare with these values.
pub(super) fn compare(record: &PageRecord<'_>, values: &[PageValue<'_>]) -> PageResult<Ordering> {
    for (place, value) in values.iter().enumerate() {
        let order = match (record.value(place)?, value) {
            (PageValue::Integer(found), PageValue::Integer(value)) => found.cmp(value),
            (PageValue::Blob(found), PageValue::Blob(value)) => found.cmp(value),
            _ => return Err(Unsupported),
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(Ordering::Equal)
}
