//! Newlines of a command that writes to a terminal of its own.
//!
//! That terminal makes `\r\n` of each `\n`. On a screen this is shown as it is, since our own terminal is raw meanwhile.
//! A recording, a pipe and a file get what the command wrote, and so does a terminal that is not raw: it does the
//! same once more. A program that has its terminal raw writes `\r\n` itself, another cachex say: that is told as `\n` too.

use rustix::fd::AsFd;
use rustix::termios::{OptionalActions, OutputModes, tcgetattr, tcsetattr};

/// Takes back what a terminal made of newlines.
#[derive(Default)]
pub(super) struct Newlines {
    /// Whether the last byte was a `\r` that a `\n` may follow.
    held: bool,
}

impl Newlines {
    /// What the command wrote, as far as that is certain.
    pub(super) fn take_back(&mut self, written: &[u8]) -> Vec<u8> {
        let mut plain = Vec::with_capacity(written.len() + 1);
        for byte in written {
            if std::mem::take(&mut self.held) && *byte != b'\n' {
                plain.push(b'\r');
            }
            match byte {
                b'\r' => self.held = true,
                byte => plain.push(*byte),
            }
        }
        plain
    }

    /// What nothing follows.
    pub(super) fn rest(&mut self) -> &'static [u8] {
        if std::mem::take(&mut self.held) { b"\r" } else { b"" }
    }
}

/// Whether a terminal makes `\r\n` of `\n`.
pub(super) fn are_made_longer(terminal: impl AsFd) -> bool {
    let both = OutputModes::OPOST | OutputModes::ONLCR;
    tcgetattr(terminal).is_ok_and(|settings| settings.output_modes.contains(both))
}

/// Has a terminal leave newlines as they are.
pub(super) fn leave_alone(terminal: impl AsFd) {
    if let Ok(mut settings) = tcgetattr(&terminal) {
        settings.output_modes.remove(OutputModes::ONLCR);
        let _ = tcsetattr(&terminal, OptionalActions::Now, &settings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(chunks: &[&[u8]]) -> Vec<u8> {
        let mut newlines = Newlines::default();
        let mut plain: Vec<u8> = chunks.iter().flat_map(|it| newlines.take_back(it)).collect();
        plain.extend(newlines.rest());
        plain
    }

    #[test]
    fn what_was_written_is_the_same_however_it_was_read() {
        let written = b"a\nb\r\n\r\r\n\n10%\r20%\r";
        let mut longer = Vec::new();
        for byte in written {
            longer.extend(if *byte == b'\n' { &b"\r\n"[..] } else { std::slice::from_ref(byte) });
        }
        for at in 0..=longer.len() {
            let (first, second) = longer.split_at(at);
            assert_eq!(plain(&[first, second]), written);
        }
    }
}
