//! Stores on the network: objects are put under a name, found again, deleted.
//!
//! All bytes are streamed, in flat memory, and bounded before they are believed. An engine knows nothing of what is in an
//! object: whoever reads one checks its seal. No redirects are followed and nothing is tried again.

mod access;
mod aws;
mod clock;
mod deadline_stream;
mod fault;
mod http;
mod open;
mod redis;
mod signature;
mod trusted_roots;

pub use access::{Deleted, GetDone, PutCondition, PutDone, PutTerms, RemoteEngine, TransferLimits};
pub use fault::RemoteFault;
pub use open::{RemoteAccess, open};
pub use redis::{RedisReply, read_reply};
