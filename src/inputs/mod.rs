//! The inputs that a traced run has found by itself: what it asked of which path, and whether the answers still hold.
//!
//! [`Ledger`] listens to a run and decides in the end whether its result can be stored, and under which conditions:
//! [`SeenInputs`]. [`verify()`] asks the same questions again for a later call. This module knows paths and files. It
//! does not know how a run is watched, nor the store. It takes no locks.

mod answers;
mod body;
mod conclude;
mod differences;
mod doubt;
mod ending;
mod filesystem;
mod ledger;
mod listed;
mod look;
mod moves;
mod observer;
mod partly_written;
mod path;
mod path_glob;
mod path_map;
mod path_state;
mod portable;
mod present;
mod record;
mod refusal;
mod seen;
mod settle;
mod shape;
mod stored_states;
mod terms;
#[cfg(test)]
mod tests;
mod verify;
mod write_kind;
mod writes;

pub use differences::differences;
pub use doubt::Doubt;
pub use ledger::Ledger;
pub use listed::{ListedInput, listed};
pub use look::{InputQuestion, Look, Looks};
pub use path_glob::PathGlob;
pub use portable::{ObservedInputs, PortablePlaces, names_places, observe_here, portable_shape};
pub use refusal::NotTraceable;
pub use seen::{InputCounts, InputsId, SeenInputs};
pub use shape::{InputShape, Questions};
pub use stored_states::StoredStates;
pub use terms::{TraceTerms, project_of};
pub use verify::{HoldingStates, verify};
pub use write_kind::{RenameKind, WriteKind};
