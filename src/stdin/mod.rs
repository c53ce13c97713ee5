//! Our own standard input: what it is, what it holds, and reading no more of it than the command
//! would.
//!
//! It knows nothing of running commands. What is not taken stays for whoever reads after us.

mod buffered;
mod file;
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
