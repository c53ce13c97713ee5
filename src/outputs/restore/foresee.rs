//! What a restore would do, for those who only ask. Changes nothing.
//!
//! It finds every obstacle that can be found without writing. Whether there is enough room shows only when it is written.

use super::look::look;
use super::plan::plan;
use super::prepare::{RestoredCounts, check_writable, descent_from, staging_place};
use super::staging::{OpenObject, unrestorable};
use crate::content::has_content;
use crate::outputs::fault::NotRestored;
use crate::outputs::manifest::{OutputKind, OutputManifest};
use std::collections::BTreeSet;
use std::path::Path;

/// What a restore of these outputs would come to.
///
/// # Errors
/// What is in the way, or which object is damaged.
pub fn foresee(
    directory: &Path,
    manifest: &OutputManifest,
    open_object: OpenObject<'_>,
) -> Result<RestoredCounts, NotRestored> {
    let steps = plan(manifest, &look(directory, manifest.entries())?);
    let mut descent = descent_from(directory)?;
    let staged = steps.iter().map(|step| staging_place(&mut descent, manifest, step));
    for place in staged.collect::<Result<BTreeSet<_>, _>>()? {
        check_writable(&mut descent, &place, &place)?;
    }
    for entry in steps.iter().flat_map(|step| &step.entries) {
        let OutputKind::File { digest, size, .. } = entry.kind else { continue };
        let object = open_object(digest).map_err(|error| unrestorable(&entry.path, &error))?;
        if !object.is_some_and(|object| has_content(&object, digest, size).unwrap_or(false)) {
            return Err(NotRestored::Damaged(digest));
        }
    }
    for step in &steps {
        check_writable(&mut descent, step.parent(), &step.target)?;
    }
    Ok(RestoredCounts::of(manifest, &steps))
}
