//! Giving results away: they wait, sealed, in an outbox, and a process of its own pushes them after the call has ended.

pub mod detached;
pub mod outbox;
