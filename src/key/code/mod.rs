//! The code that a command runs: its program, the interpreters behind it, its script.

pub(crate) mod command_name;
mod interpreter;
mod locate;
pub(crate) mod program;
pub(crate) mod script;
mod shebang;
