//! A result of another machine fills the local store.

use super::follow::ExpectedResult;
use super::stdin_class::fits;
use crate::call::context::Call;
use crate::call::prepare::Prepared;
use crate::call::remote_state::SharedCall;
use crate::call::store_result::NewResult;
use crate::entry::{EntryOrigin, NewOutputs};
use crate::exit::Exit;
use crate::inputs::SeenInputs;
use crate::outputs::OutputManifest;
use crate::recording::Recording;
use crate::remote::{
    ObjectKind, PackHead, PackLimits, PackReader, PackedFiles, RemoteTombstone, SealedObject,
    Unverified,
};
use crate::store::{Clearings, Filled, StoreError};
use crate::time::{Timestamp, brief};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// How far in the future a result may have ended: engines tell the time in seconds.
const CLOCK_SLACK: i64 = 2_000;

impl Call<'_> {
    /// How much a result may bring.
    pub(super) fn pack_limits(&self) -> PackLimits {
        let crate::options::Request { max_output, max_size, .. } = self.request;
        PackLimits { output: max_output.min(max_size).0, files: max_size.0 }
    }

    /// Stores what is in an object, or says why not.
    pub(super) fn arrive(
        &self,
        shared: &SharedCall,
        prepared: &mut Prepared,
        object: SealedObject,
        expected: ExpectedResult,
    ) -> Result<(), UnusedObject> {
        match object.kind {
            ObjectKind::Pack => {}
            ObjectKind::Tombstone => {
                let RemoteTombstone { cleared } = RemoteTombstone::read(object)?;
                shared.cleared.set(shared.cleared.get().max(Some(cleared)));
                return Err("it was cleared there".into());
            }
            ObjectKind::Marker => return Err("it is no result".into()),
        }
        let (head, reader) = PackReader::new(object, self.pack_limits())?;
        // What is cleared from now on is cleared while the result arrives.
        let since = prepared.store.clearings()?;
        prepared.store.release_read_lock();
        let ended = self.date_of(shared, prepared, &head)?;
        let holds = match expected.stdin {
            Some(stdin) => head.condition.is_same_input(stdin),
            None => fits(&shared.stdin, head.condition),
        };
        if !holds {
            return Err("it holds for another standard input".into());
        }
        if expected.inputs.is_some() != shared.traced.is_some() {
            return Err("it does not tell what its run has read".into());
        }
        if head.files.is_some() != self.has_outputs() {
            return Err("it has other files than this call asks for".into());
        }
        let arriving = ArrivingResult { head, inputs: expected.inputs, ended, since };
        self.fill_from(shared, prepared, arriving, reader)
    }

    /// When the result ended by our clock, if it is of use.
    fn date_of(
        &self,
        shared: &SharedCall,
        prepared: &Prepared,
        head: &PackHead,
    ) -> Result<Timestamp, UnusedObject> {
        let now = Timestamp::now();
        let mut ended = shared.to_ours(head.ended);
        if ended > now && ended.as_millis() - now.as_millis() <= CLOCK_SLACK {
            ended = now;
        }
        let exit = Exit::Code(head.exit);
        let expired = self.request.policy.is_spent(exit, ended, now);
        let cleared = self.last_clearing(prepared).is_some_and(|cleared| ended <= cleared)
            || shared.cleared.get().is_some_and(|cleared| head.ended <= cleared);
        match (expired, cleared) {
            (true, _) => Err("it has expired".into()),
            (_, true) => Err("it is older than the last clearing of this command".into()),
            _ => Ok(ended),
        }
    }

    /// When the user last cleared this call here.
    fn last_clearing(&self, prepared: &Prepared) -> Option<Timestamp> {
        let fingerprint = &prepared.observation.fingerprint;
        let is_vague = !fingerprint.ignored.is_empty();
        let of_command =
            prepared.store.last_clearing(&self.name(), &fingerprint.scope, is_vague).ok().flatten();
        let of_entry = prepared.store.tombstone(&fingerprint.key()).ok().flatten();
        of_command.max(of_entry.and_then(|tombstone| tombstone.cleared()))
    }

    fn fill_from(
        &self,
        shared: &SharedCall,
        prepared: &mut Prepared,
        ArrivingResult { head, inputs, ended, since }: ArrivingResult,
        mut reader: PackReader<SealedObject>,
    ) -> Result<(), UnusedObject> {
        let Prepared { store, observation, .. } = prepared;
        let mut recorder = self.recorder(store);
        reader.output(|stream, bytes| recorder.record(stream, bytes).map_err(io::Error::other))?;
        let body = recorder.finish().map_err(|fault| UnusedObject::here(&fault))?;
        let recording =
            Recording { body, exit: Exit::Code(head.exit), ended, elapsed: head.elapsed };
        let directory = store.directory().to_owned();
        let files = head.files.as_ref();
        let spool =
            files.map(|files| FileSpool::new(files, &mut reader, &directory)).transpose()?;
        reader.end()?;
        let open = |number| spool.as_ref().map_or(Ok(None), |spool| spool.open(number));
        let outputs = head.files.map(|PackedFiles { manifest, contents }| NewOutputs {
            manifest,
            files: contents,
            open: &open,
        });
        if outputs.as_ref().is_some_and(|it| OutputManifest::decode(&it.manifest).is_none()) {
            return Err("its list of files cannot be read".into());
        }
        let result = NewResult {
            condition: head.condition,
            inputs,
            recording,
            origin: EntryOrigin::Remote,
            outputs,
        };
        match self.store_result(store, observation, result, since)?.0 {
            Filled::Stored => {
                shared.count(|uses| uses.saved += head.elapsed);
                let age = ended.age_at(Timestamp::now()).unwrap_or_default();
                self.notices.detail(&format_args!("remote: hit: recorded {} ago", brief(age)));
                Ok(())
            }
            Filled::Cleared => Err("it was cleared meanwhile".into()),
            Filled::Changed => Err("its files are not those that it names".into()),
            Filled::TooLarge => Err("it is larger than --max-size".into()),
        }
    }
}

/// Why an object is of no use to this call.
pub(super) struct UnusedObject {
    pub(super) reason: String,
    /// Whether a result of this call may take its place. Otherwise each call would find it again, and each push would
    /// leave it there.
    pub(super) may_be_replaced: bool,
}

impl UnusedObject {
    /// The fault is on this machine.
    fn here(fault: &impl ToString) -> Self {
        Self { reason: fault.to_string(), may_be_replaced: false }
    }
}

/// The object is to blame.
impl From<&str> for UnusedObject {
    fn from(reason: &str) -> Self {
        Self { reason: reason.to_owned(), may_be_replaced: true }
    }
}

impl From<Unverified> for UnusedObject {
    fn from(fault: Unverified) -> Self {
        let may_be_replaced = match &fault {
            Unverified::Refused(refusal) => refusal.may_be_replaced(),
            Unverified::Unreadable(_) => false,
        };
        Self { may_be_replaced, ..Self::here(&fault) }
    }
}

impl From<StoreError> for UnusedObject {
    fn from(fault: StoreError) -> Self {
        Self::here(&fault)
    }
}

/// A result that is of use.
struct ArrivingResult {
    head: PackHead,
    /// What is found at the paths that its run asked for.
    inputs: Option<SeenInputs>,
    /// When it ended by our clock.
    ended: Timestamp,
    /// The clearings before it was found to be of use.
    since: Clearings,
}

/// The files of a result, one behind the other in a file without a name: many results have more than may be open.
struct FileSpool<'d> {
    all: RefCell<File>,
    /// Where each begins, and how long it is.
    places: Vec<(u64, u64)>,
    directory: &'d Path,
}

impl<'d> FileSpool<'d> {
    fn new(
        files: &PackedFiles,
        reader: &mut PackReader<SealedObject>,
        directory: &'d Path,
    ) -> Result<Self, Unverified> {
        let mut all = tempfile::tempfile_in(directory)?;
        let (mut places, mut start) = (Vec::with_capacity(files.contents.len()), 0);
        for file in &files.contents {
            reader.file(&mut all)?;
            places.push((start, file.size));
            start += file.size;
        }
        Ok(Self { all: all.into(), places, directory })
    }

    fn open(&self, number: usize) -> io::Result<Option<File>> {
        let Some((start, length)) = self.places.get(number) else { return Ok(None) };
        let mut all = self.all.borrow_mut();
        all.seek(SeekFrom::Start(*start))?;
        let mut file = tempfile::tempfile_in(self.directory)?;
        io::copy(&mut (&mut *all).take(*length), &mut file)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Some(file))
    }
}
