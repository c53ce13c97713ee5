//! Redis, Valkey and what else speaks their protocol.
//!
//! A client of our own, since values have to be streamed: the usual client holds a value whole, and more than once.

mod client;
mod reply;

pub use client::Redis;
pub use reply::{RedisReply, read_reply};
