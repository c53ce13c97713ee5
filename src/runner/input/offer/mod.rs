//! Offering a pipe or a socket to the command, and seeing how much it takes.
//!
//! What waits in our standard input is put into a pipe or a socket of the command's own as well. What is
//! missing from that later was taken, and only that is then taken from ours. A thread of its own does this:
//! it has to look again and again, since no event tells that somebody read.
//!
//! When something goes wrong the command still gets all that comes: from then on it is copied, and the
//! result is not stored.

mod channel;
mod gap;
mod offering;
mod pipe;
mod socket;
mod taken;
mod thread;

pub(super) use thread::Offer;
