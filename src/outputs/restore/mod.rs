//! Brings outputs back: what differs is readied in staging directories, and then put in place by renames.

pub(super) mod foresee;
mod look;
mod plan;
pub(super) mod prepare;
mod replace;
pub(super) mod staging;
mod stale;
#[cfg(test)]
mod tests;
