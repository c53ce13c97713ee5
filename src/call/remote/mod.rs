//! Sharing results with other machines: one is asked for after a local miss, and given after a run.
//!
//! Only the caller that holds the claim of a key asks. What arrives fills the local store and is replayed from there, by
//! the same path as any hit. Whatever goes wrong, the command runs. Nothing here touches the network: a process of its own does, with
//! a deadline.

mod arrive;
mod ask;
mod clear;
mod exchange;
mod follow;
mod foresee;
mod give;
mod know;
mod stdin_class;
