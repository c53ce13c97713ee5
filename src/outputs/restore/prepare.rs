//! A restore: readied first, then put in place.
//!
//! Until [`PreparedRestore::commit`] nothing is changed but what the staging directories are. Each output appears whole,
//! by a rename, also when this process is killed.

use super::look::look;
use super::plan::{RestoreStep, places, plan};
use super::replace::{NameIn, UndoRename, put, undo};
use super::staging::{OpenObject, StagingDirectory, unwritable};
use super::stale::{remove_stale, remove_usual_stale};
use crate::outputs::descent::{Descent, open_top};
use crate::outputs::fault::NotRestored;
use crate::outputs::manifest::{OutputKind, OutputManifest};
use rustix::fd::BorrowedFd;
use rustix::fs::{Access, AtFlags, Mode, accessat, fchmod, fstat};
use rustix::io::Errno;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Others may restore in the same directory: what is there is looked at again this many times.
const ATTEMPTS: usize = 5;

/// Outputs that are ready to be put in place. Dropped instead, it leaves nothing behind.
pub struct PreparedRestore<'r> {
    directory: &'r Path,
    manifest: &'r OutputManifest,
    open_object: OpenObject<'r>,
    ready: ReadySteps<'r>,
}

/// How many outputs a restore wrote, and how many it left as they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoredCounts {
    /// Written.
    pub written: usize,
    /// Equal already.
    pub untouched: usize,
}

impl RestoredCounts {
    pub(super) fn of(manifest: &OutputManifest, steps: &[RestoreStep<'_>]) -> Self {
        let written = steps.iter().map(|step| step.entries.len()).sum();
        Self { written, untouched: manifest.entries().len() - written }
    }
}

/// The steps of a restore, with what each of them puts in place.
struct ReadySteps<'m> {
    counts: RestoredCounts,
    steps: Vec<ReadyStep<'m>>,
    stagings: BTreeMap<PathBuf, StagingDirectory>,
}

struct ReadyStep<'m> {
    step: RestoreStep<'m>,
    /// The staging directory, by the directory that it is in.
    staging: PathBuf,
    /// The name in the staging directory.
    name: OsString,
}

/// Readies all outputs of a manifest that are not in the working directory already, and checks their content.
///
/// # Errors
/// What is in the way, or which object is damaged.
pub fn prepare<'r>(
    directory: &'r Path,
    manifest: &'r OutputManifest,
    open_object: OpenObject<'r>,
) -> Result<PreparedRestore<'r>, NotRestored> {
    let ready = ReadySteps::make(directory, manifest, open_object)?;
    Ok(PreparedRestore { directory, manifest, open_object, ready })
}

impl PreparedRestore<'_> {
    /// Puts all outputs in place, each of them whole.
    ///
    /// # Errors
    /// What was in the way. What had been put in place is taken back, where the file system can do that.
    pub fn commit(self) -> Result<RestoredCounts, NotRestored> {
        let mut ready = self.ready;
        let mut attempts = 1;
        loop {
            match ready.put_in_place(self.directory) {
                // Somebody else was here: what is there now?
                Err(_) if attempts < ATTEMPTS => attempts += 1,
                put => return put.map(|()| ready.counts),
            }
            drop(ready);
            ready = ReadySteps::make(self.directory, self.manifest, self.open_object)?;
        }
    }
}

impl<'m> ReadySteps<'m> {
    fn make(
        directory: &Path,
        manifest: &'m OutputManifest,
        open_object: OpenObject<'_>,
    ) -> Result<Self, NotRestored> {
        let steps = plan(manifest, &look(directory, manifest.entries())?);
        let counts = RestoredCounts::of(manifest, &steps);
        let mut ready = Self { counts, steps: Vec::new(), stagings: BTreeMap::new() };
        let mut descent = descent_from(directory)?;
        remove_all_stale(&mut descent, manifest, &steps);
        for step in steps {
            ready.add(&mut descent, manifest, step, open_object)?;
        }
        Ok(ready)
    }

    fn add(
        &mut self,
        descent: &mut Descent,
        manifest: &OutputManifest,
        step: RestoreStep<'m>,
        open_object: OpenObject<'_>,
    ) -> Result<(), NotRestored> {
        let beside = self.steps.last().filter(|last| last.step.parent() == step.parent());
        let place = match beside {
            Some(ReadyStep { staging, .. }) => staging.clone(),
            None => staging_place(descent, manifest, &step)?,
        };
        let staging = match self.stagings.entry(place.clone()) {
            std::collections::btree_map::Entry::Occupied(staging) => staging.into_mut(),
            std::collections::btree_map::Entry::Vacant(vacant) => {
                let parent = enter(descent, &place)?;
                vacant.insert(
                    StagingDirectory::make(parent).map_err(|error| unwritable(&place, error))?,
                )
            }
        };
        let name = OsString::from(self.steps.len().to_string());
        for entry in &step.entries {
            let below = entry.path.strip_prefix(&step.target).unwrap_or(Path::new(""));
            let place: PathBuf = Path::new(&name).components().chain(below.components()).collect();
            staging.add(&place, entry, open_object)?;
        }
        self.steps.push(ReadyStep { step, staging: place, name });
        Ok(())
    }

    /// Renames everything into place, or nothing.
    fn put_in_place(&self, directory: &Path) -> Result<(), NotRestored> {
        let mut descent = descent_from(directory)?;
        let mut done: Vec<(&ReadyStep<'_>, UndoRename)> = Vec::new();
        for step in &self.steps {
            let put = self.rename(&mut descent, step, |from, to| put(from, to, step.step.replaces));
            match put {
                Ok(how) => done.push((step, how)),
                Err(fault) => {
                    for (step, how) in done.into_iter().rev() {
                        // What cannot be undone is whole.
                        let _ = self.rename(&mut descent, step, |from, to| undo(from, to, how));
                    }
                    return Err(fault);
                }
            }
        }
        self.restrict_directories(&mut descent);
        Ok(())
    }

    /// Takes rights of the owner away that a directory did not have. It needed them to be filled and moved.
    fn restrict_directories(&self, descent: &mut Descent) {
        // What is in a directory comes first: nothing may be reachable in it afterwards.
        for entry in self.steps.iter().rev().flat_map(|ready| ready.step.entries.iter().rev()) {
            let OutputKind::Directory { permissions } = entry.kind else { continue };
            let lacking = Mode::RWXU - Mode::from_bits_truncate(permissions.into());
            if !lacking.is_empty()
                && let Ok(made) = descent.enter(&entry.path)
                && let Ok(stat) = fstat(made)
            {
                // The directory is whole, and its owner may change it in any case.
                let _ = fchmod(made, Mode::from_raw_mode(stat.st_mode) - lacking);
            }
        }
    }

    fn rename<T>(
        &self,
        descent: &mut Descent,
        ReadyStep { step, staging, name }: &ReadyStep<'_>,
        rename: impl FnOnce(NameIn<'_>, NameIn<'_>) -> Result<T, Errno>,
    ) -> Result<T, NotRestored> {
        let staging = self.stagings.get(staging).ok_or(Errno::NOENT);
        let directory = enter(descent, step.parent())?;
        let to = NameIn { directory, name: step.target.file_name().unwrap_or_default() };
        staging
            .and_then(|staging| rename(NameIn { directory: staging.directory(), name }, to))
            .map_err(|error| unwritable(&step.target, error))
    }
}

/// The directory in which a step is readied: one that can be written, and from which it can be renamed.
pub(super) fn staging_place(
    descent: &mut Descent,
    manifest: &OutputManifest,
    step: &RestoreStep<'_>,
) -> Result<PathBuf, NotRestored> {
    let (wanted, parent) = (step.staged_in(manifest), step.parent());
    let fits = wanted == parent
        || check_writable(descent, wanted, wanted).is_ok()
            && mount_of(descent, wanted)? == mount_of(descent, parent)?;
    Ok(if fits { wanted } else { parent }.to_owned())
}

/// Checks that something can be put in a directory. If not, that is told of `target`.
pub(super) fn check_writable(
    descent: &mut Descent,
    place: &Path,
    target: &Path,
) -> Result<(), NotRestored> {
    let directory = enter(descent, place)?;
    match accessat(directory, c".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
        Err(error @ (Errno::ACCESS | Errno::PERM | Errno::ROFS)) => Err(unwritable(target, error)),
        // Older systems cannot tell.
        _ => Ok(()),
    }
}

/// What tells whether files can be renamed from one directory to another: its device, and where that is mounted.
fn mount_of(descent: &mut Descent, path: &Path) -> Result<(rustix::fs::Dev, u64), NotRestored> {
    let directory = enter(descent, path)?;
    let device = fstat(directory).map_err(|error| unwritable(path, error))?.st_dev;
    #[cfg(target_os = "linux")]
    let mount = {
        use rustix::fs::{StatxFlags, statx};
        // Older systems do not tell.
        let stat = statx(directory, c"", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID);
        stat.map_or(0, |stat| stat.stx_mnt_id)
    };
    #[cfg(not(target_os = "linux"))]
    let mount = 0;
    Ok((device, mount))
}

/// Removes what restores that were killed have left where outputs are. One may have been killed after everything was in
/// place.
fn remove_all_stale(descent: &mut Descent, manifest: &OutputManifest, steps: &[RestoreStep<'_>]) {
    let staged = steps.iter().flat_map(|step| [step.staged_in(manifest), step.parent()]);
    for place in staged.chain(places(manifest)).collect::<BTreeSet<_>>() {
        if let Ok(directory) = descent.enter(place) {
            if steps.is_empty() {
                remove_usual_stale(directory);
            } else {
                remove_stale(directory);
            }
        }
    }
}

pub(super) fn descent_from(directory: &Path) -> Result<Descent, NotRestored> {
    let top = open_top(directory).map_err(|error| unwritable(Path::new(""), error))?;
    Ok(Descent::from(top))
}

pub(super) fn enter<'d>(
    descent: &'d mut Descent,
    path: &Path,
) -> Result<BorrowedFd<'d>, NotRestored> {
    let opened = descent.enter(path);
    opened.map_err(|end| NotRestored::obstacle(&end.place(path), end))
}
