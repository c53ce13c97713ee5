//! Transfers in a process of their own, a copy of cachex that is killed when its time is over.
//!
//! So the time is kept whatever hangs, a resolver that crashes takes nothing along, and no thread is left behind. What the
//! copy is to do comes through a socket, its standard output, secrets included, so nothing of it shows in a list of
//! processes. The bytes of an object go through a file, its standard input.

mod message;
mod resolver;
mod serve;
mod transfer;

pub use message::{RemoteAnswer, RemoteOperation, TransferRequest, read_answer, read_request};
pub use serve::{is_asked_for, serve};
pub use transfer::Transfer;
