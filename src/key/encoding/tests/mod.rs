//! What the encoding promises: nothing that counts is lost, and no two fingerprints are taken for one.

mod decoder;
mod edits;
mod properties;
mod samples;
