//! The files that a command writes: found after a success, and brought back on a hit.
//!
//! [`OutputPattern`](crate::output_pattern::OutputPattern) names them, [`collect()`] describes them as an [`OutputManifest`], and [`prepare()`] readies what a
//! hit has to write, for [`PreparedRestore::commit`] to put in place. Everything lies below the working directory, and
//! no link is followed on the way. This module knows directories and files. It does not know the store, the key, or
//! how a command runs.

mod before;
mod collect;
mod descent;
mod fault;
mod manifest;
mod restore;
#[cfg(test)]
mod tests;
mod walk;

pub use before::OutputsBefore;
pub use collect::{CollectedFile, CollectedOutputs, collect};
pub use fault::{NotCollected, NotRestored};
pub use manifest::{OutputEntry, OutputKind, OutputManifest};
pub use restore::foresee::foresee;
pub use restore::prepare::{PreparedRestore, RestoredCounts, prepare};
pub use restore::staging::OpenObject;
