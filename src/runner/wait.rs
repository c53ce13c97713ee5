//! Waiting for another process, with a spinner. A signal interrupts the wait as it would interrupt a command.

use super::signals::{self, Receiver, Signals};
use crate::progress::{SPINNER_DELAY, SPINNER_INTERVAL, Spinner};
use std::io;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};

/// How often to ask whether the wait is over.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Waits until `look` returns a value, or fails with the signal that ended the wait. Calls `begun` once signals are handled.
///
/// # Errors
/// When the runtime cannot be made.
pub fn wait_until<T>(
    begun: impl FnOnce(),
    look: impl Fn() -> Option<T>,
    mut spinner: Option<Spinner>,
) -> io::Result<Result<T, i32>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::install(Receiver::Cachex)?;
        begun();
        let mut poll = interval(POLL_INTERVAL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut tick = interval_at(Instant::now() + SPINNER_DELAY, SPINNER_INTERVAL);
        loop {
            tokio::select! {
                arrival = signals.next() => {
                    if let Some(spinner) = &mut spinner {
                        spinner.hide();
                    }
                    if arrival.ends_by_default() {
                        return Ok(Err(arrival.signal));
                    }
                    if arrival.stops() {
                        signals::stop(arrival.signal, false);
                    }
                }
                _ = poll.tick() => if let Some(found) = look() {
                    return Ok(Ok(found));
                },
                _ = tick.tick() => if let Some(spinner) = &mut spinner {
                    spinner.tick();
                },
            }
        }
    })
}
