//! Processes as the system shows them: their state, their exit, their descriptors.

mod descriptors;
#[cfg(target_os = "linux")]
mod reap;
#[cfg(target_os = "linux")]
mod stat;

pub(super) use descriptors::close_all_but;
#[cfg(target_os = "linux")]
pub(super) use reap::reap;
#[cfg(target_os = "linux")]
pub(super) use stat::ProcessStat;
