//! A run from start to end: the command, the signals that reach it or cachex, and the end of both.

mod connections;
mod event_loop;
mod job_control;
#[cfg(target_os = "linux")]
mod lookout;
mod relay;
mod run;
mod running;
mod watched_inputs;

pub use run::run;
