//! Writing a recording to the streams it came from.
//!
//! It knows nothing of where the recording came from; that its bytes are right was checked before. Every
//! chunk is written, or the fault of the stream is told.

use crate::recording::Body;
use crate::terminal::Stream;
use std::io;

/// Writes every chunk to its stream, in the recorded order.
///
/// # Errors
/// That of the stream; `BrokenPipe` when its reader has gone.
pub fn replay(body: &mut Body) -> io::Result<()> {
    body.for_each_chunk(Stream::write_all)
}
