//! The files that a command writes: noted before the run, collected after a success, brought back by a hit.

use super::context::Call;
use crate::entry::{Entry, NewOutputFile, NewOutputs};
use crate::inputs::SeenInputs;
use crate::outputs::{
    CollectedOutputs, NotCollected, NotRestored, OutputManifest, OutputsBefore, PreparedRestore,
    RestoredCounts, collect, foresee, prepare,
};
use crate::policy::MissReason;
use crate::recording::ContentDigest;
use crate::store::Store;
use std::fs::File;
use std::io;
use std::path::Path;

/// The state of the outputs before a run, or why it cannot be read.
pub(super) type OutputsBeforeRun = Result<OutputsBefore, NotCollected>;

/// Outputs lie below the working directory.
const HERE: &str = ".";

/// What came back with an entry, or would.
pub(super) struct BroughtBack {
    manifest: OutputManifest,
    counts: RestoredCounts,
}

impl BroughtBack {
    /// What a forecast tells of it.
    pub(super) fn foretold(&self) -> String {
        let short = self.manifest.in_short();
        match self.counts {
            RestoredCounts { written: 0, untouched: 0 } => "it has no output files".to_owned(),
            RestoredCounts { written: 0, untouched: 1 } => "its output is there already".to_owned(),
            RestoredCounts { written: 0, untouched } => {
                format!("its {untouched} outputs are there already")
            }
            RestoredCounts { untouched: 0, .. } => format!("brings back {short}"),
            RestoredCounts { untouched: 1, .. } => {
                format!("brings back {short}, of which 1 is there already")
            }
            RestoredCounts { untouched, .. } => {
                format!("brings back {short}, of which {untouched} are there already")
            }
        }
    }
}

impl Call<'_> {
    /// The state of the outputs before the run; `None` if no outputs are asked for.
    pub(super) fn outputs_before(&self) -> Option<OutputsBeforeRun> {
        let patterns = self.request.key.output_files.named.patterns();
        self.has_outputs().then(|| OutputsBefore::survey(Path::new(HERE), patterns))
    }

    pub(super) fn has_outputs(&self) -> bool {
        !self.request.key.output_files.is_empty()
    }

    /// The outputs of a run that has succeeded.
    pub(super) fn collect(
        &self,
        before: OutputsBeforeRun,
        seen: Option<&SeenInputs>,
    ) -> Result<CollectedOutputs, NotCollected> {
        let outputs = &self.request.key.output_files;
        let written = seen.filter(|_| outputs.finds_written).map_or(&[][..], |seen| &seen.written);
        collect(Path::new(HERE), outputs.named.patterns(), &before?, written)
    }

    /// Brings back the files that came with an entry. If that fails, nothing has changed. A call that only looks finds
    /// out what that would come to.
    pub(super) fn bring_back(
        &self,
        store: &Store,
        entry: &Entry,
    ) -> Result<Option<BroughtBack>, MissReason> {
        if !self.has_outputs() {
            return Ok(None);
        }
        let stored = store.outputs(entry);
        let is_damaged = || store.has_outputs(entry).unwrap_or(true);
        let manifest = match stored {
            Ok(Some(manifest)) => OutputManifest::decode(&manifest),
            Ok(None) if is_damaged() => None,
            // Only a success has outputs.
            Ok(None) if self.request.policy.is_success(entry.exit) => {
                return Err(MissReason::WithoutOutputs);
            }
            Ok(None) => return Ok(None),
            Err(_) => None,
        };
        store.release_read_lock();
        let manifest = manifest.ok_or(MissReason::Damaged)?;
        let open = |digest: ContentDigest| store.open_object(&digest.0);
        let here = Path::new(HERE);
        let restored = if self.only_looks {
            foresee(here, &manifest, &open)
        } else {
            prepare(here, &manifest, &open).and_then(PreparedRestore::commit)
        };
        match restored {
            Ok(counts) => {
                let RestoredCounts { written, untouched } = counts;
                if !self.only_looks && written + untouched > 0 {
                    let told =
                        format_args!("outputs brought back: {written}, equal already: {untouched}");
                    self.notices.detail(&told);
                }
                Ok(Some(BroughtBack { manifest, counts }))
            }
            Err(NotRestored::Damaged(_)) => Err(MissReason::Damaged),
            Err(obstacle) => {
                if !self.only_looks && !self.warned_of_outputs.replace(true) {
                    self.notices.warn(&format_args!("cannot bring back files: {obstacle}"));
                }
                Err(MissReason::OutputsInTheWay(obstacle.to_string()))
            }
        }
    }
}

/// Opens the content of the outputs of a run, by its number.
pub(super) fn open(collected: &CollectedOutputs, number: usize) -> io::Result<Option<File>> {
    let file = collected.files.get(number);
    file.map(|file| file.open(Path::new(HERE))).transpose()
}

/// The outputs of a run, for the store.
pub(super) fn new_outputs<'c>(
    collected: &CollectedOutputs,
    open: &'c dyn Fn(usize) -> io::Result<Option<File>>,
) -> NewOutputs<'c> {
    let files = collected.files.iter();
    let files = files.map(|file| NewOutputFile { digest: file.digest, size: file.size });
    NewOutputs { manifest: collected.manifest.encode(), files: files.collect(), open }
}
