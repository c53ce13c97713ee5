//! The files whose content runs: the program, what its `#!` line leads to, the script operand.

use super::interpreter::{Operands, operands};
use super::program::{Program, absolute, search_path};
use super::reading::{FileReader, Unreadable};
use super::shebang::{Shebang, shebang};
use super::{CodeFile, FileState};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// An interpreter may be a script itself; the kernel follows no further than this.
const MAX_DEPTH: usize = 5;

/// The code that `words` run, with the state of each file.
pub(super) fn code(
    reader: &FileReader<'_>,
    program: &Program,
    words: &[OsString],
) -> Result<Vec<CodeFile>, Unreadable> {
    let mut code = Code { reader, files: Vec::new() };
    code.add_command(program.path(), words, MAX_DEPTH)?;
    Ok(code.files)
}

struct Code<'r, 'm> {
    reader: &'r FileReader<'m>,
    files: Vec<CodeFile>,
}

impl Code<'_, '_> {
    /// Adds a program, every interpreter behind it, and the scripts that its words name.
    fn add_command(
        &mut self,
        program: &Path,
        words: &[OsString],
        depth: usize,
    ) -> Result<(), Unreadable> {
        self.add_program(program, depth)?;
        match operands(program, words) {
            Some(operands) => self.add_operands(&operands, words, depth),
            None => Ok(()),
        }
    }

    /// Adds an executable file and every interpreter behind it.
    fn add_program(&mut self, path: &Path, depth: usize) -> Result<(), Unreadable> {
        let Some(head) = self.add(path)? else {
            return Ok(());
        };
        if depth == 0 {
            return Ok(());
        }
        let words = match shebang(&head) {
            Shebang::Binary => return Ok(()),
            Shebang::Words(words) => words,
            Shebang::Env(env, words) => {
                self.add(&env)?;
                words
            }
            Shebang::Unclear(why) => return Err(Unreadable::new(path, why)),
        };
        let Some(interpreter) = words.first() else {
            return Ok(());
        };
        let interpreter = find_program(interpreter);
        self.add_command(&interpreter, &[words, vec![path.into()]].concat(), depth - 1)
    }

    fn add_operands(
        &mut self,
        operands: &Operands,
        words: &[OsString],
        depth: usize,
    ) -> Result<(), Unreadable> {
        if let Some(why) = operands.unclear {
            let program = words.first().map_or(Path::new("?"), Path::new);
            return Err(Unreadable::new(program, why));
        }
        if let Some((_, script)) = &operands.script {
            let path = locate(script, operands);
            self.add(&path)?;
            for file in self.files.iter_mut().filter(|file| file.path == path) {
                file.is_script = true;
            }
        }
        for path in operands.also.iter().map(|word| locate(word, operands)) {
            if path.is_file() {
                self.add(&path)?;
            }
        }
        if operands.certain {
            return Ok(());
        }
        let parts =
            || words.iter().skip(1).flat_map(|word| std::iter::once(&**word).chain(attached(word)));
        // An option may name the directory that the others are found in.
        let directories: Vec<_> = parts().map(Path::new).filter(|part| part.is_dir()).collect();
        for part in parts() {
            let here = std::iter::once(locate(part, operands));
            for path in here.chain(directories.iter().map(|d| absolute(&d.join(part)))) {
                if path.is_file() {
                    self.add_program(&path, depth.saturating_sub(1))?;
                }
            }
        }
        Ok(())
    }

    /// Adds a file, unless it is there already; its first bytes if it is new.
    fn add(&mut self, path: &Path) -> Result<Option<Vec<u8>>, Unreadable> {
        if self.files.iter().any(|known| known.path == path) {
            return Ok(None);
        }
        let content = self.reader.content(path)?;
        let state = content.as_ref().map_or(FileState::Missing, |c| FileState::Content(c.digest));
        let head = content.map(|content| content.head);
        let is_script = head.as_ref().is_some_and(|head| !matches!(shebang(head), Shebang::Binary));
        self.files.push(CodeFile { path: path.to_owned(), state, is_script });
        Ok(head)
    }
}

/// Where an interpreter finds what is called `name`.
fn locate(name: &OsStr, operands: &Operands) -> PathBuf {
    let path = absolute(Path::new(name));
    if path.exists() {
        return path;
    }
    let in_path = operands.searches_path && !name.as_bytes().contains(&b'/');
    let in_path = in_path.then(|| search_path(name)).into_iter().flatten();
    let extended = operands.extensions.iter().map(|extension| {
        let mut name = path.clone().into_os_string();
        name.push(".");
        name.push(extension);
        PathBuf::from(name)
    });
    in_path.chain(extended).find(|candidate| candidate.is_file()).unwrap_or_else(|| path.clone())
}

/// What may be the value of an option in the same word: `--name=VALUE`, `-nVALUE`.
fn attached(word: &OsStr) -> Option<&OsStr> {
    let bytes = word.as_bytes();
    let value = match bytes {
        [b'-', b'-', ..] => bytes.splitn(2, |b| *b == b'=').nth(1)?,
        [b'-', _, value @ ..] => value,
        _ => return None,
    };
    Some(OsStr::from_bytes(value)).filter(|value| !value.is_empty())
}

fn find_program(name: &OsStr) -> PathBuf {
    Program::resolve(name).map_or_else(|_| absolute(Path::new(name)), |found| found.path().into())
}
