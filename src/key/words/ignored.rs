//! `--ignore-arg`: arguments that do not count. Pure.

use glob::Pattern;
use std::ffi::{OsStr, OsString};

/// One `--ignore-arg`: a glob for one whole word, or several globs with spaces between them for as many words in a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArgumentGlob(Vec<Pattern>);

impl ArgumentGlob {
    /// Reads a word of `--ignore-arg`.
    ///
    /// # Errors
    /// When the word is invalid.
    pub fn parse(word: &OsStr) -> Result<Self, String> {
        let text = word.to_str().ok_or("a glob has to be UTF-8")?;
        let globs = text.split_whitespace().map(Pattern::new).collect::<Result<Vec<_>, _>>();
        match globs {
            Ok(globs) if globs.is_empty() => Err("expected a glob".to_owned()),
            Ok(globs) => Ok(Self(globs)),
            Err(error) => Err(error.msg.to_owned()),
        }
    }

    /// The globs as they are written, with one space between them.
    pub(crate) fn text(&self) -> OsString {
        self.0.iter().map(Pattern::as_str).collect::<Vec<_>>().join(" ").into()
    }

    /// Marks the words that it matches, from left to right, with the glob that matches each.
    fn mark<'g>(&'g self, words: &[OsString], marks: &mut [Option<&'g Pattern>]) {
        let matches = |at: usize| {
            words.get(at..at + self.0.len()).is_some_and(|row| {
                row.iter().zip(&self.0).all(|(word, glob)| glob.matches(&word.to_string_lossy()))
            })
        };
        let mut at = 0;
        while at < words.len() {
            if matches(at) {
                for (mark, glob) in marks[at..].iter_mut().zip(&self.0) {
                    mark.get_or_insert(glob);
                }
                at += self.0.len();
            } else {
                at += 1;
            }
        }
    }
}

/// For each word, the glob that leaves it out, or `None` if it counts. The command itself always counts.
pub(crate) fn marks(globs: &[ArgumentGlob], words: &[OsString]) -> Vec<Option<OsString>> {
    let mut marks = vec![None; words.len()];
    if let (Some((_, arguments)), Some((_, marks))) = (words.split_first(), marks.split_first_mut())
    {
        for glob in globs {
            glob.mark(arguments, marks);
        }
    }
    marks.into_iter().map(|mark| mark.map(|glob: &Pattern| glob.as_str().into())).collect()
}

/// The words, with globs in place of those that are left out: these may be secret.
pub fn masked(globs: &[ArgumentGlob], words: &[OsString]) -> Vec<OsString> {
    let marks = marks(globs, words);
    words.iter().zip(marks).map(|(word, mark)| mark.unwrap_or_else(|| word.clone())).collect()
}

/// The numbers that arguments have on the command line as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArgumentNumbers {
    /// The numbers of the arguments that count.
    counted: Vec<usize>,
    /// How many arguments were typed.
    all: usize,
}

impl ArgumentNumbers {
    /// Numbers the arguments, given the marks of all words of the command line.
    pub(crate) fn new(marks: &[Option<OsString>]) -> Self {
        let counted = marks.iter().enumerate().skip(1).filter(|(_, mark)| mark.is_none());
        let counted = counted.map(|(number, _)| number).collect();
        Self { counted, all: marks.len().saturating_sub(1) }
    }

    /// The number of an argument, given its number among those that count. Numbers that are too high continue behind
    /// all that was typed.
    pub(crate) fn typed(&self, number: usize) -> usize {
        let beyond = || self.all + number.saturating_sub(self.counted.len());
        self.counted.get(number.wrapping_sub(1)).copied().unwrap_or_else(beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(globs: &[&str], words: &str) -> String {
        let globs: Vec<_> = globs
            .iter()
            .map(|glob| ArgumentGlob::parse(OsStr::new(glob)).expect("a glob"))
            .collect();
        let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
        let words = [vec!["command".into()], words].concat();
        let left =
            words.iter().zip(marks(&globs, &words)).skip(1).filter(|(_, mark)| mark.is_none());
        left.map(|(word, _)| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_glob_is_for_a_whole_word_and_one_with_spaces_for_words_in_a_row() {
        for (globs, words, expected) in [
            (&["--token=*"][..], "a --token=1 b --tokens=2", "a b --tokens=2"),
            (&["--token *"], "a --token 1 b --token", "a b --token"),
            (&["--token *"], "--token --token x", "x"),
            (&["-v", "--token *"], "-v --token -v -v", ""),
            (&["*"], "a b/c", ""),
            (&["a"], "aa a A", "aa A"),
            (&[], "a b", "a b"),
        ] {
            assert_eq!(left(globs, words), expected, "{globs:?} {words}");
        }
    }

    #[test]
    fn ignored_arguments_have_numbers_too() {
        let ignored = || Some(OsString::new());
        let numbers = ArgumentNumbers::new(&[None, ignored(), None, ignored(), None, ignored()]);
        assert_eq!([1, 2, 3, 4].map(|number| numbers.typed(number)), [2, 4, 6, 7]);
        assert_eq!(ArgumentNumbers::new(&[None]).typed(1), 1);
    }

    #[test]
    fn globs_stand_for_what_is_left_out() {
        let globs = ["--to*=*", "-t *"].map(|glob| ArgumentGlob::parse(OsStr::new(glob)));
        let globs = globs.map(|glob| glob.expect("a glob"));
        let words = ["-t", "-t", "1", "--token=2", "a"].map(OsString::from);
        assert_eq!(masked(&globs, &words), ["-t", "-t", "*", "--to*=*", "a"]);
        assert_eq!(masked(&globs, &[]), Vec::<OsString>::new());
    }

    #[test]
    fn nonsense_is_refused() {
        for word in ["", "  ", "[", "a ["] {
            assert!(ArgumentGlob::parse(OsStr::new(word)).is_err(), "{word}");
        }
    }
}
