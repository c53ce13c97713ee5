//! Giving the command what was read of standard input before.

use crate::stdin::Held;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

/// Writes it to the command's standard input, as fast as it is read, in a thread of its own: the
/// end of the run does not wait for it.
pub(super) fn begin(held: Held, pipe: OwnedFd) -> io::Result<()> {
    let feed = move || {
        // A command that has had enough closes the pipe.
        let _ = held.copy_to(&mut File::from(pipe));
    };
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(feed)?;
    Ok(())
}
