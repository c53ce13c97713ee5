//! One file a verb.
//!
//! A verb says in which order things happen, and prints the result. It decides nothing about freshness (see
//! [`policy`](crate::policy)) and reads no flag but its own few. It promises its answer on standard output, everything
//! else on standard error, and with `--json` the fields that `docs/reference.md`
//! lists.

mod answer;
mod entry_facts;
mod entry_inputs;
mod entry_outputs;
mod explain_sharing;
mod filters;
mod findings;
mod json;
mod key_parts;
mod opening;
mod option_value;
mod removals;
mod screen;
mod shortened;
mod table;
mod variants;

pub mod clear;
pub mod completions;
pub mod config;
pub mod doctor;
pub mod explain;
pub mod init;
pub mod list;
pub mod man;
#[cfg(not(feature = "remote"))]
pub mod no_remote;
pub mod prune;
#[cfg(feature = "remote")]
pub mod remote;
#[cfg(feature = "remote")]
mod remote_check;
#[cfg(feature = "remote")]
mod remote_clear;
#[cfg(feature = "remote")]
mod remote_doctor;
pub mod run;
pub mod show;
pub mod stats;
pub mod trust;

#[cfg(not(feature = "remote"))]
pub use no_remote as remote;
