//! The secrets of a team: its key, the seed of those who may write, and the public keys that readers trust.
//!
//! They come as texts of variables. Nothing here has `Debug` or `Display`, so that no message can show one.

pub mod keygen;
pub mod keys;
pub mod seal;
pub mod text;
