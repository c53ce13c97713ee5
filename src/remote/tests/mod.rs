//! Objects from the writer to the reader, and all that must not get there.

mod fixture;
mod names;
mod packs;
mod sealed;
mod secrets;
