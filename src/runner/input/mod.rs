//! What the command reads as its standard input, and what its result holds for because of it.

mod feed;
mod file;
#[cfg(target_os = "linux")]
mod offer;
mod source;

pub use source::Input;
pub(super) use source::Running;
