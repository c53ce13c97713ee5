//! The output of the command: to our own streams, and into the recording.
//!
//! A [`Pump`] reads from a pipe, has the [`Tape`] record what it reads, and writes to our stream. Both pumps use one
//! [`SharedState`].

mod newlines;
mod pump;
mod pump_end;
mod shared;
mod survivors;
mod tape;
mod writer;

pub(super) use pump::Pump;
pub(super) use pump_end::{PumpEnd, worst};
pub(super) use shared::SharedState;
pub(super) use survivors::keep_forwarding;
pub(super) use tape::Tape;
