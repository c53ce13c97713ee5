//! Writing a recording to the streams it came from.
//!
//! It does not know where the recording came from. Its bytes were checked before. Every chunk is written, or the
//! fault of the stream is returned.

use crate::recording::{Body, Content};
use crate::terminal::Stream;
use std::io;

/// Writes every chunk to its stream, in the recorded order.
///
/// # Errors
/// When a stream fails, with `BrokenPipe` if its reader has gone; or with
/// [`UnreadableRecording`](crate::recording::UnreadableRecording).
pub fn replay(body: &Body) -> io::Result<()> {
    match &body.content {
        // Writing short output takes less time than checking where it goes.
        Content::File(file) if file.streams.iter().all(Stream::leads_nowhere) => Ok(()),
        _ => body.for_each_chunk(Stream::write_all),
    }
}
