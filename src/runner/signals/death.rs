//! The end of cachex by the signal that killed the command.

use super::mask::take_default_action;
use crate::process::prevent_core_file;

/// Ends this process by a signal, so that the caller sees what killed the command: a shell ends its loop, and `xargs` its
/// work, only then. Returns if the kernel does not let it, as for the first process of a container.
pub fn die_of(signal: i32) {
    // Only the command should leave one.
    prevent_core_file();
    take_default_action(signal, false);
}
