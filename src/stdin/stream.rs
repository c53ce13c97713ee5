//! What can be seen of a pipe or a socket without taking anything.

use crate::key::Digest;

/// Input from a socket counts up to this length: that much can be looked at without taking it.
pub const SOCKET_LIMIT: u64 = 64 << 10;

/// What a pipe or a socket has at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Nothing, and there will be nothing.
    Ended,
    /// Nothing yet.
    Silent,
    /// Something.
    Waiting,
}

/// What is known of the content of a pipe or a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamState {
    /// It is empty, and has ended.
    Ended,
    /// It has something, or nothing yet.
    Open,
    /// The same, and its end did not come while we waited for it.
    Endless,
    /// It is this, to its end.
    Known {
        /// The digest of the content.
        digest: Digest,
        /// The length in bytes.
        length: u64,
    },
}
