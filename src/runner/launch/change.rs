//! What has become of a command.

use crate::exit::Exit;

/// What has become of a command.
pub(in crate::runner) enum Change {
    /// It has ended.
    Ended(Exit),
    /// This signal stopped it.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "seen otherwise there"))]
    Stopped(i32),
}
