//! The words of the command line and the variables of the environment, and how they count.

pub(crate) mod descriptors;
pub(crate) mod environment;
pub(crate) mod file_names;
mod hash_command;
pub(crate) mod hash_with;
pub(crate) mod ignored;
