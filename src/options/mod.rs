//! From flags, variables, files and defaults to one [`Request`] in the types of the domain.
//!
//! Nothing past this module knows clap, a variable or a configuration file.

pub mod definitions;
pub mod files;
mod request;
mod resolve;

pub use definitions::{
    ClearOptions, Cli, CommonOptions, FilterOptions, ListOptions, Shell, ShowOptions, StatsOptions,
    TrustOptions, Usage, Verb,
};
pub use files::trust::{self, Standing};
pub use files::{
    Candidate, Configured, Findings, KnownOption, RefusedKey, RefusedKeys, STRANGE, Setting,
    Settings, Source, Sources, Untrusted, Vocabulary, Whose,
};
pub use request::{Execution, Request, StdinMode, Typed, notices, store_directory};
pub use resolve::{Resolved, check, resolve};
