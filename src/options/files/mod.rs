//! The configuration files, as layers of options for a command.
//!
//! A file that cannot be understood is never half believed. Without files this costs an attempt to open one in each
//! directory.

mod anchor;
pub mod file;
pub mod findings;
pub mod look;
mod places;
pub mod project_file;
pub mod refused;
mod rule;
pub mod trust;
mod value;
