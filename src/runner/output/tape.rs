//! The recording of a run, and output that is held back until the outcome is known.

use super::pump_end::worst;
use crate::recording::{Body, Recorder};
use crate::runner::error::Unrecorded;
use crate::terminal::Stream;
use std::io;

/// The recording of the command's output, as long as it may still be stored or shown.
#[derive(Default)]
pub(crate) struct Tape {
    recorder: Option<Box<Recorder>>,
    /// A recording that could not be continued, but has to be shown because its output was held back.
    broken_off: Option<Box<Recorder>>,
    /// The reason why the recording will not be stored, if there is one.
    pub(super) given_up: Option<Unrecorded>,
    /// Whether all of it is held back: nothing has reached our own streams.
    pub(crate) held: bool,
}

/// Writes the recorded output to our own streams. If one stream fails, the other still gets all of its output.
pub(crate) fn play(recorder: &mut Recorder) -> io::Result<()> {
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
    /// A tape that records if there is a recorder. Only then can it hold output back.
    pub(crate) fn new(recorder: Option<Box<Recorder>>, hold: bool) -> Self {
        let given_up = recorder.is_none().then_some(Unrecorded::NotAsked);
        Self { held: hold && recorder.is_some(), recorder, broken_off: None, given_up }
    }

    /// Records bytes that arrived on a stream. Returns whether they are held back.
    pub(crate) fn record(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        let Some(recorder) = &mut self.recorder else { return false };
        if let Err(reason) = recorder.record(stream, bytes) {
            self.given_up.get_or_insert(reason.into());
            let recorder = self.recorder.take();
            self.broken_off = recorder.filter(|_| std::mem::take(&mut self.held));
        }
        self.held
    }

    /// Notes that the recording will not be stored. Output that is held back is still needed, so it is still recorded.
    pub(crate) fn give_up(&mut self, reason: Unrecorded) {
        self.given_up.get_or_insert(reason);
        if !self.held {
            self.recorder = None;
        }
    }

    /// Takes the output that is held back, to write it to our own streams. Give it back with
    /// [`put_back`](Self::put_back), unless the recording was broken off.
    pub(crate) fn take_held(&mut self) -> Option<Box<Recorder>> {
        let is_held = std::mem::take(&mut self.held);
        self.broken_off.take().or_else(|| self.recorder.take_if(|_| is_held))
    }

    /// Puts back the recorder from [`take_held`](Self::take_held), if it may be stored.
    pub(crate) fn put_back(&mut self, recorder: Box<Recorder>) {
        self.recorder = Some(recorder).filter(|_| self.given_up.is_none());
    }

    /// The recording, or why there is none.
    pub(crate) fn finish(self) -> Result<Body, Unrecorded> {
        self.given_up.map_or(Ok(()), Err)?;
        Ok(self.recorder.ok_or(Unrecorded::OutputLost)?.finish()?)
    }
}
