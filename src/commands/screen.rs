//! The capabilities of standard output: its width, and colours for a user who wants them.

use crate::terminal::{Stream, TerminalSize};
use console::{Style, measure_text_width};

/// Text is wrapped to no fewer columns than this. A narrower terminal wraps by itself.
const NARROW: usize = 15;

/// The capabilities of standard output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    /// The columns of the terminal; `None` if it is no terminal.
    pub(super) columns: Option<usize>,
    pub(super) colours: bool,
}

impl Screen {
    /// Our own standard output.
    pub(super) fn own() -> Self {
        let is_terminal = Stream::Stdout.is_terminal();
        Self {
            columns: is_terminal.then(|| usize::from(TerminalSize::own().columns)),
            colours: Stream::Stdout.shows_colours(),
        }
    }

    /// Whether it is a terminal.
    pub(super) fn is_terminal(self) -> bool {
        self.columns.is_some()
    }

    /// Whether this is a terminal with little room beside a command.
    pub(super) fn is_narrow(self) -> bool {
        self.columns.is_some_and(|columns| columns < 60)
    }

    /// The width of a column of these cells that is followed by another column. Cells above two fifths of the terminal
    /// may stick out.
    pub(super) fn column(self, cells: &[String]) -> usize {
        let limit = self.columns.map_or(usize::MAX, |columns| columns * 2 / 5);
        let widths = cells.iter().map(|cell| measure_text_width(cell));
        widths.filter(|width| *width <= limit).max().unwrap_or(0)
    }

    /// Breaks a line that is too long for the terminal, and indents the lines that follow. Breaks at spaces, or inside a
    /// word that is too long for a line.
    pub(super) fn wrap(self, line: &str, indent: usize) -> String {
        let columns = self.columns.filter(|columns| *columns > NARROW);
        let Some(columns) = columns else { return line.to_owned() };
        let indent = indent.min(columns - NARROW);
        let (mut wrapped, mut at) = (String::new(), 0);
        for word in line.split_inclusive(' ') {
            let fits = |width, at| at + width <= columns;
            let whole = measure_text_width(word.trim_end());
            let mut is_over = !fits(whole, at) && fits(whole, indent);
            for c in word.chars() {
                let width = measure_text_width(c.encode_utf8(&mut [0; 4]));
                if is_over || c != ' ' && !fits(width, at) {
                    wrapped.truncate(wrapped.trim_end_matches(' ').len());
                    wrapped.push('\n');
                    wrapped.extend(std::iter::repeat_n(' ', indent));
                    (at, is_over) = (indent, false);
                }
                wrapped.push(c);
                at += width;
            }
        }
        wrapped.truncate(wrapped.trim_end_matches(' ').len());
        wrapped
    }

    /// Text in the colours of a tone.
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        let style = Style::new().force_styling(self.colours);
        let style = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Heading => style.bold(),
            Tone::Faint => style.dim(),
            Tone::Good => style.green(),
            Tone::Warning => style.yellow(),
            Tone::Problem => style.red().bold(),
        };
        style.apply_to(text).to_string()
    }
}

/// Text with spaces behind it, up to a width.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(measure_text_width(text))))
}

/// How a line or a word stands out in colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Heading,
    Faint,
    /// Colours the first cell only: a colour that suits one background may be hard to read on another.
    Good,
    /// Colours the first cell only.
    Warning,
    /// Colours the first cell only.
    Problem,
}

impl Tone {
    /// Whether this tone colours only the first cell of a line.
    pub(super) fn colours_first_cell(self) -> bool {
        matches!(self, Self::Good | Self::Warning | Self::Problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_wrapped_on_a_terminal_only() {
        let line = "  name  a_value of_some length";
        assert_eq!(Screen { columns: None, colours: false }.wrap(line, 8), line);
        let wrap = |columns, line, indent| {
            Screen { columns: Some(columns), colours: false }.wrap(line, indent)
        };
        assert_eq!(wrap(30, line, 8), line);
        assert_eq!(wrap(29, line, 8), "  name  a_value of_some\n        length");
        assert_eq!(wrap(24, line, 8), "  name  a_value of_some\n        length");
        assert_eq!(wrap(20, line, 8), "  name  a_value\n     of_some length");
        assert_eq!(wrap(15, line, 8), line, "hopeless");
        assert_eq!(
            wrap(20, "ab: /a/path/without/any/space", 2),
            "ab: /a/path/without/\n  any/space"
        );
        assert_eq!(wrap(20, "日本語日本語日本語日本語", 1), "日本語日本語日本語日\n 本語");
        assert_eq!(wrap(20, "ends in spaces      ", 1), "ends in spaces");
    }
}
