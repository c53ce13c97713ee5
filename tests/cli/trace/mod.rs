//! Inputs that cachex finds by itself: `--trace`.

mod deciding;
mod hostile;
mod names;
mod options;
mod programs;
mod random;
mod traced;
mod tree;
mod untouched;
mod users;
