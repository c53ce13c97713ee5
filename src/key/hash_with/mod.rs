//! `--hash-with SELECTOR=COMMAND`: the output of a command counts in place of an input.

mod command;
mod commands;
mod option;

pub(crate) use commands::HashCommands;
pub(crate) use option::HashSelector;
pub use option::HashWith;
