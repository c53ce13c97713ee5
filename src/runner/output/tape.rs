//! The recording of a run, and output that is held back until its outcome is known.

use super::loss::worst;
use crate::recording::{Body, Recorder};
use crate::runner::error::Unrecorded;
use crate::terminal::Stream;
use std::io;

/// What the command's output is taken down on.
pub(in crate::runner) struct Tape {
    recorder: Option<Recorder>,
    /// Why nothing of it will be stored.
    given_up: Option<Unrecorded>,
    /// Whether nothing of it has reached our own streams.
    held: bool,
}

/// What is to be done with output that has just been taken down.
pub(in crate::runner) enum Passage {
    /// Nothing: it is held.
    Held,
    /// It goes to our own stream.
    Forward,
    /// It cannot be held any more: first comes all that was, then this.
    Release(Box<Recorder>),
}

/// Writes what was taken down to our own streams: to each as far as it takes it, whatever becomes of
/// the other.
pub(in crate::runner) fn play(recorder: &mut Recorder) -> io::Result<()> {
    let mut failed: [Option<io::Error>; 2] = [None, None];
    recorder.play(|stream, bytes| {
        let failed = &mut failed[usize::from(stream == Stream::Stderr)];
        if failed.is_none() {
            *failed = stream.write_all(bytes).err();
        }
        Ok(())
    })?;
    worst(failed.into_iter().flatten()).map_or(Ok(()), Err)
}

impl Tape {
    /// A tape that records if there is a recorder, and then can hold.
    pub(in crate::runner) fn new(recorder: Option<Recorder>, hold: bool) -> Self {
        let given_up = recorder.is_none().then_some(Unrecorded::NotAsked);
        Self { held: hold && recorder.is_some(), recorder, given_up }
    }

    /// Takes down what arrived on a stream.
    pub(in crate::runner) fn take_down(&mut self, stream: Stream, bytes: &[u8]) -> Passage {
        let Some(recorder) = &mut self.recorder else { return Passage::Forward };
        match recorder.record(stream, bytes) {
            Ok(()) if self.held => Passage::Held,
            Ok(()) => Passage::Forward,
            Err(reason) => {
                self.given_up.get_or_insert(reason.into());
                let was_held = std::mem::take(&mut self.held);
                let recorder = self.recorder.take().filter(|_| was_held);
                recorder.map_or(Passage::Forward, |held| Passage::Release(Box::new(held)))
            }
        }
    }

    /// Nothing of it will be stored. Only what is held is still needed, and goes on being taken down.
    pub(in crate::runner) fn give_up(&mut self, reason: Unrecorded) {
        self.given_up.get_or_insert(reason);
        if !self.held {
            self.recorder = None;
        }
    }

    /// Whether nothing of it will be stored.
    pub(in crate::runner) fn is_given_up(&self) -> bool {
        self.given_up.is_some()
    }

    /// Whether output is held.
    pub(in crate::runner) fn is_held(&self) -> bool {
        self.held
    }

    /// What is held, to be written to our own streams and brought back.
    pub(in crate::runner) fn lend(&mut self) -> Option<Recorder> {
        let is_held = std::mem::take(&mut self.held);
        self.recorder.take_if(|_| is_held)
    }

    /// The counterpart of [`lend`](Self::lend).
    pub(in crate::runner) fn bring_back(&mut self, recorder: Recorder) {
        self.recorder = Some(recorder);
    }

    /// The recording, or why there is none.
    pub(in crate::runner) fn finish(self) -> Result<Body, Unrecorded> {
        self.given_up.map_or(Ok(()), Err)?;
        Ok(self.recorder.ok_or(Unrecorded::OutputLost)?.finish()?)
    }
}
