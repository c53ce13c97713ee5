//! The promises of the encoding: nothing that counts is lost, and no two fingerprints have the same key.

mod decoder;
mod edits;
mod properties;
mod samples;
