//! What the parts of a run share.

use super::tape::{Tape, play};
use crate::progress::Spinner;
use crate::recording::Recorder;
use std::cell::{Cell, RefCell};
use std::io;
use tokio::sync::Notify;

pub(super) struct Shared {
    pub(super) tape: RefCell<Tape>,
    pub(super) spinner: RefCell<Option<Spinner>>,
    /// Whether output that was held is being written: what comes later has to wait.
    releasing: Cell<bool>,
    released: Notify,
}

impl Shared {
    pub(super) fn new(tape: Tape, spinner: Option<Spinner>) -> Self {
        Self {
            tape: RefCell::new(tape),
            spinner: RefCell::new(spinner),
            releasing: Cell::new(false),
            released: Notify::new(),
        }
    }

    /// Writes what was held.
    pub(super) async fn release(&self, mut held: Box<Recorder>) -> io::Result<()> {
        self.releasing.set(true);
        if let Some(spinner) = &mut *self.spinner.borrow_mut() {
            spinner.clear();
        }
        let play = tokio::task::spawn_blocking(move || play(&mut held));
        let played = play.await.map_err(io::Error::other);
        self.releasing.set(false);
        self.released.notify_waiters();
        played?
    }

    pub(super) async fn until_released(&self) {
        while self.releasing.get() {
            self.released.notified().await;
        }
    }
}
