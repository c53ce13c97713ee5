//! What the command writes: to our own streams, and into the recording.

mod detach;
mod loss;
mod newlines;
mod pump;
mod shared;
mod tape;
mod writer;

pub(super) use detach::keep_forwarding;
pub(super) use loss::worst;
pub(super) use pump::{Pump, PumpEnd};
pub(super) use shared::Shared;
pub(super) use tape::Tape;
