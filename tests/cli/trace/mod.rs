//! Inputs that cachex finds by itself: `--trace`.

mod programs;
mod random;
mod tree;
