//! Reading standard input.

use crate::poll::poll_one;
use rustix::event::PollFlags;
use rustix::io::Errno;
use std::io::{self, Write};
use std::time::Duration;

/// Reads some of standard input, and waits for it even if the descriptor is non-blocking. Returns `None` if nothing
/// came for as long as `silence`.
pub(super) fn read_some(buffer: &mut [u8], silence: Option<Duration>) -> io::Result<Option<usize>> {
    let stdin = rustix::stdio::stdin();
    let mut must_wait = silence.is_some();
    loop {
        if must_wait && poll_one(stdin, PollFlags::IN, silence)?.is_empty() {
            return Ok(None);
        }
        match rustix::io::read(stdin, &mut *buffer) {
            Ok(count) => return Ok(Some(count)),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => must_wait = true,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads this many bytes of standard input, or to its end.
pub(super) fn take(mut length: u64, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    while length > 0 {
        let wanted =
            usize::try_from(length).map_or(buffer.len(), |length| length.min(buffer.len()));
        let Some(count @ 1..) = read_some(&mut buffer[..wanted], None)? else { break };
        to.write_all(&buffer[..count])?;
        length -= count as u64;
    }
    Ok(())
}
