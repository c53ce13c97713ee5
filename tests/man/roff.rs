//! The parts of the language of manual pages that are needed.

use std::fmt::Write;

/// A page that is being written.
pub struct Page {
    text: String,
    /// Whether the next text belongs to the line above, instead of being a paragraph of its own.
    is_begun: bool,
}

impl Page {
    pub fn new(name: &str, source: &str) -> Self {
        let title = escaped(&name.to_uppercase());
        // Turn off hyphenation and justification.
        let text = format!(".TH {title} 1 \"\" \"{source}\" \"User commands\"\n.nh\n.ad l\n");
        Self { text, is_begun: false }
    }

    pub fn section(&mut self, title: &str) {
        let _ = writeln!(self.text, ".SH \"{}\"", title.to_uppercase());
        self.is_begun = true;
    }

    /// Paragraphs, with an empty line between them.
    pub fn text(&mut self, text: &str) {
        self.paragraphs(text, ".PP");
    }

    /// A term and its meaning.
    pub fn term(&mut self, term: &str, meaning: &str) {
        let _ = writeln!(self.text, ".TP\n{}", marked(term));
        self.is_begun = true;
        self.paragraphs(meaning, ".IP");
    }

    /// Terms with short meanings, on a line each where that fits.
    pub fn index(&mut self, terms: &[(String, String)]) {
        // The longest meaning has to fit behind the terms in 60 columns.
        let width = 24;
        for (index, (term, meaning)) in terms.iter().enumerate() {
            let distance = if index == 1 { ".PD 0\n" } else { "" };
            let (term, meaning) = (marked(term), marked(meaning));
            let _ = writeln!(self.text, "{distance}.TP {width}\n{term}\n{meaning}");
        }
        self.text += ".PD\n";
    }

    /// Lines as one types them.
    pub fn typed(&mut self, lines: &str) {
        self.text += ".PP\n.RS 4\n.nf\n";
        for line in lines.lines() {
            let _ = writeln!(self.text, "\\fB{}\\fR", escaped(line));
        }
        self.text += ".fi\n.RE\n";
        self.is_begun = false;
    }

    /// Lines that do not flow into each other.
    pub fn lines(&mut self, lines: impl Iterator<Item = String>) {
        let lines: Vec<_> = lines.map(|line| marked(&line) + "\n").collect();
        self.text += &lines.join(".br\n");
        self.is_begun = false;
    }

    pub fn finish(self) -> String {
        self.text
    }

    fn paragraphs(&mut self, text: &str, between: &str) {
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            if !self.is_begun {
                let _ = writeln!(self.text, "{between}");
            }
            let _ = writeln!(self.text, "{}", marked(&paragraph.replace('\n', " ")));
            self.is_begun = false;
        }
    }
}

/// Text with long options and the parts between backquotes in bold, and the parts between `<` and `>` in italics.
fn marked(text: &str) -> String {
    let mut shown = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            let _ = write!(shown, "\\fB{}\\fR", escaped(part));
        } else {
            let words: Vec<_> = part.split(' ').map(marked_word).collect();
            shown += &words.join(" ");
        }
    }
    let shown = shown.replace("[default: ", "[default:\\ ");
    // Escaped, so that it is not read as a request.
    if shown.starts_with(['.', '\'']) { format!("\\&{shown}") } else { shown }
}

fn marked_word(word: &str) -> String {
    let bare = word.trim_start_matches(['(', '[']);
    let name = |c: char| c.is_ascii_lowercase() || c == '-';
    let option = bare.trim_end_matches(|c| !name(c));
    if option.starts_with("--") && option.len() > 2 && option.chars().all(name) {
        return escaped(word).replace(&escaped(option), &format!("\\fB{}\\fR", escaped(option)));
    }
    escaped(word).replace('<', "\\fI").replace('>', "\\fR")
}

fn escaped(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    escaped.replace('~', "\\(ti").replace('^', "\\(ha").replace('`', "\\(ga")
}
