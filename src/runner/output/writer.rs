//! A thread that writes to one of our streams, since a write may have to wait for the reader.

use std::cell::OnceCell;
use std::io;
use std::sync::mpsc::{SendError, Sender, channel};
use std::thread;
use tokio::sync::oneshot;

type Task = Box<dyn FnOnce() + Send>;

/// The thread, which is started when it is needed.
#[derive(Default)]
pub(crate) struct StreamWriter(OnceCell<Option<Sender<Task>>>);

/// The stack of the thread: a write needs little of it.
const STACK_SIZE: usize = 256 << 10;

impl StreamWriter {
    /// Begins the thread.
    pub(super) fn start(&self) -> io::Result<()> {
        let (tasks, incoming) = channel::<Task>();
        let work = || incoming.into_iter().for_each(|task| task());
        thread::Builder::new().name("output".to_owned()).stack_size(STACK_SIZE).spawn(work)?;
        let _ = self.0.set(Some(tasks));
        Ok(())
    }

    /// Writes in the thread. If there is none, it writes here, and the run stands still until the reader has read.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        write: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let (done, written) = oneshot::channel();
        let task = Box::new(move || {
            // This fails if nobody waits for the result any more.
            let _ = done.send(write());
        });
        self.hand_over(task);
        written.await.map_err(io::Error::other)?
    }

    fn hand_over(&self, task: Task) {
        if self.0.get().is_none() && self.start().is_err() {
            let _ = self.0.set(None);
        }
        let Some(Some(tasks)) = self.0.get() else { return task() };
        if let Err(SendError(task)) = tasks.send(task) {
            task();
        }
    }
}
