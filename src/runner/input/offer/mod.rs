//! Offering a pipe or a socket to the command, and seeing how much of it the command takes. Linux only.
//!
//! What waits in our standard input is put into a pipe or a socket of the command's own as well. Bytes that are missing there
//! later were taken, and only these are then taken from ours. A thread does this: it has to look again and again, since a
//! read by the command is no event for us.
//!
//! When something goes wrong, the command still gets all that comes: from then on the input is copied, and the result is not
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
