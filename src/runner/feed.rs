//! Giving the command what was read of standard input before.

use super::input::Running;
use super::launch::Standard;
use crate::entry::Condition;
use crate::stdin::Held;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What was given whole, as soon as it was.
pub(super) type Given = Arc<OnceLock<Condition>>;

/// What the command reads from. It is written to there as fast as it is read, in a thread of its own: the
/// end of the run does not wait for it.
pub(super) fn begin(held: Held) -> io::Result<(Standard, Running)> {
    let (read, write) = io::pipe()?;
    let given = Given::default();
    if let Some(known) = held.condition {
        let _ = given.set(known);
    }
    let tell = Arc::clone(&given);
    let kept: Kept = Arc::new(Mutex::new(Some((held, OwnedFd::from(write)))));
    let to_feed = Arc::clone(&kept);
    let feed = move || {
        let Some((mut held, pipe)) = take(&to_feed) else { return };
        let mut pipe = File::from(pipe);
        match held.copy_to(&mut pipe) {
            Ok(whole) => _ = whole.map(|whole| tell.set(whole)),
            // The command has had enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            // The command is not to take that for the end.
            Err(_) => std::mem::forget(pipe),
        }
        // Only now does the command see the end.
    };
    match std::thread::Builder::new().name("stdin".to_owned()).spawn(feed) {
        Ok(_) => Ok((Standard::Given(read.into()), Running::Fed(given))),
        // Without a thread the command reads where it is kept.
        Err(fault) => {
            let (held, _) = take(&kept).ok_or(fault)?;
            Ok((Standard::Given(held.into_file()?), Running::Unknown))
        }
    }
}

/// What is to be fed, and where to.
type Kept = Arc<Mutex<Option<(Held, OwnedFd)>>>;

fn take(kept: &Kept) -> Option<(Held, OwnedFd)> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).take()
}
