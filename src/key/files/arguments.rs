//! Files among the arguments, which count by their content without an option.
//!
//! [`argument_names`](super::argument_names) says which names a word may hold; here they are looked for.
//! What a word names besides regular files counts by the word alone. Whatever the run itself changes is seen
//! by [`FileArguments::changed`]: a command's own output file is compared by content, so that it counts once it
//! stands as the run leaves it.

use super::look::{Found, look};
use super::parallel;
use super::reading::{self, FileReader, HUGE, Pending, SMALL};
use super::recheck::{holds, is_unchanged};
use super::regular_file::open_stamp;
use super::stamp::{FileStamp, Stamp};
use super::survey::Surveyed;
use super::watch::Watch;
use crate::hex::Hex;
use crate::key::digest::{Digest, DigestBuilder};
use crate::key::encoding::{Encode, Encoder, bytes_of};
use crate::key::error::Unreadable;
use crate::key::fingerprint::{FileArgument, FileState};
use crate::key::words::file_names::{Candidate, candidates_in};
use crate::key::words::hash_with::Hashes;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// So many files count one by one; more than these count as one, which can be remembered.
const FEW: usize = 16;

/// So many looks are worth a thread of their own.
const LOOKS: usize = 256;

/// So many directories of options are looked into for each word.
const DIRECTORIES: usize = 4;

/// What the arguments name, as the file system tells it: nothing was read.
#[derive(Debug, Default)]
pub(crate) struct FileArguments {
    named: Vec<Named>,
    option_directories: Vec<PathBuf>,
    watch: RefCell<Option<Watch>>,
}

/// A path that an argument may name.
#[derive(Debug)]
struct Named {
    path: PathBuf,
    found: Found,
    /// What it held, if it is a file whose content counts here.
    digest: Option<Digest>,
    /// Whether it had been left alone for long enough for its stamp to mean something.
    is_settled: bool,
}

impl FileArguments {
    /// Looks at what these arguments may name.
    ///
    /// # Errors
    /// A path at which we may not look: there may be something that the command sees.
    pub(crate) fn survey(arguments: &[&OsStr]) -> Result<Self, Unreadable> {
        let mut is_value = false;
        let mut seen = HashSet::new();
        let mut candidates = Vec::new();
        for &word in arguments {
            for candidate in candidates_in(word, is_value) {
                if seen.insert(candidate.name) {
                    candidates.push(candidate);
                }
            }
            is_value = word.as_bytes().starts_with(b"-");
        }
        let mut named = look_at(candidates.iter().map(|it| it.name.into()).collect())?;
        let relative: Vec<_> =
            candidates.iter().filter(|it| Path::new(it.name).is_relative()).collect();
        let mut directories = option_directories(candidates.iter().zip(&named));
        let mut next = 0;
        // One may be named from another: `-C a -C b`.
        while let Some(directory) = directories.get(next) {
            let below = look_at(relative.iter().map(|it| directory.join(it.name)).collect())?;
            directories.extend(option_directories(relative.iter().copied().zip(&below)));
            directories.truncate(DIRECTORIES);
            named.extend(below.into_iter().filter(|it| matches!(it.found, Found::File { .. })));
            next += 1;
        }
        Ok(Self { named, option_directories: directories, watch: RefCell::default() })
    }

    /// Directories that options name, from which the program may find the others.
    pub(crate) fn option_directories(&self) -> &[PathBuf] {
        &self.option_directories
    }

    /// The files that may be executed: they count as code, with what interprets them. Where there are many they are not
    /// meant to be executed, nor are those that a hash command is for.
    pub(crate) fn executables(&self, hashes: &Hashes<'_>) -> impl Iterator<Item = &Path> {
        let is_executable = |named: &&Named| {
            matches!(named.found, Found::File { is_executable: true, stamp } if stamp.size <= HUGE)
                && !hashes.replaces_file(&named.path)
        };
        let executables: Vec<_> = self.named.iter().filter(is_executable).take(FEW + 1).collect();
        let are_few = executables.len() <= FEW;
        executables.into_iter().filter(move |_| are_few).map(|named| &*named.path)
    }

    /// The directories, which count by their names alone.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &Path> {
        let is_directory = |named: &&Named| named.found == Found::Directory;
        self.named.iter().filter(is_directory).map(|named| &*named.path)
    }

    /// What is not read, and why.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (&Path, String)> {
        self.named.iter().filter_map(|named| match &named.found {
            Found::Special(what) => {
                Some((&*named.path, format!("{what} and counts by its name alone")))
            }
            Found::Closed { why, .. } => Some((
                &*named.path,
                format!("cannot be read ({why}) and counts by its name and dates"),
            )),
            _ => None,
        })
    }

    /// Begins to watch what counts by its name alone and is no directory.
    pub(crate) fn watch(&self) {
        let is_special = |named: &&Named| matches!(named.found, Found::Special(_));
        let special: Vec<_> = self.named.iter().filter(is_special).map(|it| &*it.path).collect();
        let watch = (!special.is_empty()).then(|| Watch::begin(&special));
        self.watch.replace(watch);
    }

    /// What was used since it is watched, if anything was.
    pub(crate) fn used(&self) -> Option<PathBuf> {
        self.watch.borrow().as_ref()?.used()
    }

    /// Leaves out what counts in another way.
    pub(crate) fn leave_out(&mut self, counts_already: impl Fn(&Path) -> bool) {
        self.named.retain(|named| !(named.counts() && counts_already(&named.path)));
    }

    /// Opens the files if little counts, so that each counts by itself.
    ///
    /// # Errors
    /// A file that is too large to be read and that its stamp cannot stand for.
    pub(crate) fn open(
        &mut self,
        reader: &FileReader<'_>,
        hashes: &Hashes<'_>,
    ) -> Result<Opened, Unreadable> {
        let mut opened = Opened::default();
        if self.named.iter().filter(|named| named.counts()).count() > FEW {
            let argument = FileArgument::new(self.all(reader, hashes)?);
            opened.seen.insert(OsString::new(), argument);
            return Ok(opened);
        }
        let total = self.total();
        for (place, named) in self.named.iter_mut().enumerate() {
            let state = match &mut named.found {
                Found::Directory => FileState::Directory,
                Found::File { stamp, .. } if is_huge(stamp, total) => {
                    by_stamp(reader, &named.path, stamp)?
                }
                Found::File { .. } => {
                    match reader.open(&named.path) {
                        Ok(Some(file)) => opened.pending.push((place, file)),
                        Ok(None) => named.found = Found::Nothing,
                        Err(fault) => named.close(fault),
                    }
                    match named.closed() {
                        Some(state) => state,
                        None => continue,
                    }
                }
                Found::Nothing | Found::Special(_) | Found::Closed { .. } => continue,
            };
            let argument = FileArgument::new(state);
            opened.seen.insert(named.path.clone().into(), argument);
        }
        Ok(opened)
    }

    /// Bytes of all files.
    fn total(&self) -> u64 {
        self.named.iter().filter_map(Named::stamp).map(|stamp| stamp.size).sum()
    }

    /// What the arguments name, given what the files held that were opened.
    pub(crate) fn complete(
        &mut self,
        mut opened: Opened,
        reader: &FileReader<'_>,
        held: impl Iterator<Item = (FileStamp, Digest)>,
        hashes: &Hashes<'_>,
    ) -> Result<BTreeMap<OsString, FileArgument>, Unreadable> {
        for ((place, file), (stamp, digest)) in opened.pending.into_iter().zip(held) {
            let named = &mut self.named[place];
            named.read(reader, stamp, digest);
            let state = hashes.content(&named.path, digest)?;
            let argument =
                FileArgument { real: Some(file.real), mode: file.mode, ..FileArgument::new(state) };
            opened.seen.insert(named.path.clone().into(), argument);
        }
        Ok(opened.seen)
    }

    /// Many files and directories as one.
    fn all(
        &mut self,
        reader: &FileReader<'_>,
        hashes: &Hashes<'_>,
    ) -> Result<FileState, Unreadable> {
        let count = self.named.iter().filter(|named| named.counts()).count();
        let (names, stamp) = self.identity();
        let place = PathBuf::from(format!("arguments {}", Hex(&names.as_bytes()[..8])));
        let is_remembered = !hashes.are_for_files();
        if is_remembered && let Some(digest) = reader.recall(&place, &stamp) {
            return Ok(FileState::Matches { count, digest });
        }
        let total = self.total();
        let read: Vec<_> = self.named.iter().filter_map(|named| named.to_read(total)).collect();
        let fetched = reader.fetch(&read);
        let seen: Vec<_> = fetched.iter().map(|it| it.as_ref().ok().copied().flatten()).collect();
        let is_certain = read.len() == self.named.iter().filter_map(Named::stamp).count()
            && reader.is_certain(&read, &seen);
        let mut fetched = fetched.into_iter();
        let mut digest = DigestBuilder::default();
        for named in &mut self.named {
            let state = match &mut named.found {
                Found::Directory => FileState::Directory,
                Found::File { stamp, .. } if is_huge(stamp, total) => {
                    by_stamp(reader, &named.path, stamp)?
                }
                Found::File { .. } => match fetched.next().unwrap_or(Ok(None)) {
                    Ok(Some((stamp, digest))) => {
                        named.read(reader, stamp, digest);
                        hashes.content(&named.path, digest)?
                    }
                    Ok(None) => {
                        named.found = Found::Nothing;
                        continue;
                    }
                    Err(fault) => {
                        named.close(fault);
                        named.closed().unwrap_or(FileState::Missing)
                    }
                },
                Found::Nothing | Found::Special(_) | Found::Closed { .. } => continue,
            };
            digest.update(&bytes_of(&named.path));
            digest.update(&bytes_of(&state));
        }
        let digest = digest.finish();
        if is_remembered && is_certain {
            reader.learn(place, stamp, digest);
        }
        Ok(FileState::Matches { count, digest })
    }

    /// What tells all that is named from anything else: a digest of the names, and one of these with the stamps.
    fn identity(&self) -> (Digest, Stamp) {
        let (mut names, mut stamps) = (Encoder::default(), Encoder::default());
        for named in self.named.iter().filter(|named| named.counts()) {
            named.path.encode(&mut names);
            (named.found == Found::Directory).encode(&mut names);
            if let Found::File { stamp, .. } = &named.found {
                stamp.encode(&mut stamps);
            }
        }
        let digest = Digest::of(&names.finish());
        stamps.fixed(digest.as_bytes());
        (digest, Stamp::of_many(Digest::of(&stamps.finish())))
    }

    /// What is no longer as it was seen, if anything is.
    pub(crate) fn changed(&self) -> Option<PathBuf> {
        let hold = parallel::map(&self.named, LOOKS, Named::still_holds);
        let changed = self.named.iter().zip(hold).find(|(_, holds)| !holds);
        changed.map(|(named, _)| named.path.clone())
    }
}

/// File arguments, of which large ones may still have to be read.
#[derive(Default)]
pub(crate) struct Opened {
    seen: BTreeMap<OsString, FileArgument>,
    pending: Vec<(usize, reading::Opened)>,
}

impl Opened {
    /// What [`FileReader::resolve`] has to complete, in order.
    pub(crate) fn pending(&self) -> impl Iterator<Item = Pending> {
        self.pending.iter().map(|(_, file)| file.content.clone())
    }
}

impl Named {
    /// Whether it counts beside its name.
    fn counts(&self) -> bool {
        matches!(self.found, Found::File { .. } | Found::Directory)
    }

    fn stamp(&self) -> Option<FileStamp> {
        match self.found {
            Found::File { stamp, .. } => Some(stamp),
            _ => None,
        }
    }

    /// The file, if it is to be read where all have so many bytes.
    fn to_read(&self, total: u64) -> Option<Surveyed> {
        let stamp = self.stamp().filter(|stamp| !is_huge(stamp, total))?;
        Some(Surveyed { path: self.path.clone(), stamp })
    }

    /// Notes what it held.
    fn read(&mut self, reader: &FileReader<'_>, stamp: FileStamp, digest: Digest) {
        if let Found::File { stamp: seen, .. } = &mut self.found {
            *seen = stamp;
        }
        self.digest = Some(digest);
        self.is_settled = reader.is_settled(&stamp);
    }

    /// Notes that it may not be read.
    fn close(&mut self, fault: Unreadable) {
        if let Some(stamp) = self.stamp() {
            self.found = Found::Closed { stamp, why: fault.reason };
        }
    }

    /// What counts of it if it may not be read.
    fn closed(&self) -> Option<FileState> {
        match &self.found {
            Found::Closed { stamp, .. } => Some(stamped(stamp)),
            _ => None,
        }
    }

    /// Whether it still is what was seen. A file may have been written anew with the same content.
    fn still_holds(&self) -> bool {
        let Ok(now) = look(&self.path) else { return false };
        match (&self.found, now) {
            (Found::File { stamp, .. }, Found::File { stamp: now, .. }) => match self.digest {
                Some(digest) if *stamp == now => {
                    is_unchanged(&self.path, stamp, self.is_settled, digest)
                }
                Some(digest) => holds(&self.path, digest),
                None => *stamp == now,
            },
            (Found::Closed { stamp, .. }, Found::File { stamp: now, .. }) => *stamp == now,
            (seen, now) => *seen == now,
        }
    }
}

/// Those that are directories and values of options.
fn option_directories<'c, 'w: 'c>(
    found: impl Iterator<Item = (&'c Candidate<'w>, &'c Named)>,
) -> Vec<PathBuf> {
    let is_one = |(candidate, named): &(&Candidate<'_>, &Named)| {
        candidate.is_value && named.found == Found::Directory
    };
    found.filter(is_one).take(DIRECTORIES).map(|(_, named)| named.path.clone()).collect()
}

fn look_at(paths: Vec<PathBuf>) -> Result<Vec<Named>, Unreadable> {
    let found = parallel::map(&paths, LOOKS, |path| look(path));
    let named = |(path, found)| Ok(Named { path, found: found?, digest: None, is_settled: false });
    paths.into_iter().zip(found).map(named).collect()
}

/// Whether a file is too large to be read before a command that may not need it: alone, or with all others.
fn is_huge(stamp: &FileStamp, total: u64) -> bool {
    stamp.size > HUGE || (total > HUGE && stamp.size > SMALL)
}

/// A file of which the stamp counts in place of the content.
fn by_stamp(
    reader: &FileReader<'_>,
    path: &Path,
    stamp: &mut FileStamp,
) -> Result<FileState, Unreadable> {
    *stamp = open_stamp(path)?;
    if !reader.trusts(path, stamp) {
        let problem = "files among the arguments that are longer than 64 MiB, alone or together, count by their \
                       dates; this one changed a moment ago, or lies where changes leave no dates";
        return Err(Unreadable::new(path, problem));
    }
    Ok(stamped(stamp))
}

fn stamped(stamp: &FileStamp) -> FileState {
    FileState::Stamped(Digest::of(&bytes_of(stamp)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use std::fs;

    const LATER: Timestamp = Timestamp::from_millis(i64::MAX / 2);

    /// What one argument names, and what was seen of it.
    fn see(path: &Path, now: Timestamp) -> (FileState, FileArguments) {
        let reader = FileReader::new(None, now, &|| {});
        let hashes = Hashes::new(&[], &|| {});
        let mut arguments = FileArguments::survey(&[path.as_os_str()]).expect("looked at");
        let opened = arguments.open(&reader, &hashes).expect("opened");
        let held = reader.resolve(opened.pending().collect()).expect("read").into_iter();
        let mut seen = arguments.complete(opened, &reader, held, &hashes).expect("complete");
        let argument = seen.remove(path.as_os_str()).expect("a file");
        (argument.state, arguments)
    }

    #[test]
    fn a_huge_file_counts_by_its_stamp() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("huge");
        let huge = fs::File::create(&path).expect("made");
        huge.set_len(HUGE + 1).expect("grown");
        let (first, arguments) = see(&path, LATER);
        assert!(matches!(first, FileState::Stamped(_)));
        assert_eq!(see(&path, LATER).0, first);
        assert_eq!(arguments.changed(), None);
        huge.set_len(HUGE + 2).expect("grown");
        assert_ne!(see(&path, LATER).0, first);
        assert_eq!(arguments.changed(), Some(path));
    }

    #[test]
    fn an_edit_under_the_same_stamp_is_noticed() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x");
        fs::write(&path, "one").expect("written");
        let (_, mut arguments) = see(&path, Timestamp::now());
        assert_eq!(arguments.changed(), None);
        fs::write(&path, "two").expect("written");
        // As where both were within a step of the clock.
        let now = FileStamp::of(&rustix::fs::stat(&path).expect("there"));
        for named in &mut arguments.named {
            named.found = Found::File { stamp: now, is_executable: false };
        }
        assert_eq!(arguments.changed(), Some(path));
    }
}
