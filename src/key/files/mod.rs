//! Files that count by their content: those that `--file` names, those that the arguments name, and code.
//!
//! Nothing here decides which words or options count. Files are opened without side effects, and no lock is held while
//! one is read.

pub(crate) mod arguments;
pub(crate) mod exec_mode;
pub(crate) mod memory;
pub(crate) mod named;
pub(crate) mod path;
pub(crate) mod reading;
mod reading_many;
pub(crate) mod recheck;
mod regular_file;
pub(crate) mod stamp;
