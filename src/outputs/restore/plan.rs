//! What a restore has to rename into place. Pure.

use super::look::Present;
use crate::outputs::manifest::{OutputEntry, OutputKind, OutputManifest};
use std::path::{Path, PathBuf};

/// Something that one rename puts in place: an output, or a directory that is missing with all outputs below it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RestoreStep<'m> {
    /// Where it belongs, from the working directory.
    pub(super) target: PathBuf,
    /// Whether something is there.
    pub(super) replaces: bool,
    /// The outputs that it consists of.
    pub(super) entries: Vec<&'m OutputEntry>,
}

/// The steps for all outputs that are not there already.
pub(super) fn plan<'m>(manifest: &'m OutputManifest, present: &[Present]) -> Vec<RestoreStep<'m>> {
    let mut steps: Vec<RestoreStep<'m>> = Vec::new();
    for (entry, present) in manifest.entries().iter().zip(present) {
        let depth = match present {
            Present::Equal => continue,
            Present::Other => entry.path.components().count() - 1,
            Present::Nothing(depth) => *depth,
        };
        let target: PathBuf = entry.path.components().take(depth + 1).collect();
        if let Some(step) = steps.last_mut().filter(|step| step.target == target) {
            step.entries.push(entry);
        } else {
            let replaces = *present == Present::Other;
            steps.push(RestoreStep { target, replaces, entries: vec![entry] });
        }
    }
    steps
}

/// The directories where a step may be readied: those around all outputs, and the outputs in them that are directories.
pub(super) fn places(manifest: &OutputManifest) -> Vec<&Path> {
    let mut places = Vec::new();
    let mut latest = None;
    for OutputEntry { path, kind } in manifest.entries() {
        let parent = path.parent().unwrap_or(Path::new(""));
        if latest.is_none_or(|(latest, _)| latest != parent) {
            let is_around = manifest.get(parent).is_none();
            latest = Some((parent, is_around));
            places.extend(is_around.then_some(parent));
        }
        let is_around = latest.is_some_and(|(_, is_around)| is_around);
        if is_around && matches!(kind, OutputKind::Directory { .. }) {
            places.push(path);
        }
    }
    places
}

impl RestoreStep<'_> {
    /// The directory that it is put in.
    pub(super) fn parent(&self) -> &Path {
        self.target.parent().unwrap_or(Path::new(""))
    }

    /// The directory where it is readied: an output itself, if possible. Others do not notice that anything was made
    /// there and removed again, as they could see by the times of the working directory.
    pub(super) fn staged_in<'s>(&'s self, manifest: &OutputManifest) -> &'s Path {
        let is_output = |path: &&Path| {
            let entry = manifest.get(path);
            entry.is_some_and(|entry| matches!(entry.kind, OutputKind::Directory { .. }))
        };
        let above = self.parent().ancestors().filter(is_output);
        above.last().unwrap_or(self.parent())
    }
}
