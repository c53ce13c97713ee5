//! Tables: plain columns for programs, cut to the width and with colours on a terminal.

use super::screen::{Screen, Tone};
use super::shortened::cut;
use crate::terminal::escape_os;
use console::{measure_text_width, truncate_str};
use std::ffi::OsStr;

/// Lines of cells. The last cell of a line takes the room that is left.
#[derive(Debug)]
pub(super) struct Table<const N: usize> {
    lines: Vec<(Tone, [String; N])>,
    layout: TableLayout,
    /// The width of each column in the lines rendered so far.
    widths: [usize; N],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TableLayout {
    /// Cells are aligned to the right, lines are cut to the width of the terminal, and columns without text are left out.
    Columns,
    /// Cells are aligned to the left, and lines are never cut. An empty column indents the others.
    Facts,
}

impl<const N: usize> Table<N> {
    /// Columns of numbers under headings, before a last column of text.
    pub(super) fn columns(headings: [&str; N]) -> Self {
        Self {
            lines: vec![(Tone::Heading, headings.map(str::to_owned))],
            layout: TableLayout::Columns,
            widths: [0; N],
        }
    }

    /// Names and values.
    pub(super) fn facts() -> Self {
        Self { lines: Vec::new(), layout: TableLayout::Facts, widths: [0; N] }
    }

    pub(super) fn push(&mut self, tone: Tone, cells: [String; N]) {
        // The only colours are those that the table itself adds.
        self.lines.push((tone, cells.map(|cell| escape_os(OsStr::new(&cell)))));
    }

    /// Renders the lines pushed since the last call. A column is wide enough for these lines and for all lines before.
    pub(super) fn render(&mut self, screen: Screen) -> String {
        for (column, width) in self.widths.iter_mut().enumerate() {
            let cells = self.lines.iter().map(|(_, cells)| measure_text_width(&cells[column]));
            *width = cells.fold(*width, usize::max);
        }
        let mut text = String::new();
        for (tone, cells) in &std::mem::take(&mut self.lines) {
            let line = match (screen.columns, self.layout) {
                (Some(columns), TableLayout::Columns) => {
                    // The columns of numbers stay as they are, if there is room for them.
                    let before = self.widths[..N - 1].iter().filter(|width| **width > 0);
                    let before = before.map(|width| width + 2).sum();
                    let room = columns.saturating_sub(before);
                    let line = self.line(cells, |last| cut(last, room));
                    truncate_str(&line, columns, "…").into_owned()
                }
                _ => self.line(cells, str::to_owned),
            };
            text += &match cells.first().and_then(|word| Some((word, line.strip_prefix(word)?))) {
                Some((word, rest)) if tone.colours_first_cell() => screen.paint(*tone, word) + rest,
                _ => screen.paint(*tone, &line),
            };
            text.push('\n');
        }
        text
    }

    fn line(&self, cells: &[String; N], last: impl Fn(&str) -> String) -> String {
        let mut line = String::new();
        let columns = cells.iter().zip(&self.widths).take(N.saturating_sub(1));
        let is_shown = |width: usize| width > 0 || self.layout == TableLayout::Facts;
        for (cell, width) in columns.filter(|(_, width)| is_shown(**width)) {
            let space = " ".repeat(width - measure_text_width(cell));
            match self.layout {
                TableLayout::Columns => line.extend([&space, cell.as_str(), "  "]),
                TableLayout::Facts => line.extend([cell, space.as_str(), "  "]),
            }
        }
        line += &cells.last().map(|cell| last(cell)).unwrap_or_default();
        line
    }
}

/// A bar of `cells` characters, of which the fraction `part` is filled, to an eighth of a character.
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

    const PIPE: Screen = Screen { columns: None, colours: false };

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
    fn an_empty_column_is_left_out() {
        let mut table = Table::columns(["ID", "", "COMMAND"]);
        table.push(Tone::Plain, ["1", "", "echo a"].map(str::to_owned));
        assert_eq!(table.render(PIPE), "ID  COMMAND\n 1  echo a\n");
        table.push(Tone::Plain, ["1", "", "echo a"].map(str::to_owned));
        assert_eq!(table.render(Screen { columns: Some(8), colours: false }), " 1  ech…\n");
    }

    #[test]
    fn a_table_that_is_rendered_in_parts_never_gets_narrower() {
        let mut table = table();
        table.render(PIPE);
        table.push(Tone::Plain, ["2", "1B", "a"].map(str::to_owned));
        assert_eq!(table.render(PIPE), " 2     1B  a\n");
        table.push(Tone::Plain, ["3", "1000kB", "a"].map(str::to_owned));
        assert_eq!(table.render(PIPE), " 3  1000kB  a\n");
    }

    #[test]
    fn a_terminal_cuts_and_colours() {
        let narrow = Screen { columns: Some(13), colours: false };
        assert_eq!(table().render(narrow), "ID   SIZE  C…\n 1  123kB  e…\n10     1B  ls\n");
        let coloured = table().render(Screen { columns: Some(80), colours: true });
        assert!(coloured.starts_with("\u{1b}[1mID   SIZE  COMMAND\u{1b}[0m\n 1 "), "{coloured:?}");
        assert!(coloured.contains("\u{1b}[2m10     1B  ls\u{1b}[0m"), "{coloured:?}");
    }

    #[test]
    fn facts_are_never_cut() {
        let mut facts = Table::facts();
        facts.push(Tone::Plain, ["id".to_owned(), "1".to_owned()]);
        facts.push(Tone::Plain, ["command".to_owned(), "a long one".to_owned()]);
        let narrow = Screen { columns: Some(5), colours: false };
        assert_eq!(facts.render(narrow), "id       1\ncommand  a long one\n");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let render = |columns| {
            let mut table = Table::columns(["NAME", "COMMAND"]);
            table.push(Tone::Plain, ["日本", "echo 日本語"].map(str::to_owned));
            table.push(Tone::Plain, ["ab", "echo 🎉🎉"].map(str::to_owned));
            table.render(Screen { columns, colours: false })
        };
        assert_eq!(render(None), "NAME  COMMAND\n日本  echo 日本語\n  ab  echo 🎉🎉\n");
        assert_eq!(render(Some(15)), "NAME  COMMAND\n日本  echo 日…\n  ab  echo 🎉🎉\n");
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
