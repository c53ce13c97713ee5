//! Finding the program of a command, and the name that its entries go by.
//!
//! It is found as `execvp` finds it, and has the same name however it is spelled, also when it is gone.

use super::arguments::{ArgumentGlob, marks};
use super::encoding::encode_words;
use super::interpreter::operands;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// A program that was found, as `execvp` finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    found: PathBuf,
    path: PathBuf,
}

/// Why there is no program to run.
#[derive(Debug)]
pub enum ResolveError {
    /// Nothing of that name.
    NotFound,
    /// This file, which may not be executed.
    NotExecutable(PathBuf, io::Error),
}

impl Program {
    /// Finds the program for the first word of a command: a path if it has a slash, else the first
    /// executable file of that name in `PATH`.
    ///
    /// # Errors
    /// As `execvp`: a file that may not be executed is reported only when nothing else is found.
    pub fn resolve(word: &OsStr) -> Result<Self, ResolveError> {
        if word.as_bytes().contains(&b'/') {
            return Self::check(Path::new(word));
        }
        let mut error = ResolveError::NotFound;
        for candidate in search_path(word) {
            match Self::check(&candidate) {
                Err(ResolveError::NotFound) => {}
                Err(not_executable) if matches!(error, ResolveError::NotFound) => {
                    error = not_executable;
                }
                Err(_) => {}
                found => return found,
            }
        }
        Err(error)
    }

    fn check(path: &Path) -> Result<Self, ResolveError> {
        use rustix::fs::{Access, AtFlags, CWD, FileType, accessat};
        use rustix::io::Errno;
        let denied = |error: io::Error| Err(ResolveError::NotExecutable(path.to_owned(), error));
        let kind = rustix::fs::stat(path).map(|stat| FileType::from_raw_mode(stat.st_mode));
        match kind {
            Ok(FileType::Directory) => denied(io::ErrorKind::IsADirectory.into()),
            Ok(_) => match accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS) {
                Ok(()) => Ok(Self { found: path.to_owned(), path: absolute(path) }),
                Err(error) => denied(error.into()),
            },
            Err(error @ Errno::ACCESS) => denied(error.into()),
            Err(_) => Err(ResolveError::NotFound),
        }
    }

    /// The path as it was found, which is what a script sees as `$0`.
    #[must_use]
    pub fn as_found(&self) -> &Path {
        &self.found
    }

    /// The absolute path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The files that a word without a slash can mean, in the order of `PATH`.
pub(super) fn search_path(name: &OsStr) -> impl Iterator<Item = PathBuf> + use<> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/bin:/usr/bin"));
    let name = PathBuf::from(if name.is_empty() { OsStr::new("\0") } else { name });
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    directories.into_iter().map(move |directory| {
        let here = directory.as_os_str().is_empty();
        if here { Path::new(".").join(&name) } else { directory.join(&name) }
    })
}

/// The absolute path, symbolic links kept.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// What the entries of a command go by, over all contents of its script and however it is spelled:
/// the program's place, and for an interpreter the words up to its script, with the script's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandName {
    name: Vec<u8>,
    /// So much of it is the program.
    program: usize,
    arguments: Vec<u8>,
}

impl CommandName {
    /// The name of the command that `words` call, its program being `program`. Of what is ignored it holds
    /// nothing but the globs, and of ignored arguments nothing at all.
    #[must_use]
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

    /// The first of the words that name the command, encoded.
    #[must_use]
    pub fn program(&self) -> &[u8] {
        &self.name[..self.program]
    }

    /// The words that name the command, encoded.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The arguments after the name, encoded.
    #[must_use]
    pub fn arguments(&self) -> &[u8] {
        &self.arguments
    }
}

/// Every name that `words` can mean for calls that ignore this, whether or not the program is still there:
/// a bare word means any file of that name in `PATH`.
#[must_use]
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

/// A path that stays the same when the file itself goes, however one comes to it: the directory
/// without symbolic links or dots, and the file's own name. (The file's own link is not followed:
/// one program under several names is several commands.)
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

/// Without `.`; `..` is left to the file system where it can tell, since links may stand before it.
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
    use std::fs;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn a_place_is_the_same_however_one_comes_to_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let real = fs::canonicalize(dir.path()).expect("canonical");
        fs::create_dir(real.join("a")).expect("made");
        std::os::unix::fs::symlink(real.join("a"), real.join("link")).expect("linked");
        let expected = real.join("a").join("gone.sh");
        for way in ["a/gone.sh", "link/gone.sh", "./a/../a/./gone.sh", "link/../a/gone.sh"] {
            assert_eq!(place(&real.join(way)), expected, "{way}");
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

    #[test]
    fn resolving_reports_what_execvp_reports() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("plain");
        fs::write(&file, "").expect("written");
        assert!(matches!(Program::resolve(file.as_os_str()), Err(ResolveError::NotExecutable(..))));
        assert!(matches!(
            Program::resolve(dir.path().join("gone").as_os_str()),
            Err(ResolveError::NotFound)
        ));
        assert!(matches!(Program::resolve(OsStr::new("")), Err(ResolveError::NotFound)));
        assert!(Program::resolve(OsStr::new("sh")).is_ok());
    }
}
