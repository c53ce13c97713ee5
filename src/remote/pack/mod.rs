//! Packs, markers and tombstones: what is in a sealed object.
//!
//! A pack is one zstd frame over a head, the output, and the files that the run wrote:
//!
//! ```text
//! head       u32 length, then fields: format, exit, when it ended, how long it ran, the condition on standard input,
//!            bytes of output, the manifest of the files, and each of their digests and lengths
//! output     chunks in order of arrival: u32 (length, and in its lowest bit the stream), bytes; ends with an empty one
//! files      the bytes of each, one behind the other
//! ```
//!
//! Lengths are checked against limits before anything is made of them, and what follows has to be exactly as long. So a
//! pack that would become huge is refused before it has. Both sides stream: memory does not depend on lengths.

pub mod condition;
mod fields;
pub mod head;
pub mod marker;
pub mod reader;
pub mod route;
pub mod writer;
