//! Writing a recording to the streams it came from.
//!
//! It knows nothing of where the recording came from; that its bytes are right was checked before. Every
//! chunk is written, or the fault of the stream is told.

use crate::recording::{Body, Content};
use crate::terminal::{Stream, WriteDeadline};
use std::io;
use std::time::Duration;

/// So long others may have to wait for our reader. More would be felt; and few readers need as much for
/// what can be stored.
const PATIENCE: Duration = Duration::from_millis(250);

/// Writes every chunk to its stream, in the recorded order.
///
/// # Errors
/// That of the stream; `BrokenPipe` when its reader has gone.
pub fn replay(body: &mut Body) -> io::Result<()> {
    match body.content {
        // Short output is written sooner than looked at.
        Content::Stored { ref streams, .. } if streams.iter().all(|it| it.leads_nowhere()) => {
            Ok(())
        }
        Content::Stored { .. } => replay_stored(body),
        _ => body.for_each_chunk(Stream::write_all),
    }
}

/// The same while others may have to wait for the end of it.
fn replay_stored(body: &mut Body) -> io::Result<()> {
    let mut patience = Some(WriteDeadline::after(PATIENCE));
    body.for_each_part(|stream, bytes| match &mut patience {
        Some(left) => {
            let written = left.write(stream, bytes)?;
            if written < bytes.len() {
                patience = None;
            }
            Ok(written)
        }
        None => stream.write_all(bytes).map(|()| bytes.len()),
    })
}
