//! Our own standard output and error: the only module that writes to them, and what is known of the terminal behind them.
//!
//! Writes are not buffered. In messages and answers of cachex, all characters that a terminal would act on are escaped,
//! wherever they come from. The output of a command is not touched.

mod escape;
mod messages;
mod own;
mod stream;

pub use escape::{escape_lines, escape_os, escape_words, is_unseen};
pub use messages::{Notices, print, print_error, print_error_without_waiting, print_styled};
pub use own::{TerminalSize, own_settings, remember_own};
pub use stream::{Stream, is_null_device};
