//! The state that both pumps and the event loop of a run share.

use super::tape::{Tape, play};
use super::writer::StreamWriter;
use crate::progress::Spinner;
use crate::runner::error::Unrecorded;
use crate::terminal::Stream;
use std::cell::{Cell, RefCell};
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long other callers wait for this run while its reader reads nothing. The reader may itself wait for them.
const READER_GRACE: Duration = Duration::from_secs(1);

pub(crate) struct SharedState<'j> {
    pub(crate) tape: RefCell<Tape>,
    pub(crate) spinner: RefCell<Option<Spinner>>,
    /// Locked while output that was held back is being written. Later output has to wait for it.
    showing: Mutex<()>,
    /// Why output that was held back could not be written.
    pub(crate) lost: Cell<Option<io::Error>>,
    writers: [StreamWriter; 2],
    pub(crate) held_up: &'j dyn Fn(),
    unstorable: &'j dyn Fn(),
}

impl<'j> SharedState<'j> {
    pub(crate) fn new(
        tape: Tape,
        spinner: Option<Spinner>,
        held_up: &'j dyn Fn(),
        unstorable: &'j dyn Fn(),
    ) -> Self {
        Self {
            tape: RefCell::new(tape),
            spinner: RefCell::new(spinner),
            showing: Mutex::new(()),
            lost: Cell::new(None),
            writers: Default::default(),
            held_up,
            unstorable,
        }
    }

    /// Records bytes that arrived on a stream. Returns whether they are held back.
    pub(crate) fn record(&self, stream: Stream, bytes: &[u8]) -> bool {
        let is_held = self.tape.borrow_mut().record(stream, bytes);
        self.report_if_given_up();
        is_held
    }

    /// Notes that the result of this run will not be stored. The first of several reasons counts. From now on nobody
    /// waits for the run.
    pub(crate) fn give_up_storing(&self, reason: Unrecorded) {
        self.tape.borrow_mut().give_up(reason);
        self.report_if_given_up();
    }

    fn report_if_given_up(&self) {
        if self.tape.borrow().given_up.is_some() {
            (self.unstorable)();
        }
    }

    /// Writes output that was held back until now.
    pub(crate) async fn show_held(&self) {
        let _showing = self.showing.lock().await;
        let Some(mut recorder) = self.tape.borrow_mut().take_held() else { return };
        self.clear_spinner();
        let playing = self.write(Stream::Stdout, move || {
            let played = play(&mut recorder);
            Ok((recorder, played))
        });
        let played = playing.await.and_then(|(recorder, played)| {
            self.tape.borrow_mut().put_back(recorder);
            played
        });
        self.lost.set(played.err());
    }

    pub(crate) fn clear_spinner(&self) {
        if let Some(spinner) = &mut *self.spinner.borrow_mut() {
            spinner.clear();
        }
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
}
