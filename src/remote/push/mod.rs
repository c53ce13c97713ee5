//! Giving results away: notes of them wait in an outbox, and a process of its own seals and pushes them after the call has
//! ended.

pub mod detached;
mod engine_clock;
mod marking;
pub mod note;
pub mod outbox;
pub mod refused;
mod sealing;
pub mod small_objects;
pub mod survey;
pub mod tombstone;
