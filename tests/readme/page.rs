//! The parts of a page that can be run.
//!
//! In a ```` ```console ```` block a line that begins with `$ ` is typed, together with the lines after it that begin
//! with `> `. All other lines are the expected output. Hidden comments say the rest:
//!
//! - `<!-- file: NAME -->` before a block writes the block to that file.
//! - `<!-- shell: NAME -->` before a console block chooses its shell.
//! - `<!-- needs: PROGRAM -->` skips the block without that program, or with `Linux` on other systems.
//! - `<!-- console` begins a console block that readers do not see.

/// One step of running a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// A file that the page shows.
    File { name: String, content: String },
    /// One session of a shell.
    Session { shell: String, needs: Vec<String>, calls: Vec<Call> },
}

/// A typed command and its expected output.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Call {
    pub typed: String,
    pub output: String,
}

/// The hidden comments before a block.
#[derive(Default)]
struct Notes {
    file: Option<String>,
    shell: Option<String>,
    needs: Vec<String>,
}

/// The steps of a page in their order.
pub fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut notes = Notes::default();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            steps.extend(step(language, &block, std::mem::take(&mut notes)));
        } else if line == "<!-- console" {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "-->").collect();
            steps.extend(step("console", &block, std::mem::take(&mut notes)));
        } else if let Some(note) = line.strip_prefix("<!-- ") {
            let note = note.strip_suffix(" -->").expect("a comment of one line");
            notes.add(note);
        } else {
            assert!(notes.is_empty(), "a note must precede its block directly: {line}");
        }
    }
    steps
}

impl Notes {
    fn add(&mut self, note: &str) {
        let (name, value) = note.split_once(": ").unwrap_or((note, ""));
        match name {
            "file" => self.file = Some(value.to_owned()),
            "shell" => self.shell = Some(value.to_owned()),
            "needs" => self.needs.push(value.to_owned()),
            _ => panic!("an unknown note: {note}"),
        }
    }

    fn is_empty(&self) -> bool {
        self.file.is_none() && self.shell.is_none() && self.needs.is_empty()
    }
}

fn step(language: &str, block: &[&str], notes: Notes) -> Option<Step> {
    let Notes { file, shell, mut needs } = notes;
    if let Some(name) = file {
        return Some(Step::File { name, content: block.join("\n") + "\n" });
    }
    if language != "console" {
        return None;
    }
    let shell = shell.unwrap_or_else(|| "sh".to_owned());
    needs.push(shell.clone());
    Some(Step::Session { shell, needs, calls: calls(block) })
}

fn calls(block: &[&str]) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for line in block {
        if let Some(typed) = line.strip_prefix("$ ") {
            calls.push(Call { typed: typed.to_owned(), output: String::new() });
            continue;
        }
        let call = calls.last_mut().unwrap_or_else(|| panic!("output without a command: {line}"));
        match line.strip_prefix("> ") {
            Some(more) if call.output.is_empty() => call.typed.extend(["\n", more]),
            _ => call.output.extend([line, "\n"]),
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_files_and_sessions() {
        let page = "Text\n<!-- file: a.sh -->\n```sh\necho a\n```\n<!-- shell: zsh -->\n\
                    ```console\n$ echo \\\n> b\nb\n$ true\n```\n```sh\nshown only\n```\n\
                    <!-- console\n$ echo c\nc\n-->\n";
        let call = |typed: &str, output: &str| Call { typed: typed.into(), output: output.into() };
        let session = |shell: &str, calls| {
            let needs = vec![shell.to_owned()];
            Step::Session { shell: shell.to_owned(), needs, calls }
        };
        let file = Step::File { name: "a.sh".into(), content: "echo a\n".into() };
        let first = session("zsh", vec![call("echo \\\nb", "b\n"), call("true", "")]);
        assert_eq!(steps(page), [file, first, session("sh", vec![call("echo c", "c\n")])]);
    }
}
