//! Brings outputs back: readied beside their targets first, then renamed.

pub(super) mod prepare;
