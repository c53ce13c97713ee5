//! The words of the command line and the variables of the environment. Nothing here reads files.

pub(crate) mod descriptors;
pub(crate) mod environment;
pub(crate) mod file_names;
pub(crate) mod ignored;
