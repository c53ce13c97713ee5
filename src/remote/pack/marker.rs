//! Markers and tombstones, which are small.
//!
//! A marker lies under the first name of a key and says what else has to be known: whether the command reads its standard
//! input, and the questions of traced runs. A tombstone says that older results do not count.

use super::fields::{FieldReader, FieldWriter};
use crate::remote::sealed::reader::Unverified;
use crate::remote::sealed::refusal::Refusal;
use crate::time::Timestamp;
use std::io::Read;

/// Bytes of the longest marker. The questions of a large build take about 100 KB.
const LONGEST: u64 = 16 << 20;

const FORMAT: u8 = 1;

/// What has to be known before a result can be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marker {
    /// Whether results depend on what comes on standard input.
    pub reads_stdin: bool,
    /// The questions of the latest traced run, if runs are traced.
    pub shape: Option<Vec<u8>>,
}

/// Results that ended before do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteTombstone {
    /// By the clock of the engine.
    pub cleared: Timestamp,
}

impl Marker {
    /// The bytes of its object.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = FieldWriter::default();
        out.fixed(&[FORMAT, self.reads_stdin.into(), self.shape.is_some().into()]);
        if let Some(shape) = &self.shape {
            out.bytes(shape);
        }
        out.finish()
    }

    /// Reads a marker to its end.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(content: impl Read) -> Result<Self, Unverified> {
        let bytes = read_all(content)?;
        let mut fields = FieldReader::new(&bytes);
        check_format(&mut fields)?;
        let (reads_stdin, has_shape) = (flag(&mut fields)?, flag(&mut fields)?);
        let shape = has_shape.then(|| fields.bytes().map(<[u8]>::to_vec)).transpose()?;
        fields.end()?;
        Ok(Self { reads_stdin, shape })
    }
}

impl RemoteTombstone {
    /// The bytes of its object.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        let mut out = FieldWriter::default();
        out.byte(FORMAT);
        out.signed(self.cleared.as_millis());
        out.finish()
    }

    /// Reads a tombstone to its end.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(content: impl Read) -> Result<Self, Unverified> {
        let bytes = read_all(content)?;
        let mut fields = FieldReader::new(&bytes);
        check_format(&mut fields)?;
        let cleared = Timestamp::from_millis(fields.signed()?);
        fields.end()?;
        Ok(Self { cleared })
    }
}

fn read_all(content: impl Read) -> Result<Vec<u8>, Unverified> {
    let mut bytes = Vec::new();
    content.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST { Err(Refusal::TooLong.into()) } else { Ok(bytes) }
}

fn check_format(fields: &mut FieldReader<'_>) -> Result<(), Refusal> {
    match fields.byte()? {
        FORMAT => Ok(()),
        other => Err(Refusal::OtherFormat(other.into())),
    }
}

fn flag(fields: &mut FieldReader<'_>) -> Result<bool, Refusal> {
    match fields.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Refusal::Malformed),
    }
}
