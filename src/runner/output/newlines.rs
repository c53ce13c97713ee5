//! Newlines of a command that writes to a terminal of its own.
//!
//! That terminal turns each `\n` into `\r\n`. Our own terminal gets `\r\n` while it is raw. A recording, a pipe and a
//! file get `\n`, and so does a terminal that is not raw, since it translates newlines itself. A program that has made
//! its terminal raw, such as another cachex, writes `\r\n` itself; that becomes `\n` too.

use rustix::fd::AsFd;
use rustix::termios::{OptionalActions, OutputModes, tcgetattr, tcsetattr};

/// Undoes the translation of newlines.
#[derive(Default)]
pub(super) struct Newlines {
    /// Whether the last byte was a `\r`, which a `\n` may follow.
    has_carriage_return: bool,
}

impl Newlines {
    /// The bytes that the command wrote, as far as they are certain.
    pub(super) fn undo(&mut self, written: &[u8]) -> Vec<u8> {
        let mut plain = Vec::with_capacity(written.len() + 1);
        for byte in written {
            if std::mem::take(&mut self.has_carriage_return) && *byte != b'\n' {
                plain.push(b'\r');
            }
            match byte {
                b'\r' => self.has_carriage_return = true,
                byte => plain.push(*byte),
            }
        }
        plain
    }

    /// The byte that is left at the end, if any.
    pub(super) fn flush(&mut self) -> &'static [u8] {
        if std::mem::take(&mut self.has_carriage_return) { b"\r" } else { b"" }
    }
}

/// Whether a terminal translates newlines.
pub(super) fn are_translated(terminal: impl AsFd) -> bool {
    let both = OutputModes::OPOST | OutputModes::ONLCR;
    tcgetattr(terminal).is_ok_and(|settings| settings.output_modes.contains(both))
}

/// Makes a terminal leave newlines as they are.
pub(super) fn stop_translation(terminal: impl AsFd) {
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
        let mut plain: Vec<u8> = chunks.iter().flat_map(|it| newlines.undo(it)).collect();
        plain.extend(newlines.flush());
        plain
    }

    #[test]
    fn newlines_are_restored_wherever_a_read_ends() {
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
