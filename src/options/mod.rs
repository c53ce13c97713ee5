//! From flags, variables, files and defaults to one [`Request`] in the types of the domain.
//!
//! Each place becomes a [`Layer`], in which every option has a typed value with its source, or none. The layers
//! are put over each other once: flag, variable, project file, user file. Past this module nothing knows clap, a
//! variable or a configuration file.

mod argv;
mod definitions;
mod files;
mod layer;
mod merge;
mod option;
mod request;
mod shape;
mod source;
mod values;
mod variables;

pub use argv::CommandLine;
pub use definitions::command::command;
pub use definitions::usage::{Refusal, Usage};
pub use definitions::verbs::{
    ClearOptions, ConfigOptions, ExplainOptions, FilterOptions, ListOptions, PruneOptions, Shell,
    ShowOptions, StatsOptions, TrustOptions, Verb,
};
pub use files::file::ConfigFile;
pub use files::findings::{Findings, STRANGE, Untrusted};
pub use files::project_file::ProjectFile;
pub use files::refused::{RefusedKey, RefusedKeys};
pub use files::trust::{self, TrustState};
pub use layer::{Layer, RUN_OPTIONS, RunOption};
pub use merge::{Asked, check};
pub use request::{Execution, Request, StdinMode, Typed, notices, store_directory};
pub use shape::Takes;
pub use source::{FileOwner, FilePlace, Given, Setting, Source};
