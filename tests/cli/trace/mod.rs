//! Inputs that cachex finds by itself: `--trace`.

mod deciding;
mod programs;
mod random;
mod traced;
mod tree;
