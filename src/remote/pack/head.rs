//! The head of a pack: all of a result but its bytes.

use super::condition::{read_condition, write_condition};
use super::fields::{FieldReader, FieldWriter};
use crate::entry::{Condition, NewOutputFile};
use crate::recording::ContentDigest;
use crate::remote::sealed::refusal::Refusal;
use crate::time::Timestamp;
use std::time::Duration;

/// The format of the content of packs.
const FORMAT: u8 = 1;

/// Bytes of the longest head, which is held in memory. More files than a hundred thousand are not shared.
pub const LONGEST_HEAD: u32 = 16 << 20;

/// Bytes of a file in a head.
const FILE_ENTRY: usize = 32 + 8;

/// A result without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackHead {
    /// The exit code.
    pub exit: u8,
    /// When the run ended, by the clock of the engine.
    pub ended: Timestamp,
    /// How long it ran.
    pub elapsed: Duration,
    /// The standard input that it holds for.
    pub condition: Condition,
    /// Bytes of output on both streams.
    pub output: u64,
    /// The files that the run wrote, if they are stored.
    pub files: Option<PackedFiles>,
}

/// The files of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedFiles {
    /// Names and kinds, as the store keeps them.
    pub manifest: Vec<u8>,
    /// The content of each regular file.
    pub contents: Vec<NewOutputFile>,
}

/// How much a pack may bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackLimits {
    /// Bytes of output on both streams.
    pub output: u64,
    /// Bytes of all files.
    pub files: u64,
}

impl PackHead {
    pub(in crate::remote) fn encode(&self) -> Vec<u8> {
        let mut out = FieldWriter::default();
        out.fixed(&[FORMAT, self.exit]);
        out.signed(self.ended.as_millis());
        out.number(u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX));
        write_condition(self.condition, &mut out);
        out.number(self.output);
        out.byte(self.files.is_some().into());
        if let Some(PackedFiles { manifest, contents }) = &self.files {
            out.bytes(manifest);
            out.number(contents.len() as u64);
            for NewOutputFile { digest, size } in contents {
                out.fixed(&digest.0);
                out.number(*size);
            }
        }
        out.finish()
    }

    pub(super) fn decode(bytes: &[u8], limits: PackLimits) -> Result<Self, Refusal> {
        let mut fields = FieldReader::new(bytes);
        Refusal::check_format(fields.byte()?.into(), FORMAT.into())?;
        let head = Self {
            exit: fields.byte()?,
            ended: Timestamp::from_millis(fields.signed()?),
            elapsed: Duration::from_millis(fields.number()?),
            condition: read_condition(&mut fields)?,
            output: fields.number()?,
            files: match fields.byte()? {
                0 => None,
                1 => Some(read_files(&mut fields)?),
                _ => return Err(Refusal::Malformed),
            },
        };
        fields.end()?;
        let is_short = head.output <= limits.output && head.size_of_files() <= limits.files;
        if is_short { Ok(head) } else { Err(Refusal::TooLong) }
    }

    fn size_of_files(&self) -> u64 {
        let contents = self.files.iter().flat_map(|files| &files.contents);
        contents.fold(0, |sum, file| sum.saturating_add(file.size))
    }
}

fn read_files(fields: &mut FieldReader<'_>) -> Result<PackedFiles, Refusal> {
    let manifest = fields.bytes()?.to_vec();
    let count = fields.count(FILE_ENTRY)?;
    let mut contents = Vec::with_capacity(count);
    for _ in 0..count {
        let digest = ContentDigest(fields.fixed()?);
        contents.push(NewOutputFile { digest, size: fields.number()? });
    }
    Ok(PackedFiles { manifest, contents })
}
