//! What the parts of a run share.

use super::tape::{Passage, Tape, play};
use super::writer::Writer;
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

/// So long others wait with us for a reader of ours. That of our output may itself be waiting for theirs.
const PATIENCE: Duration = Duration::from_secs(1);

pub(in crate::runner) struct Shared<'j> {
    pub(in crate::runner) tape: RefCell<Tape>,
    pub(in crate::runner) spinner: RefCell<Option<Spinner>>,
    /// Whether output that was held is being written: what comes later has to wait.
    releasing: Cell<bool>,
    /// Why that failed.
    pub(in crate::runner) lost: Cell<Option<io::Error>>,
    released: Notify,
    writers: [Writer; 2],
    pub(in crate::runner) held_up: &'j dyn Fn(),
    unstorable: &'j dyn Fn(),
    /// Whether that was called.
    is_given_up: Cell<bool>,
}

impl<'j> Shared<'j> {
    pub(in crate::runner) fn new(
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

    /// Records what arrived on a stream, and tells what is to be done with it.
    pub(in crate::runner) fn take_down(&self, stream: Stream, bytes: &[u8]) -> Passage {
        let passage = self.tape.borrow_mut().take_down(stream, bytes);
        self.tell_if_given_up();
        passage
    }

    /// Nothing of this run will be stored: of several reasons the first one counts. From now on
    /// nobody waits for its result.
    pub(in crate::runner) fn give_up_storing(&self, reason: Unrecorded) {
        self.tape.borrow_mut().give_up(reason);
        self.tell_if_given_up();
    }

    fn tell_if_given_up(&self) {
        if self.tape.borrow().is_given_up() && !self.is_given_up.replace(true) {
            (self.unstorable)();
        }
    }

    /// Writes what was held.
    pub(in crate::runner) async fn release(&self, mut held: Box<Recorder>) {
        self.releasing.set(true);
        if let Some(spinner) = &mut *self.spinner.borrow_mut() {
            spinner.clear();
        }
        let played = self.write(Stream::Stdout, move || play(&mut held)).await;
        self.lost.replace(played.err());
        self.releasing.set(false);
        self.released.notify_waiters();
    }

    /// Writes what is held to the end.
    pub(in crate::runner) async fn let_out(&self) -> io::Result<()> {
        let lent = self.tape.borrow_mut().lend();
        let Some(mut recorder) = lent else { return Ok(()) };
        let played = self.write(Stream::Stdout, move || {
            let played = play(&mut recorder);
            Ok((recorder, played))
        });
        let (recorder, played) = played.await?;
        self.tape.borrow_mut().bring_back(recorder);
        played
    }

    /// Writes to a stream of ours in another thread, since it may have to wait for its reader.
    pub(in crate::runner) async fn write<T: Send + 'static>(
        &self,
        to: Stream,
        write: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let mut writing = pin!(self.writer(to).run(write));
        if let Ok(written) = timeout(PATIENCE, &mut writing).await {
            return written;
        }
        (self.held_up)();
        writing.await
    }

    /// The thread that writes to a stream.
    pub(super) fn writer(&self, to: Stream) -> &Writer {
        &self.writers[usize::from(to == Stream::Stderr)]
    }

    pub(in crate::runner) async fn until_released(&self) {
        while self.releasing.get() {
            self.released.notified().await;
        }
    }
}
