//! `--ignore-arg`: words of the command line that do not count.

use glob::Pattern;
use std::ffi::{OsStr, OsString};

/// One `--ignore-arg`: a glob for a whole word or, with spaces in it, one each for words in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentGlob(Vec<Pattern>);

impl ArgumentGlob {
    /// Reads a word of `--ignore-arg`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(word: &OsStr) -> Result<Self, String> {
        let text = word.to_str().ok_or("a glob has to be UTF-8")?;
        let globs = text.split_whitespace().map(Pattern::new).collect::<Result<Vec<_>, _>>();
        match globs {
            Ok(globs) if globs.is_empty() => Err("expected a glob".to_owned()),
            Ok(globs) => Ok(Self(globs)),
            Err(error) => Err(error.msg.to_owned()),
        }
    }

    /// As it is written, spaces apart.
    pub(super) fn text(&self) -> OsString {
        self.0.iter().map(Pattern::as_str).collect::<Vec<_>>().join(" ").into()
    }

    /// Marks the words that it matches, from left to right.
    fn mark(&self, words: &[OsString], ignored: &mut [bool]) {
        let matches = |at: usize| {
            words.get(at..at + self.0.len()).is_some_and(|row| {
                row.iter().zip(&self.0).all(|(word, glob)| glob.matches(&word.to_string_lossy()))
            })
        };
        let mut at = 0;
        while at < words.len() {
            if matches(at) {
                ignored[at..at + self.0.len()].fill(true);
                at += self.0.len();
            } else {
                at += 1;
            }
        }
    }
}

/// Which of the arguments are left out.
pub(super) fn ignored(globs: &[ArgumentGlob], arguments: &[OsString]) -> Vec<bool> {
    let mut ignored = vec![false; arguments.len()];
    for glob in globs {
        glob.mark(arguments, &mut ignored);
    }
    ignored
}

/// Where the arguments that count stand among all that were typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// The number of each that counts.
    counted: Vec<usize>,
    /// How many were typed.
    all: usize,
}

impl Places {
    pub(super) fn new(ignored: &[bool]) -> Self {
        let counted = (1..).zip(ignored).filter(|(_, ignored)| !**ignored);
        Self { counted: counted.map(|(number, _)| number).collect(), all: ignored.len() }
    }

    /// The number, as people count, of the argument that has this number among those that count. More
    /// than there are would stand behind all that was typed.
    pub(super) fn typed(&self, number: usize) -> usize {
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
        let ignored = ignored(&globs, &words);
        let left = words.iter().zip(ignored).filter(|(_, ignored)| !ignored);
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
    fn people_count_what_is_ignored_too() {
        let places = Places::new(&[true, false, true, false, true]);
        assert_eq!([1, 2, 3, 4].map(|number| places.typed(number)), [2, 4, 6, 7]);
        assert_eq!(Places::new(&[]).typed(1), 1);
    }

    #[test]
    fn nonsense_is_refused() {
        for word in ["", "  ", "[", "a ["] {
            assert!(ArgumentGlob::parse(OsStr::new(word)).is_err(), "{word}");
        }
    }
}
