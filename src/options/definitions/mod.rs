//! The command line as clap knows it: for the help, the completions, the manual, the verbs' own options, and to
//! say what is wrong with a command line.
//!
//! The options of a run come from the table in [`super::layer`].

pub mod command;
pub mod usage;
pub mod verbs;
