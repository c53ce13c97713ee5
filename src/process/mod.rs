//! Processes of cachex itself: forking, closing descriptors, waiting for the end, leaving no core file.

mod core_file;
mod descriptors;
mod fork;
#[cfg(target_os = "linux")]
mod stat;
mod wait;

pub(crate) use core_file::prevent_core_file;
#[cfg(target_os = "linux")]
pub(crate) use descriptors::close_all_but;
pub(crate) use fork::in_new_process_with;
#[cfg(target_os = "linux")]
pub(crate) use fork::{in_new_process, in_process_beside};
#[cfg(target_os = "linux")]
pub(crate) use stat::ProcessStat;
#[cfg(target_os = "linux")]
pub(crate) use wait::kill;
pub(crate) use wait::reap;
