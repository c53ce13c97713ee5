//! Restores in real directories.

mod fixture;
mod interrupted;
mod obstacles;
mod restored;
mod together;
