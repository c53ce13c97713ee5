//! Giving the command what was read of standard input before.

use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::OwnedFd;

/// Writes all of `content` to the command's standard input, as fast as it is read, in a thread of
/// its own: the end of the run does not wait for it.
pub(super) fn begin(mut content: File, pipe: OwnedFd) -> io::Result<()> {
    content.rewind()?;
    let feed = move || {
        // A command that has had enough closes the pipe.
        let _ = io::copy(&mut content, &mut File::from(pipe));
    };
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(feed)?;
    Ok(())
}
