//! What of a call is the same on another machine, and what only looks so.
//!
//! A *portable key* is a pure function of the fingerprint that the local key is made of. Only the project's own
//! directory is taken out of it, since nothing else can be proved not to matter: a path elsewhere, a word and a value of a variable
//! count as they are. What may differ between machines without being seen in a fingerprint is added.

pub mod key;
pub mod mentions;
pub mod platform;
pub mod project;
