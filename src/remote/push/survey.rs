//! What waits in the outbox, for those who only look: nothing is removed, and no lock is taken.

use super::note::OutgoingNote;
use super::outbox::{NOTE, Outbox};
use super::refused::RefusedResults;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// What waits in an outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboxSurvey {
    /// The results that wait, by the remote that they wait for.
    pub waiting: Vec<(String, WaitingSince)>,
    /// The results that were refused, by the remote that refused them.
    pub refused: Vec<(String, RefusedResults)>,
}

/// Some results that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingSince {
    /// How many.
    pub count: usize,
    /// Since when the oldest waits.
    pub oldest: SystemTime,
    /// How much the clock of the remote was ahead of ours when one of them was recorded, in milliseconds; 0 if that was
    /// not known.
    pub clock_ahead: i64,
}

impl OutboxSurvey {
    /// Looks into the outbox of the store in this directory.
    ///
    /// # Errors
    /// The system's.
    pub fn of_store(directory: &Path) -> io::Result<Self> {
        let outbox = Outbox::of_store(directory);
        let mut survey = Self { refused: outbox.all_refused()?, ..Self::default() };
        for (path, time) in outbox.files(NOTE)? {
            let note = fs::read(path).map(|bytes| serde_json::from_slice::<OutgoingNote>(&bytes));
            // It may have been pushed a moment ago.
            let Ok(Ok(OutgoingNote { remote, result, .. })) = note else { continue };
            let clock_ahead = result.ended.map_or(0, |it| it.saturating_sub(result.created));
            match survey.waiting.iter_mut().find(|(of, _)| *of == remote) {
                None => {
                    let new = WaitingSince { count: 1, oldest: time, clock_ahead };
                    survey.waiting.push((remote, new));
                }
                Some((_, known)) => {
                    known.count += 1;
                    if known.clock_ahead == 0 {
                        known.clock_ahead = clock_ahead;
                    }
                    known.oldest = known.oldest.min(time);
                }
            }
        }
        Ok(survey)
    }
}
