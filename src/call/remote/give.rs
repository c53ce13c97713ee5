//! Giving the result of a run to other machines: sealed into the outbox, and pushed when this call has ended.

use super::stdin_class::fits;
use crate::call::context::Call;
use crate::call::remote_state::SharedCall;
use crate::entry::NewEntry;
use crate::exit::Exit;
use crate::remote::push::detached::start_pushing;
use crate::remote::push::outbox::{Outbox, OutgoingLabel};
use crate::remote::{MentionSearch, ObjectKind, PackHead, PackWriter, PackedFiles, SealedWriter};
use crate::store::Store;
use crate::time::Lifetime;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};

impl Call<'_> {
    /// Gives a result that was just stored, if it may be shared.
    pub(in crate::call) fn share(&self, store: &Store, new: &NewEntry<'_>) {
        let Some(sharing) = &self.request.sharing else { return };
        let Some(Some(shared)) = self.remote.0.get() else { return };
        if !sharing.mode.writes() {
            return;
        }
        let told = match self.post(shared, store, new) {
            Ok(Posted::Waits) => start_pushing(&shared.transfer.access, store.directory())
                .map_err(|fault| fault.to_string()),
            Ok(Posted::Not(reason)) => {
                self.notices.detail(&format_args!("not shared: {reason}"));
                Ok(())
            }
            Err(fault) => Err(fault.to_string()),
        };
        if let Err(fault) = told {
            self.notices.warn(&format_args!("cannot share the result: {fault}"));
        }
    }

    fn post(&self, shared: &SharedCall, store: &Store, new: &NewEntry<'_>) -> io::Result<Posted> {
        let recording = &new.recording;
        let exit = match recording.exit {
            Exit::Code(code) if self.request.policy.is_success(recording.exit) => code,
            _ => return Ok(Posted::Not("only successes are")),
        };
        if recording.elapsed < shared.min_time {
            return Ok(Posted::Not("it took less than --remote-min-time"));
        }
        if !shared.secrets.may_write() {
            return Ok(Posted::Not("this machine has no CACHEX_REMOTE_SIGN_KEY"));
        }
        if !fits(&shared.stdin, new.condition) {
            return Ok(Posted::Not("it depends on what came on standard input"));
        }
        let Some(name) = shared.names.first() else { return Ok(Posted::Not("it has no name")) };
        let outbox = Outbox::of_store(store.directory());
        let mut object = outbox.begin()?;
        let sealed = SealedWriter::new(
            BufWriter::new(object.as_file_mut()),
            ObjectKind::Pack,
            name,
            &shared.secrets,
        )?;
        let head = PackHead {
            exit,
            ended: shared.to_engine(recording.ended),
            elapsed: recording.elapsed,
            condition: new.condition,
            output: recording.body.output,
            files: new.outputs.as_ref().map(|outputs| PackedFiles {
                manifest: outputs.manifest.clone(),
                contents: outputs.files.clone(),
            }),
        };
        let Some(sealed) = write_pack(sealed, &head, new, &shared.places)? else {
            return Ok(Posted::Not("its output names the directory of the project or of the user"));
        };
        sealed.finish()?;
        let lifetime_millis = match new.lifetime {
            Lifetime::For(limit) => u64::try_from(limit.as_millis()).ok(),
            Lifetime::Unlimited => None,
        };
        let label = OutgoingLabel {
            remote: shared.transfer.access.url.to_string(),
            name: name.to_string(),
            replaces: shared.may_replace.get(),
            lifetime_millis,
        };
        outbox.post(object, &label)?;
        self.notices.detail(&"shared: it waits to be pushed");
        Ok(Posted::Waits)
    }
}

/// Whether a result waits to be pushed, or why not.
enum Posted {
    Waits,
    Not(&'static str),
}

/// Writes all of a result; `None` if it names a place of this machine.
fn write_pack<W: Write>(
    out: W,
    head: &PackHead,
    new: &NewEntry<'_>,
    places: &[Vec<u8>],
) -> io::Result<Option<W>> {
    let search = || MentionSearch::new(places.iter().cloned());
    let mut pack = PackWriter::new(out, head)?;
    let mut searches = [search(), search()];
    new.recording.body.for_each_chunk(|stream, bytes| {
        searches[stream as usize].look(bytes);
        pack.output(stream, bytes)
    })?;
    pack.end_output()?;
    let is_named = searches.iter().any(MentionSearch::is_found);
    let mut search = search();
    let outputs = new.outputs.as_ref();
    if let Some(outputs) = outputs {
        search.look(&outputs.manifest);
    }
    for number in 0..outputs.map_or(0, |outputs| outputs.files.len()) {
        search.next_stream();
        let opened = outputs.map_or(Ok(None), |outputs| (outputs.open)(number))?;
        let file = opened.ok_or_else(|| io::Error::other("a file was changed meanwhile"))?;
        pack.file(SearchedFile { file, search: &mut search })?;
        if search.is_found() {
            return Ok(None);
        }
    }
    if is_named || search.is_found() { Ok(None) } else { pack.finish().map(Some) }
}

/// A file that is searched as it is read.
struct SearchedFile<'s> {
    file: File,
    search: &'s mut MentionSearch,
}

impl Read for SearchedFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.search.look(&buffer[..count]);
        Ok(count)
    }
}
