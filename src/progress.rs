//! The spinner: a text and the elapsed time on standard error.
//!
//! It knows nothing of commands. It clears its line in the end, and shows nothing if standard error is not a terminal.

use crate::process_group::is_in_foreground;
use crate::terminal::{Stream, escape_os};
use console::{Term, measure_text_width, truncate_str};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::ffi::OsStr;
use std::time::{Duration, Instant};

/// How long a command may take before anything is shown.
pub const SPINNER_DELAY: Duration = Duration::from_millis(500);

/// How often the elapsed time moves on.
pub const SPINNER_INTERVAL: Duration = Duration::from_millis(100);

/// A line that shows a text and the elapsed time.
#[derive(Debug)]
pub struct Spinner {
    text: String,
    started: Instant,
    bar: Option<ProgressBar>,
    done: bool,
}

impl Spinner {
    /// A spinner that counts from now and shows nothing yet.
    pub fn new(text: &OsStr) -> Self {
        Self { text: escape_os(text), started: Instant::now(), bar: None, done: false }
    }

    /// Whether a spinner can be shown at all.
    pub fn has_a_place() -> bool {
        Stream::Stderr.is_terminal()
            && std::env::var_os("TERM").is_some_and(|term| term != "dumb" && !term.is_empty())
    }

    /// Draws the line if the delay is over.
    pub fn tick(&mut self) {
        let elapsed = self.started.elapsed();
        if self.done || elapsed < SPINNER_DELAY {
            return;
        }
        if !is_in_foreground(Stream::Stderr.fd()) {
            return self.hide();
        }
        let bar = self.bar.get_or_insert_with(|| {
            let target = ProgressDrawTarget::stderr();
            let bar = ProgressBar::with_draw_target(None, target).with_elapsed(elapsed);
            bar.set_style(style(self.text.clone()));
            bar
        });
        bar.tick();
    }

    /// Clears the line until the next tick.
    pub fn hide(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Clears the line for good, but keeps the text that another process may have written behind it, such as a
    /// question.
    pub fn withdraw(&mut self) {
        let drawn = self.bar.take().map(|bar| {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            SIGN_AND_SPACES + measure_text_width(&line(&self.text, self.started.elapsed(), width()))
        });
        if let Some(width) = drawn {
            let [save, restore] = ["\x1b7", "\x1b8"];
            let blank = format!("{save}\r{:width$}{restore}", "");
            // If this fails, nothing can be shown on this terminal.
            let _ = Stream::Stderr.write_all(blank.as_bytes());
        }
        self.done = true;
    }

    /// Clears the line for good.
    pub fn clear(&mut self) {
        self.hide();
        self.done = true;
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.clear();
    }
}

fn style(text: String) -> ProgressStyle {
    let write_line = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = out.write_str(&line(&text, state.elapsed(), width()));
    };
    ProgressStyle::with_template("{spinner} {line}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key("line", write_line)
}

/// The columns beside the text and the time.
const SIGN_AND_SPACES: usize = 3;

/// The text and the elapsed time. The text is cut so that both fit beside the turning sign.
fn line(text: &str, elapsed: Duration, width: usize) -> String {
    let time = elapsed_time(elapsed);
    let room = width.saturating_sub(measure_text_width(&time) + SIGN_AND_SPACES);
    format!("{} {time}", truncate_str(text, room, "…"))
}

/// The columns to draw in. There is room on the right for the `^C` that the terminal may echo: a line that wraps could not
/// be cleared.
fn width() -> usize {
    usize::from(Term::stderr().size().1.saturating_sub(4))
}

/// `3.4s`, `1m 03.4s`, `2h 01m 03.4s`.
fn elapsed_time(elapsed: Duration) -> String {
    let (minutes, tenths) = (elapsed.as_secs() / 60, elapsed.subsec_millis() / 100);
    let seconds = elapsed.as_secs() % 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}.{tenths}s"),
        (0, minutes) => format!("{minutes}m {seconds:02}.{tenths}s"),
        (hours, minutes) => format!("{hours}h {minutes:02}m {seconds:02}.{tenths}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_elapsed_time_is_shown_to_a_tenth() {
        for (millis, text) in
            [(500, "0.5s"), (9_990, "9.9s"), (63_400, "1m 03.4s"), (7_263_400, "2h 01m 03.4s")]
        {
            assert_eq!(elapsed_time(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn the_text_is_cut_to_the_width() {
        let second = Duration::from_secs(1);
        assert_eq!(line("Running `ls`", second, 80), "Running `ls` 1.0s");
        let cut = line("Running `a very long command`", second, 23);
        assert_eq!(cut, "Running `a very… 1.0s");
        assert_eq!(line("Running", second, 3), "… 1.0s");
    }
}
