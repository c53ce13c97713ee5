//! Sealed objects: what lies in an engine, encrypted and sealed.
//!
//! ```text
//! header     "cachexob", format u16, kind u8, key id [8], salt [32]        as it is
//! body       chunks: u32 (length, and in its top bit whether it is the last), ciphertext, tag
//! seal       by the key of the team, or by a signature, over domain, name, header and body, each with its length
//! ```
//!
//! A chunk is encrypted with AES-256-GCM under a key that derives from the salt of the object; its nonce is its number and
//! whether it is the last, and the header is bound to each. All numbers are little-endian. Memory stays flat: one chunk.

mod chunk;
mod header;
mod message;
pub mod reader;
pub mod refusal;
pub mod writer;

pub use header::ObjectKind;
