//! Terminals during a run: the command's own terminal and the keys for it, and our terminal, which shows whether the
//! command asks the user something.

mod keys;
#[cfg(target_os = "linux")]
mod other_readers;
mod pty;
mod question;
#[cfg(target_os = "linux")]
mod reads;

pub(super) use keys::{Keys, are_there as are_keys_there};
#[cfg(target_os = "linux")]
pub(super) use other_readers::exists_other_reader;
pub(super) use pty::{Pty, open as open_pty};
pub(super) use question::{Question, QuestionWatch};
