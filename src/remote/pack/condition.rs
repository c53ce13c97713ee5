//! The condition on standard input as bytes. Two conditions never give the same ones, so they also name objects.

use super::fields::{FieldReader, FieldWriter};
use crate::entry::{Condition, StdinKind};
use crate::key::Digest;
use crate::remote::sealed::refusal::Refusal;

/// The bytes of a condition.
#[must_use]
pub fn encode_condition(condition: Condition) -> Vec<u8> {
    let mut out = FieldWriter::default();
    write_condition(condition, &mut out);
    out.finish()
}

pub(super) fn write_condition(condition: Condition, out: &mut FieldWriter) {
    match condition {
        Condition::StdinUnread => out.byte(0),
        Condition::StdinUntouched => out.byte(1),
        Condition::StdinAbsent => out.byte(2),
        Condition::StdinClosed => out.byte(3),
        Condition::StdinSilent(kind) => out.fixed(&[4, byte_of(kind)]),
        Condition::StdinEmpty(kind) => out.fixed(&[5, byte_of(kind)]),
        Condition::StdinFile { input, moved } => {
            out.byte(6);
            out.fixed(input.as_bytes());
            out.signed(moved);
        }
        Condition::Stdin { kind, digest, length } => {
            out.fixed(&[7, byte_of(kind)]);
            out.fixed(digest.as_bytes());
            out.number(length);
        }
    }
}

pub(super) fn read_condition(fields: &mut FieldReader<'_>) -> Result<Condition, Refusal> {
    Ok(match fields.byte()? {
        0 => Condition::StdinUnread,
        1 => Condition::StdinUntouched,
        2 => Condition::StdinAbsent,
        3 => Condition::StdinClosed,
        4 => Condition::StdinSilent(kind(fields)?),
        5 => Condition::StdinEmpty(kind(fields)?),
        6 => Condition::StdinFile { input: Digest(fields.fixed()?), moved: fields.signed()? },
        7 => Condition::Stdin {
            kind: kind(fields)?,
            digest: Digest(fields.fixed()?),
            length: fields.number()?,
        },
        _ => return Err(Refusal::Malformed),
    })
}

fn byte_of(kind: StdinKind) -> u8 {
    match kind {
        StdinKind::Pipe => 0,
        StdinKind::Socket => 1,
        StdinKind::File => 2,
    }
}

fn kind(fields: &mut FieldReader<'_>) -> Result<StdinKind, Refusal> {
    match fields.byte()? {
        0 => Ok(StdinKind::Pipe),
        1 => Ok(StdinKind::Socket),
        2 => Ok(StdinKind::File),
        _ => Err(Refusal::Malformed),
    }
}
