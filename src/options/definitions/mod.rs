//! The command line as clap knows it: for the help, the completions, the manual, the own options of verbs, and to say what is
//! wrong with a command line.
//!
//! The options of a run come from the table in [`super::layer`]. A hit does not come here.

pub mod command;
pub mod meant;
pub mod usage;
pub mod verbs;
