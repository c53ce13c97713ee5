//! Offering a pipe or a socket to the command, and seeing how much of it the command takes. Linux only.
//!
//! The bytes that wait in our standard input are copied into a pipe or a socket of the command's own. If bytes are
//! missing there later, the command has taken them, and only these are then taken from our input. A thread does this.
//! It has to look again and again, since a read by the command causes no event.
//!
//! If something goes wrong, the command still gets all input: from then on the input is copied, and the result is not
//! stored.

mod channel;
mod gap;
mod offering;
mod pipe;
mod socket;
mod socket_back;
mod taken;
mod thread;

pub(super) use thread::Offer;
