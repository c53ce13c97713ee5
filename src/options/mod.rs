//! Options: flags, variables, files and defaults become one [`Request`] in the types of the domain.
//!
//! Each place becomes a [`Layer`], which has a typed value with its source, or nothing, for each option. The layers are
//! merged once, in [`Asked::read`]: flag over variable over project file over user file. Nothing past this module knows clap, a
//! variable or a configuration file.
//!
//! The files in the order of use: `source`, `shape`, `values`, `sharing`, `layer` (the table), `option`, `definitions` (clap),
//! `remote_in_force`, `request`, `argv`, `variables`, `files`, `merge`.

mod argv;
mod definitions;
mod files;
mod layer;
mod merge;
mod option;
mod remote_in_force;
mod request;
mod shape;
mod sharing;
mod source;
mod values;
mod variables;

pub use argv::CommandLine;
pub use definitions::command::command;
pub use definitions::meant::hint_for;
pub use definitions::usage::{EarlyExit, Help};
pub use definitions::verbs::{
    ClearOptions, ConfigOptions, ExplainOptions, FilterOptions, ListOptions, PruneOptions,
    RemoteAction, RemoteOptions, Shell, ShowOptions, SortKey, StatsOptions, TrustOptions, Verb,
};
pub use files::file::ConfigFile;
pub use files::findings::{Findings, Untrusted, WHY_IGNORED};
pub use files::project_file::ProjectFile;
pub use files::refused::{RefusedKey, RefusedKeys, WhyRefused};
pub use files::trust::{self, TrustState};
pub use layer::{Layer, RUN_OPTIONS, RunOption};
pub use merge::{Asked, check};
pub use remote_in_force::remote_in_force;
pub use request::{Execution, Request, StdinMode, Typed, notices, store_directory};
pub use shape::Takes;
pub use sharing::{RemoteMode, Sharing, SharingSecrets, without_login};
pub use source::{FileOwner, FilePlace, Given, Setting, Source};
