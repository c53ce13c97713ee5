//! Tables: plain columns for programs, cut to the width and with colours on a terminal.

use crate::terminal::{Stream, TerminalSize, escape_os};
use console::{Style, measure_text_width, truncate_str};
use std::ffi::OsStr;

/// What standard output can show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// The columns of the terminal; `None` where nobody is looking.
    columns: Option<usize>,
    colours: bool,
}

impl Look {
    /// That of our own standard output, for a user who may not want colours.
    pub(super) fn own() -> Self {
        let is_terminal = Stream::Stdout.is_terminal();
        Self {
            columns: is_terminal.then(|| usize::from(TerminalSize::own().columns)),
            colours: Stream::Stdout.shows_colours(),
        }
    }

    /// Whether a person is looking.
    pub(super) fn is_terminal(self) -> bool {
        self.columns.is_some()
    }

    /// Whether there is no room for much beside a command.
    pub(super) fn is_narrow(self) -> bool {
        self.columns.is_some_and(|columns| columns < 60)
    }

    /// The width of a column of these cells that has others behind it; longer ones stand out.
    pub(super) fn column(self, cells: &[String]) -> usize {
        let limit = self.columns.map_or(usize::MAX, |columns| columns * 2 / 5);
        let widths = cells.iter().map(|cell| measure_text_width(cell));
        widths.filter(|width| *width <= limit).max().unwrap_or(0)
    }

    /// A line as several where it is too long for the terminal, the later ones so far in. Breaks at spaces,
    /// or within a word that is too long for a line.
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

    fn paint(self, tone: Tone, text: &str) -> String {
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

/// So much room there is for what is wrapped; on a terminal that has no more the terminal itself wraps.
const NARROW: usize = 15;

/// A text with spaces behind it, up to a width.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(measure_text_width(text))))
}

/// How a line stands out in colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Heading,
    Faint,
    /// Only the first cell of a fact: colours that one background suits may be hard to read on another.
    Good,
    /// The same.
    Warning,
    /// The same.
    Problem,
}

impl Tone {
    fn is_of_a_word(self) -> bool {
        matches!(self, Self::Good | Self::Warning | Self::Problem)
    }
}

/// Lines of cells; the last of a line takes what room is left.
#[derive(Debug)]
pub(super) struct Table<const N: usize> {
    lines: Vec<(Tone, [String; N])>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Numbers: to the right, lines cut to the width.
    Columns,
    /// Words: to the left, lines whole.
    Facts,
}

impl<const N: usize> Table<N> {
    /// Columns of numbers under headings, before a last column of text.
    pub(super) fn columns(headings: [&str; N]) -> Self {
        Self { lines: vec![(Tone::Heading, headings.map(str::to_owned))], kind: Kind::Columns }
    }

    /// Names and what is to be said of them.
    pub(super) fn facts() -> Self {
        Self { lines: Vec::new(), kind: Kind::Facts }
    }

    pub(super) fn push(&mut self, tone: Tone, cells: [String; N]) {
        // Only the colours of the table are ours.
        self.lines.push((tone, cells.map(|cell| escape_os(OsStr::new(&cell)))));
    }

    /// All lines, each as wide as the cells of its column need.
    pub(super) fn render(&self, look: Look) -> String {
        let widths: [usize; N] = std::array::from_fn(|column| {
            let cells = self.lines.iter().map(|(_, cells)| measure_text_width(&cells[column]));
            cells.max().unwrap_or(0)
        });
        let mut text = String::new();
        for (tone, cells) in &self.lines {
            let line = self.line(cells, &widths);
            let line = match (look.columns, self.kind) {
                (Some(columns), Kind::Columns) => truncate_str(&line, columns, "…"),
                _ => line.into(),
            };
            text += &match cells.first().and_then(|word| Some((word, line.strip_prefix(word)?))) {
                Some((word, rest)) if tone.is_of_a_word() => look.paint(*tone, word) + rest,
                _ => look.paint(*tone, &line),
            };
            text.push('\n');
        }
        text
    }

    fn line(&self, cells: &[String; N], widths: &[usize; N]) -> String {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths).take(N.saturating_sub(1)) {
            let space = " ".repeat(width - measure_text_width(cell));
            match self.kind {
                Kind::Columns => line.extend([&space, cell.as_str(), "  "]),
                Kind::Facts => line.extend([cell, space.as_str(), "  "]),
            }
        }
        line += cells.last().map_or("", String::as_str);
        line
    }
}

/// A bar of `cells` characters that is full to this part, to an eighth of a character.
pub(super) fn bar(part: f64, cells: u16) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let wanted = part.clamp(0.0, 1.0) * f64::from(cells) * 8.0;
    let eighths = (0..u32::from(cells) * 8).take_while(|it| f64::from(*it) + 0.5 < wanted).count();
    let mut bar = "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
    let missing = usize::from(cells).saturating_sub(bar.chars().count());
    bar.extend(std::iter::repeat_n(' ', missing));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPE: Look = Look { columns: None, colours: false };

    fn table() -> Table<3> {
        let mut table = Table::columns(["ID", "SIZE", "COMMAND"]);
        table.push(Tone::Plain, ["1", "123kB", "echo a"].map(str::to_owned));
        table.push(Tone::Faint, ["10", "1B", "ls"].map(str::to_owned));
        table
    }

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let expected = "ID   SIZE  COMMAND\n 1  123kB  echo a\n10     1B  ls\n";
        assert_eq!(table().render(PIPE), expected);
    }

    #[test]
    fn a_terminal_cuts_and_colours() {
        let narrow = Look { columns: Some(13), colours: false };
        assert_eq!(table().render(narrow), "ID   SIZE  C…\n 1  123kB  e…\n10     1B  ls\n");
        let coloured = table().render(Look { columns: Some(80), colours: true });
        assert!(coloured.starts_with("\u{1b}[1mID   SIZE  COMMAND\u{1b}[0m\n 1 "), "{coloured:?}");
        assert!(coloured.contains("\u{1b}[2m10     1B  ls\u{1b}[0m"), "{coloured:?}");
    }

    #[test]
    fn facts_are_never_cut() {
        let mut facts = Table::facts();
        facts.push(Tone::Plain, ["id".to_owned(), "1".to_owned()]);
        facts.push(Tone::Plain, ["command".to_owned(), "a long one".to_owned()]);
        let narrow = Look { columns: Some(5), colours: false };
        assert_eq!(facts.render(narrow), "id       1\ncommand  a long one\n");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let mut table = Table::columns(["NAME", "COMMAND"]);
        table.push(Tone::Plain, ["日本", "echo 日本語"].map(str::to_owned));
        table.push(Tone::Plain, ["ab", "echo 🎉🎉"].map(str::to_owned));
        assert_eq!(table.render(PIPE), "NAME  COMMAND\n日本  echo 日本語\n  ab  echo 🎉🎉\n");
        let narrow = Look { columns: Some(15), colours: false };
        assert_eq!(table.render(narrow), "NAME  COMMAND\n日本  echo 日…\n  ab  echo 🎉🎉\n");
    }

    #[test]
    fn long_lines_are_wrapped_on_a_terminal_only() {
        let line = "  name  a_value of_some length";
        assert_eq!(PIPE.wrap(line, 8), line);
        let wrap = |columns, line, indent| {
            Look { columns: Some(columns), colours: false }.wrap(line, indent)
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

    #[test]
    fn bars_are_exact_to_an_eighth() {
        assert_eq!(bar(0.0, 4), "    ");
        assert_eq!(bar(1.0, 4), "████");
        assert_eq!(bar(0.5, 4), "██  ");
        assert_eq!(bar(0.56, 4), "██▎ ");
        assert_eq!(bar(f64::NAN, 2), "  ");
    }
}
