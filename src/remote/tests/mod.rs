//! Objects that a reader gets from a writer, and those that it must refuse.

mod fixture;
mod names;
mod packs;
mod sealed;
mod secrets;
