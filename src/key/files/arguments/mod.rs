//! Files among the arguments, which count by their content without an option.
//!
//! Anything else that an argument names counts by the word alone. A file that the run itself writes is compared by
//! content: the result is stored once a run leaves the file as it was.

mod contents;
mod file_arguments;
mod look;
mod named_path;
mod search;
mod watch;

pub(crate) use file_arguments::FileArguments;
