//! What both pumps and the loop of a run share.

use super::tape::{NextStep, Tape, play};
use super::writer::StreamWriter;
use crate::progress::Spinner;
use crate::recording::Recorder;
use crate::runner::error::Unrecorded;
use crate::terminal::Stream;
use std::cell::{Cell, RefCell};
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long other callers wait for this run while its reader reads nothing. The reader may itself wait for them.
const READER_GRACE: Duration = Duration::from_secs(1);

pub(crate) struct SharedState<'j> {
    pub(crate) tape: RefCell<Tape>,
    pub(crate) spinner: RefCell<Option<Spinner>>,
    /// Whether output that was held back is being written. Later output has to wait for it.
    releasing: Cell<bool>,
    /// Why output that was held back could not be written.
    pub(crate) lost: Cell<Option<io::Error>>,
    released: Notify,
    writers: [StreamWriter; 2],
    pub(crate) held_up: &'j dyn Fn(),
    unstorable: &'j dyn Fn(),
    /// Whether `unstorable` was called.
    is_given_up: Cell<bool>,
}

impl<'j> SharedState<'j> {
    pub(crate) fn new(
        tape: Tape,
        spinner: Option<Spinner>,
        held_up: &'j dyn Fn(),
        unstorable: &'j dyn Fn(),
    ) -> Self {
        Self {
            writers: Default::default(),
            held_up,
            unstorable,
            is_given_up: Cell::new(false),
            tape: RefCell::new(tape),
            spinner: RefCell::new(spinner),
            releasing: Cell::new(false),
            lost: Cell::new(None),
            released: Notify::new(),
        }
    }

    /// Records what arrived on a stream, and tells what to do with it.
    pub(crate) fn record(&self, stream: Stream, bytes: &[u8]) -> NextStep {
        let next = self.tape.borrow_mut().record(stream, bytes);
        self.tell_if_given_up();
        next
    }

    /// The result of this run will not be stored: of several reasons the first one counts. From now on nobody waits for
    /// it.
    pub(crate) fn give_up_storing(&self, reason: Unrecorded) {
        self.tape.borrow_mut().give_up(reason);
        self.tell_if_given_up();
    }

    fn tell_if_given_up(&self) {
        if self.tape.borrow().is_given_up() && !self.is_given_up.replace(true) {
            (self.unstorable)();
        }
    }

    /// Writes output that can no longer be held back.
    pub(crate) async fn release(&self, mut held: Box<Recorder>) {
        self.releasing.set(true);
        if let Some(spinner) = &mut *self.spinner.borrow_mut() {
            spinner.clear();
        }
        let played = self.write(Stream::Stdout, move || play(&mut held)).await;
        self.lost.replace(played.err());
        self.releasing.set(false);
        self.released.notify_waiters();
    }

    /// Writes output that was held back to the end.
    pub(crate) async fn show_held(&self) -> io::Result<()> {
        let held = self.tape.borrow_mut().take_held();
        let Some(mut recorder) = held else { return Ok(()) };
        let played = self.write(Stream::Stdout, move || {
            let played = play(&mut recorder);
            Ok((recorder, played))
        });
        let (recorder, played) = played.await?;
        self.tape.borrow_mut().put_back(recorder);
        played
    }

    /// Writes to one of our streams in another thread, since it may have to wait for its reader.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        to: Stream,
        write: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let mut writing = pin!(self.writer(to).run(write));
        if let Ok(written) = timeout(READER_GRACE, &mut writing).await {
            return written;
        }
        (self.held_up)();
        writing.await
    }

    /// The thread that writes to a stream.
    pub(super) fn writer(&self, to: Stream) -> &StreamWriter {
        &self.writers[usize::from(to == Stream::Stderr)]
    }

    pub(crate) async fn until_released(&self) {
        while self.releasing.get() {
            self.released.notified().await;
        }
    }
}
