//! Giving the command what was read of standard input before.

use super::input::Running;
use super::launch::Standard;
use crate::entry::Condition;
use crate::stdin::Held;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};

/// A thread that waits for what was read, to write it to the command as fast as that reads: the end of the run does
/// not wait for it.
pub(super) struct Feed {
    held: Sender<Held>,
    /// What was given whole, as soon as it was.
    given: Arc<OnceLock<Condition>>,
}

/// Prepares what the command is to read from. Nothing has gone there yet.
pub(super) fn prepare(held: &Held) -> io::Result<(Standard, Running)> {
    let (read, write) = io::pipe()?;
    let given = Arc::<OnceLock<Condition>>::default();
    if let Some(known) = held.condition {
        let _ = given.set(known);
    }
    let (sender, receiver) = channel::<Held>();
    let tell = Arc::clone(&given);
    let feed = move || {
        // Nothing comes if the command was not started.
        let Ok(mut held) = receiver.recv() else { return };
        let mut pipe = File::from(OwnedFd::from(write));
        match held.copy_to(&mut pipe) {
            Ok(whole) => _ = whole.map(|whole| tell.set(whole)),
            // The command has had enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            // The command is not to take that for the end.
            Err(_) => std::mem::forget(pipe),
        }
        // Only now does the command see the end.
    };
    Ok(match std::thread::Builder::new().name("stdin".to_owned()).spawn(feed) {
        Ok(_) => (Standard::Given(read.into()), Running::Fed(Feed { held: sender, given })),
        // Without a thread the command reads where it is kept.
        Err(_) => (Standard::Given(held.as_file()?), Running::Unknown),
    })
}

impl Feed {
    /// Gives it to the command, which runs.
    pub(super) fn give(&self, held: Held) {
        // The thread waits for it.
        let _ = self.held.send(held);
    }

    /// What the command was given, if that was all.
    pub(super) fn given(&self) -> Option<Condition> {
        self.given.get().copied()
    }
}
