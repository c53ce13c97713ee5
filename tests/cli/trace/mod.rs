//! Inputs that cachex finds by itself: `--trace`.

mod bare;
mod deciding;
mod file_systems;
mod hostile;
mod names;
mod options;
mod programs;
mod random;
mod traced;
mod tree;
mod untouched;
mod users;
