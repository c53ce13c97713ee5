//! The name under which the entries of a command are found.
//!
//! The name does not depend on the spelling of the command, and stays the same when its program or script is gone.

use super::interpreter::operands;
use super::program::search_path;
use crate::key::encoding::encode_words;
use crate::key::files::path::absolute;
use crate::key::words::ignored::{ArgumentGlob, marks};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// The name of a command: the place of its program. For an interpreter, the words up to its script and the place of the
/// script follow.
///
/// `clear`, `stats` and `--max-entries` find the entries of a command by its name, whatever the content of its script
/// was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandName {
    name: Vec<u8>,
    /// The length of the first word in it.
    program: usize,
    arguments: Vec<u8>,
}

impl CommandName {
    /// The name of the command that `words` call with this program. Words that are ignored may be secret: those in
    /// the name are replaced by their globs, and further arguments are left out.
    pub fn of(program: &Path, words: &[OsString], ignored: &[ArgumentGlob]) -> Self {
        let script = operands(program, words).and_then(|operands| operands.script);
        let marks = marks(ignored, words);
        let mut name = encode_words([place(program).as_os_str()]);
        let (program, mut first_argument) = (name.len(), 1);
        if let Some((index, script)) = script {
            let shown = words.iter().zip(&marks).map(|(word, mark)| mark.as_ref().unwrap_or(word));
            name.extend(encode_words(shown.take(index).skip(1).map(OsString::as_os_str)));
            name.extend(encode_words([place(Path::new(&script)).as_os_str()]));
            first_argument = index + 1;
        }
        let arguments = words.iter().zip(&marks).skip(first_argument);
        let counted =
            arguments.filter(|(_, mark)| mark.is_none()).map(|(word, _)| word.as_os_str());
        Self { name, program, arguments: encode_words(counted) }
    }

    /// The place of the program, encoded.
    pub fn program(&self) -> &[u8] {
        &self.name[..self.program]
    }

    /// The words that name the command, encoded.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The arguments after the name, encoded.
    pub fn arguments(&self) -> &[u8] {
        &self.arguments
    }
}

/// Every name that `words` can mean, where these arguments are ignored, whether or not the program is still there: a
/// word without a slash means any file of that name in `PATH`.
pub fn names_of(words: &[OsString], ignored: &[ArgumentGlob]) -> Vec<CommandName> {
    let Some(word) = words.first() else {
        return Vec::new();
    };
    let name = |program: &Path| CommandName::of(&absolute(program), words, ignored);
    if word.as_bytes().contains(&b'/') {
        vec![name(Path::new(word))]
    } else {
        search_path(word).map(|program| name(&program)).collect()
    }
}

/// The place of a file: its directory without symbolic links or dots, and its own name.
///
/// All paths to a file give the same place, even when the file is gone. A link at the end is not followed: one program
/// under several names is several commands.
fn place(path: &Path) -> PathBuf {
    let path = normalize(path);
    let mut missing = Vec::new();
    let mut known = path.as_path();
    while let (Some(parent), Some(name)) = (known.parent(), known.file_name()) {
        missing.push(name);
        known = parent;
        if let Ok(canonical) = std::fs::canonicalize(known) {
            return missing.iter().rev().fold(canonical, |path, name| path.join(name));
        }
    }
    path
}

/// The absolute path without `.` and `..`. Links before a `..` are resolved if they exist.
fn normalize(path: &Path) -> PathBuf {
    let absolute = absolute(path);
    if !absolute.components().any(|part| part == Component::ParentDir) {
        return absolute;
    }
    let mut result = PathBuf::new();
    for part in absolute.components() {
        if part == Component::ParentDir {
            result = std::fs::canonicalize(&result).unwrap_or(result);
            result.pop();
        } else {
            result.push(part);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::fs;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn a_place_is_the_same_by_every_path() {
        let dir = tempfile::tempdir().expect("a directory");
        let real = fs::canonicalize(dir.path()).expect("canonical");
        fs::create_dir(real.join("a")).expect("made");
        std::os::unix::fs::symlink(real.join("a"), real.join("link")).expect("linked");
        let expected = real.join("a").join("gone.sh");
        for path in ["a/gone.sh", "link/gone.sh", "./a/../a/./gone.sh", "link/../a/gone.sh"] {
            assert_eq!(place(&real.join(path)), expected, "{path}");
        }
        let nowhere = real.join("no").join("such").join("x");
        assert_eq!(place(&nowhere), nowhere);
    }

    #[test]
    fn the_words_up_to_the_script_are_the_name() {
        let python = Path::new("/usr/bin/python3");
        let plain = CommandName::of(python, &words(&["python3", "/x.py", "--month", "11"]), &[]);
        let other = CommandName::of(python, &words(&["python3", "/x.py"]), &[]);
        assert_eq!(plain.name(), other.name());
        assert_eq!(other.arguments(), b"");
        assert_eq!(plain.arguments(), encode_words(["--month", "11"].map(OsStr::new)));
        let alone = CommandName::of(python, &words(&["python3"]), &[]);
        assert!(plain.name().starts_with(alone.name()));
        let inline = CommandName::of(python, &words(&["python3", "-c", "1"]), &[]);
        assert_eq!(inline.name(), alone.name());
    }
}
