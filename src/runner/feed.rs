//! Giving the command what was read of standard input before.

use crate::entry::Condition;
use crate::stdin::Held;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, OnceLock};

/// What was given whole, as soon as it was.
pub(super) type Given = Arc<OnceLock<Condition>>;

/// Writes it to the command's standard input, as fast as it is read, in a thread of its own: the
/// end of the run does not wait for it.
pub(super) fn begin(mut held: Held, pipe: OwnedFd) -> io::Result<Given> {
    let given = Given::default();
    if let Some(known) = held.condition {
        let _ = given.set(known);
    }
    let tell = Arc::clone(&given);
    let feed = move || {
        let mut pipe = File::from(pipe);
        // A command that has had enough closes the pipe.
        if let Ok(Some(whole)) = held.copy_to(&mut pipe) {
            let _ = tell.set(whole);
        }
        // Only now does the command see the end.
        drop(pipe);
    };
    std::thread::Builder::new().name("stdin".to_owned()).spawn(feed)?;
    Ok(given)
}
