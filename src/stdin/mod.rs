//! Our own standard input: its kind and its content. cachex reads no more of it than the command would.
//!
//! This module is not a part of `runner`, since a call looks at its input before it knows whether a command runs at
//! all. It knows nothing of running commands. Input that is not taken stays for the processes that read after us.

mod buffered;
mod file;
mod look_ahead;
mod matching;
#[cfg(target_os = "linux")]
mod peek;
#[cfg(not(target_os = "linux"))]
mod peek_elsewhere;
#[cfg(not(target_os = "linux"))]
use peek_elsewhere as peek;
mod put_back;
mod reading;
mod stand_in;
mod state;
mod stream;

pub use buffered::Buffered;
pub use file::OpenFile;
pub use put_back::put_back;
pub use stand_in::StandIn;
pub use state::Stdin;
pub use stream::{Readiness, SOCKET_LIMIT, StreamState};
