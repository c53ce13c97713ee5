//! `--hash-with SELECTOR=COMMAND`: an input counts as what a command prints for it.

mod command;
mod commands;
mod option;

pub(crate) use commands::HashCommands;
pub(crate) use option::HashSelector;
pub use option::HashWith;
