//! Seals a result when it is about to be pushed: what the store has of it by then.
//!
//! The sealed object is spooled to a file without a name, so a process that is killed leaves nothing of it.

use super::note::{OutgoingNote, OutgoingResult};
use crate::entry::{Entry, NewOutputFile};
use crate::exit::Exit;
use crate::key::{Digest, Key};
use crate::outputs::OutputManifest;
use crate::recording::{Body, ContentDigest, UnreadableRecording};
use crate::remote::name::ObjectName;
use crate::remote::pack::condition::encode_condition;
use crate::remote::pack::head::{PackHead, PackedFiles};
use crate::remote::pack::writer::PackWriter;
use crate::remote::portable::mentions::MentionSearch;
use crate::remote::sealed::ObjectKind;
use crate::remote::sealed::writer::SealedWriter;
use crate::remote::secret::keys::Secrets;
use crate::store::{Store, StoreError};
use crate::time::Timestamp;
use blake3::Hasher;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};

/// Seals results of one store.
pub struct ResultSealer<'s> {
    /// The store.
    pub store: &'s Store,
    /// The secrets of the team.
    pub secrets: &'s Secrets,
}

/// Why a result is not sealed.
#[derive(Debug)]
pub enum NotSealed {
    /// It never will be: it is gone or damaged, or of no use elsewhere.
    Unfit,
    /// Something on this machine prevents it now.
    Fault(io::Error),
}

impl From<io::Error> for NotSealed {
    fn from(fault: io::Error) -> Self {
        let is_of_system = fault.raw_os_error().is_some();
        let is_unfit = matches!(fault.kind(), ErrorKind::InvalidInput | ErrorKind::InvalidData)
            || UnreadableRecording::is_in(&fault);
        if is_unfit && !is_of_system { Self::Unfit } else { Self::Fault(fault) }
    }
}

impl From<StoreError> for NotSealed {
    fn from(fault: StoreError) -> Self {
        Self::Fault(io::Error::other(fault))
    }
}

impl ResultSealer<'_> {
    /// The sealed object, from the start of the file, and its length. The result `ended` at that time of the engine's.
    ///
    /// # Errors
    /// When it is not to be pushed, or cannot be sealed.
    pub fn seal(&self, note: &OutgoingNote, ended: Timestamp) -> Result<(File, u64), NotSealed> {
        let name: ObjectName = note.name.parse().map_err(|_| NotSealed::Unfit)?;
        let result = self.find(&note.result)?.ok_or(NotSealed::Unfit)?;
        let spool = tempfile::tempfile_in(self.store.directory())?;
        let out = BufWriter::new(spool);
        let sealed = SealedWriter::new(out, ObjectKind::Pack, &name, self.secrets)?;
        let sealed = self.write_pack(sealed, &result, &note.result.places, ended)?;
        let file = sealed.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        // It may have been cleared meanwhile.
        self.entry(&note.result)?.ok_or(NotSealed::Unfit)?;
        let length = file.metadata()?.len();
        Ok((file, length))
    }

    fn find(&self, wanted: &OutgoingResult) -> Result<Option<StoredResult>, StoreError> {
        let Some(entry) = self.entry(wanted)? else { return Ok(None) };
        let manifest = self.store.outputs(&entry)?;
        let body = self.store.output(&entry)?;
        self.store.release_read_lock();
        Ok(body.map(|body| StoredResult { entry, manifest, body }))
    }

    fn entry(&self, wanted: &OutgoingResult) -> Result<Option<Entry>, StoreError> {
        let variants = self.store.variants(&[Key(Digest(wanted.key))]);
        self.store.release_read_lock();
        let is_wanted = |entry: &Entry| {
            entry.created.as_millis() == wanted.created
                && encode_condition(entry.condition) == wanted.condition
        };
        Ok(variants?.into_iter().find(is_wanted))
    }

    fn write_pack<W: Write>(
        &self,
        out: W,
        StoredResult { entry, manifest, body }: &StoredResult,
        places: &[Vec<u8>],
        ended: Timestamp,
    ) -> Result<W, NotSealed> {
        let Exit::Code(exit) = entry.exit else { return Err(NotSealed::Unfit) };
        let files = manifest.clone().map(packed_files).transpose()?;
        let contents = files.as_ref().map_or(&[][..], |files| &files.contents);
        let size = contents.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        let head = PackHead {
            exit,
            ended,
            elapsed: entry.elapsed,
            condition: entry.condition,
            // A stored body counts its files too.
            output: body.output.saturating_sub(size),
            files: files.clone(),
        };
        let search = || MentionSearch::new(places.iter().cloned());
        let unnamed = |search: &MentionSearch| {
            if search.is_found() { Err(NotSealed::Unfit) } else { Ok(()) }
        };
        let mut pack = PackWriter::new(out, &head)?;
        let mut searches = [search(), search()];
        body.for_each_chunk(|stream, bytes| {
            searches[stream as usize].look(bytes);
            pack.output(stream, bytes)
        })?;
        pack.end_output()?;
        searches.iter().try_for_each(unnamed)?;
        let mut search = search();
        search.look(manifest.as_deref().unwrap_or_default());
        for NewOutputFile { digest, .. } in contents {
            unnamed(&search)?;
            search.next_stream();
            let file = self.store.open_object(&digest.0)?.ok_or(NotSealed::Unfit)?;
            let mut file = SearchedFile { file, search: &mut search, hasher: Hasher::new() };
            pack.file(&mut file)?;
            if file.hasher.finalize().as_bytes() != &digest.0 {
                return Err(NotSealed::Unfit);
            }
        }
        unnamed(&search)?;
        Ok(pack.finish()?)
    }
}

/// A result in the store.
struct StoredResult {
    entry: Entry,
    manifest: Option<Vec<u8>>,
    body: Body,
}

fn packed_files(manifest: Vec<u8>) -> Result<PackedFiles, NotSealed> {
    let decoded = OutputManifest::decode(&manifest).ok_or(NotSealed::Unfit)?;
    let contents = decoded.contents().into_iter();
    let contents =
        contents.map(|(digest, size)| NewOutputFile { digest: ContentDigest(digest), size });
    Ok(PackedFiles { contents: contents.collect(), manifest })
}

/// A file that is searched and hashed as it is read.
struct SearchedFile<'s> {
    file: File,
    search: &'s mut MentionSearch,
    hasher: Hasher,
}

impl Read for SearchedFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.search.look(&buffer[..count]);
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_nothing_that_the_result_is_to_blame_for() {
        let is_unfit = |fault: io::Error| matches!(fault.into(), NotSealed::Unfit);
        for number in [libc::ENOSPC, libc::EINVAL, libc::EIO] {
            assert!(!is_unfit(io::Error::from_raw_os_error(number)), "{number}");
        }
        assert!(!is_unfit(ErrorKind::PermissionDenied.into()), "no right to write");
        assert!(is_unfit(ErrorKind::InvalidInput.into()), "a file of another length");
    }
}
