//! Terminals: the one that the command has of its own, and ours as far as the command shows on it.

mod keys;
mod pty;
mod question;
#[cfg(target_os = "linux")]
mod reads;
#[cfg(target_os = "linux")]
mod sharers;

pub(super) use keys::{Keys, are_there as are_keys_there};
pub(super) use pty::{Pty, open as open_pty};
pub(super) use question::{Question, TerminalMode};
#[cfg(target_os = "linux")]
pub(super) use sharers::are_there_beside;
