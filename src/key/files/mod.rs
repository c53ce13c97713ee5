//! Files that count by their content: those of `--file` and those that the arguments name.

pub(crate) mod arguments;
pub(crate) mod exec_mode;
mod glob;
mod look;
pub(crate) mod memory;
pub(crate) mod named;
mod parallel;
pub(crate) mod path;
pub(crate) mod reading;
pub(crate) mod recheck;
mod regular_file;
pub(crate) mod stamp;
mod survey;
mod tree;
mod watch;
