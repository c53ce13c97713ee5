//! A run while it lasts: the command, its signals, and the end of both.

mod child;
mod connections;
mod event_loop;
mod job_control;
#[cfg(target_os = "linux")]
mod lookout;
mod run;

pub use run::run;
