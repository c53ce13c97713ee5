//! The harness of the tests: a sandbox with its own store, and calls whose exit code and every
//! byte of both streams are checked.

mod aging;
mod call;
pub mod deadline;
mod machine;
mod random;
mod sandbox;
#[cfg(target_os = "linux")]
pub mod seccomp;
pub mod terminal;

pub use call::{Call, Texts, word};
pub use machine::{am_root, found, has, is_running, say, set_mode, skipped, wait_until};
pub use random::Random;
pub use sandbox::Sandbox;
