//! What has become of a command that runs.

use crate::exit::Exit;

/// What has become of a command.
pub(crate) enum StateChange {
    /// It has ended.
    Ended(Exit),
    /// This signal stopped it.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only a monitor reports it"))]
    Stopped(i32),
}
