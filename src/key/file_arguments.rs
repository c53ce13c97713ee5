//! Files among the arguments, which count by their content without an option.
//!
//! [`argument_names`](super::argument_names) says which names a word may hold; here they are looked for.
//! What a word names besides regular files counts by the word alone. Whatever the run itself changes is seen
//! by [`FileArguments::changed`]: a command's own output file is compared by content, so that it counts once it
//! stands as the run leaves it.

use super::argument_names::candidates_in;
use super::digest::{Digest, DigestBuilder};
use super::encoding::{append_words, encode_words, state_bytes};
use super::exec_mode::is_executable;
use super::hashing::Hashes;
use super::hex::Hex;
use super::parallel;
use super::reading::{FileReader, HUGE, Pending, SMALL, Unreadable, open_stamp, read};
use super::stamp::{FileStamp, Stamp};
use super::survey::Surveyed;
use super::{FileArgument, FileState};
use rustix::fs::FileType;
use rustix::io::Errno;
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
pub(super) struct FileArguments {
    named: Vec<Named>,
    option_directories: Vec<PathBuf>,
}

/// A path that an argument may name.
#[derive(Debug)]
struct Named {
    path: PathBuf,
    found: Found,
    /// What it held, if it is a file that counts here.
    digest: Option<Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    File {
        stamp: FileStamp,
        is_executable: bool,
    },
    Directory,
    /// What cannot be read as a file, and why.
    Other(String),
}

impl Found {
    fn unreadable(fault: &Unreadable) -> Self {
        Self::Other(format!("cannot be read ({})", fault.reason))
    }
}

impl FileArguments {
    /// Looks at what these arguments may name.
    pub(super) fn survey(arguments: &[&OsStr]) -> Self {
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
        let mut named = look_at(candidates.iter().map(|it| it.name.into()).collect());
        let directories: Vec<PathBuf> = candidates
            .iter()
            .zip(&named)
            .filter(|(candidate, named)| candidate.is_value && named.found == Found::Directory)
            .map(|(candidate, _)| PathBuf::from(candidate.name))
            .take(DIRECTORIES)
            .collect();
        let relative =
            || candidates.iter().map(|it| Path::new(it.name)).filter(|it| it.is_relative());
        let below =
            directories.iter().flat_map(|it| relative().map(|name| it.join(name))).collect();
        let below = look_at(below).into_iter();
        named.extend(below.filter(|named| matches!(named.found, Found::File { .. })));
        Self { named, option_directories: directories }
    }

    /// Directories that options name, from which the program may find the others.
    pub(super) fn option_directories(&self) -> &[PathBuf] {
        &self.option_directories
    }

    /// The files that may be executed: they count as code, with what interprets them. Where there are many they are not
    /// meant to be executed.
    pub(super) fn executables(&self) -> impl Iterator<Item = &Path> {
        let is_executable = |named: &&Named| matches!(named.found, Found::File { is_executable: true, stamp } if stamp.size <= HUGE);
        let are_many = self.named.iter().filter(is_executable).nth(FEW).is_some();
        let executables = self.named.iter().filter(is_executable).map(|named| &*named.path);
        executables.take(if are_many { 0 } else { FEW })
    }

    /// The directories, which count by their names alone.
    pub(super) fn directories(&self) -> impl Iterator<Item = &Path> {
        let is_directory = |named: &&Named| named.found == Found::Directory;
        self.named.iter().filter(is_directory).map(|named| &*named.path)
    }

    /// What cannot be read as a file and counts by its name alone, and why.
    pub(super) fn unread(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.named.iter().filter_map(|named| match &named.found {
            Found::Other(why) => Some((&*named.path, &**why)),
            _ => None,
        })
    }

    /// Leaves out what counts in another way.
    pub(super) fn leave_out(&mut self, counts_already: impl Fn(&Path) -> bool) {
        self.named.retain(|named| !(named.counts() && counts_already(&named.path)));
    }

    /// Opens the files if little counts, so that each counts by itself.
    ///
    /// # Errors
    /// A file that is too large to be read and that its stamp cannot stand for.
    pub(super) fn open(
        &mut self,
        reader: &FileReader<'_>,
        hashes: &Hashes<'_>,
    ) -> Result<Opened, Unreadable> {
        let mut opened = Opened::default();
        if self.named.iter().filter(|named| named.counts()).count() > FEW {
            let argument = FileArgument { state: self.all(reader, hashes)?, real: None };
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
                        Ok(Some(file)) => opened.pending.push((place, file.real, file.content)),
                        Ok(None) => named.found = Found::Nothing,
                        Err(fault) => named.found = Found::unreadable(&fault),
                    }
                    continue;
                }
                Found::Nothing | Found::Other(_) => continue,
            };
            let argument = FileArgument { state, real: None };
            opened.seen.insert(named.path.clone().into(), argument);
        }
        Ok(opened)
    }

    /// Bytes of all files.
    fn total(&self) -> u64 {
        self.named.iter().filter_map(Named::stamp).map(|stamp| stamp.size).sum()
    }

    /// What the arguments name, given what the files held that were opened.
    pub(super) fn complete(
        &mut self,
        mut opened: Opened,
        held: impl Iterator<Item = (FileStamp, Digest)>,
        hashes: &Hashes<'_>,
    ) -> Result<BTreeMap<OsString, FileArgument>, Unreadable> {
        for ((place, real, _), (stamp, digest)) in opened.pending.into_iter().zip(held) {
            let named = &mut self.named[place];
            if let Found::File { stamp: seen, .. } = &mut named.found {
                *seen = stamp;
            }
            named.digest = Some(digest);
            let state = hashes.content(&named.path, digest)?;
            let argument = FileArgument { state, real: Some(real) };
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
                Found::File { stamp, .. } => match fetched.next().unwrap_or(Ok(None)) {
                    Ok(Some((seen, digest))) => {
                        (*stamp, named.digest) = (seen, Some(digest));
                        hashes.content(&named.path, digest)?
                    }
                    Ok(None) => {
                        named.found = Found::Nothing;
                        continue;
                    }
                    Err(fault) => {
                        named.found = Found::unreadable(&fault);
                        continue;
                    }
                },
                Found::Nothing | Found::Other(_) => continue,
            };
            digest.update(&encode_words([named.path.as_os_str()]));
            digest.update(&state_bytes(&state));
        }
        let digest = digest.finish();
        if is_remembered && is_certain {
            reader.learn(place, stamp, digest);
        }
        Ok(FileState::Matches { count, digest })
    }

    /// What tells all that is named from anything else: a digest of the names, and one of these with the stamps.
    fn identity(&self) -> (Digest, Stamp) {
        let (mut names, mut stamps) = (Vec::new(), Vec::new());
        for named in self.named.iter().filter(|named| named.counts()) {
            append_words([named.path.as_os_str()], &mut names);
            names.push(u8::from(named.found == Found::Directory));
            if let Found::File { stamp, .. } = &named.found {
                stamp.encode(&mut stamps);
            }
        }
        let digest = Digest::of(&names);
        stamps.extend(digest.as_bytes());
        (digest, Stamp::of_many(Digest::of(&stamps)))
    }

    /// What is no longer as it was seen, if anything is.
    pub(super) fn changed(&self) -> Option<PathBuf> {
        let hold = parallel::map(&self.named, LOOKS, Named::still_holds);
        let changed = self.named.iter().zip(hold).find(|(_, holds)| !holds);
        changed.map(|(named, _)| named.path.clone())
    }
}

/// File arguments, of which large ones may still have to be read.
#[derive(Default)]
pub(super) struct Opened {
    seen: BTreeMap<OsString, FileArgument>,
    pending: Vec<(usize, PathBuf, Pending)>,
}

impl Opened {
    /// What [`FileReader::resolve`] has to complete, in order.
    pub(super) fn pending(&self) -> impl Iterator<Item = Pending> {
        self.pending.iter().map(|(_, _, pending)| pending.clone())
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

    /// Whether it still is what was seen. A file may have been written anew with the same content.
    fn still_holds(&self) -> bool {
        match (&self.found, look(&self.path)) {
            (Found::File { stamp, .. }, Found::File { stamp: now, .. }) => {
                *stamp == now
                    || self.digest.is_some_and(|digest| {
                        let now = read(&self.path, &|| {});
                        now.is_ok_and(|now| now.is_some_and(|(_, now)| now == digest))
                    })
            }
            (Found::Other(_), now) => matches!(now, Found::Other(_) | Found::File { .. }),
            (seen, now) => *seen == now,
        }
    }
}

fn look_at(paths: Vec<PathBuf>) -> Vec<Named> {
    let found = parallel::map(&paths, LOOKS, |path| look(path));
    let named = |(path, found)| Named { path, found, digest: None };
    paths.into_iter().zip(found).map(named).collect()
}

fn look(path: &Path) -> Found {
    match rustix::fs::stat(path) {
        Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                Found::File { stamp: FileStamp::of(&stat), is_executable: is_executable(&stat) }
            }
            FileType::Directory => Found::Directory,
            kind => Found::Other(describe(kind).to_owned()),
        },
        Err(Errno::ACCESS | Errno::PERM | Errno::IO | Errno::STALE) => {
            Found::Other("cannot be looked at".to_owned())
        }
        Err(_) => Found::Nothing,
    }
}

fn describe(kind: FileType) -> &'static str {
    match kind {
        FileType::Fifo => "is a FIFO",
        FileType::Socket => "is a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "is a device",
        _ => "is not a regular file",
    }
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
        let problem = "files of more than 64 MiB count by their dates, and this one changed a moment ago or lies \
                       where changes leave no dates";
        return Err(Unreadable::new(path, problem));
    }
    let mut bytes = Vec::new();
    stamp.encode(&mut bytes);
    Ok(FileState::Stamped(Digest::of(&bytes)))
}
