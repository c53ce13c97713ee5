//! The engine: a seccomp filter in the command, and a thread of ours that the kernel asks before each call of interest.
//!
//! The answer is always the same, "go on": the engine watches, and decides nothing. It knows processes and system calls.
//! It does not know the store, nor what counts as an input. `unsafe` stands where a call has no safe wrapper.

mod answer;
mod bpf;
mod descriptors;
mod event;
mod filter;
mod install;
mod keeper;
mod memory;
mod notification;
mod numbers;
mod probe;
mod program;
mod record;
mod rescue;
mod resolve;
mod rule;
mod shared_record;
mod socket;
mod supervisor;
mod table;
mod terminal;
#[cfg(test)]
mod tests;
mod understand;
mod yama;

pub(super) use descriptors::WatchedDescriptors;
pub(super) use install::{FilterInstall, no_new_privileges, prepare};
pub(super) use keeper::Keeper;
pub(super) use probe::probe;
pub(super) use program::gains_privileges;
pub(super) use supervisor::Supervisor;
pub(super) use yama::become_an_ancestor;
