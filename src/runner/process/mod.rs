//! Processes of ours: how they begin, what they hold, how they end.

mod descriptors;
mod fork;
#[cfg(target_os = "linux")]
mod stat;
mod wait;

pub(super) use descriptors::close_all_but;
pub(super) use fork::in_new_process;
#[cfg(target_os = "linux")]
pub(super) use stat::ProcessStat;
#[cfg(target_os = "linux")]
pub(super) use wait::kill;
pub(super) use wait::reap;
