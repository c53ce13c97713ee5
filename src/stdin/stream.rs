//! The properties of a pipe or a socket that can be seen without taking anything.

use crate::key::Digest;

/// Input from a socket counts up to this length: that much can be looked at without taking it.
pub const SOCKET_LIMIT: u64 = 64 << 10;

/// Whether a pipe or a socket has bytes to read at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It is empty, and has ended.
    Ended,
    /// It is empty, and may get bytes later.
    Silent,
    /// It has bytes.
    Waiting,
}

/// The content of a pipe or a socket, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamState {
    /// It is empty, and has ended.
    Ended,
    /// It has bytes, or may get bytes later.
    Open,
    /// Its end did not come while we waited for it.
    Endless,
    /// All of its content, to the end, is known.
    Known {
        /// The digest of the content.
        digest: Digest,
        /// The length in bytes.
        length: u64,
    },
}
