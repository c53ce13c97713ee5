//! The files whose content runs: the program, what its `#!` line leads to, the script operand.

use super::interpreter::{Operands, operands, operands_of};
use super::program::{Program, search_path};
use super::shebang::{Shebang, shebang};
use crate::key::digest::Digest;
use crate::key::error::Unreadable;
use crate::key::files::arguments::FileArguments;
use crate::key::files::exec_mode::is_executable;
use crate::key::files::path::absolute;
use crate::key::files::reading::{FileReader, Opened, Pending};
use crate::key::files::stamp::FileStamp;
use crate::key::fingerprint::{CodeFile, ExecMode, FileState};
use crate::key::words::hash_with::Hashes;
use rustix::fs::FileType;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// An interpreter may be a script itself; the kernel follows no further than this.
const MAX_DEPTH: usize = 5;

/// The code that `words` run, as far as its content is known before large files are read. Of the words the `plain` ones
/// count as they are.
pub(crate) fn code(
    reader: &FileReader<'_>,
    program: &Program,
    words: &[OsString],
    plain: &[&OsStr],
    arguments: &FileArguments,
    hashes: &Hashes<'_>,
) -> Result<Code, Unreadable> {
    let mut search =
        Search { reader, files: Vec::new(), known: HashSet::new(), arguments: HashSet::new() };
    let operands = search.add_command(program.path(), words, MAX_DEPTH)?;
    if !operands.as_ref().is_some_and(|operands| operands.certain) {
        for path in arguments.executables(hashes) {
            search.add_program(&absolute(path), MAX_DEPTH)?;
            search.arguments.insert(absolute(path));
        }
        if let Some(Operands { extensions, .. }) = operands {
            search.add_extended(extensions, plain, arguments.option_directories())?;
        }
        search.add_named_programs(operands.as_ref(), program.path(), plain)?;
    }
    search.arguments.remove(program.path());
    Ok(Code { files: search.files, known: search.known, arguments: search.arguments })
}

/// Files whose content runs.
pub(crate) struct Code {
    files: Vec<Part>,
    known: HashSet<PathBuf>,
    /// Those that are there as arguments only: they may as well be the output of the command.
    arguments: HashSet<PathBuf>,
}

/// A file whose content runs.
struct Part {
    path: PathBuf,
    real: PathBuf,
    mode: ExecMode,
    /// `None`: there is no such file.
    content: Option<Pending>,
    is_script: bool,
}

impl Code {
    /// Whether this file is among them, and needs not count as an argument.
    pub(crate) fn contains(&self, path: &Path) -> bool {
        let path = absolute(path);
        self.known.contains(&path) && !self.arguments.contains(&path)
    }

    /// What [`FileReader::resolve`] has to complete, in order.
    pub(crate) fn pending(&self) -> impl Iterator<Item = Pending> {
        self.files.iter().filter_map(|part| part.content.clone())
    }

    /// The files, given what they held.
    pub(crate) fn complete(
        self,
        reader: &FileReader<'_>,
        mut held: impl Iterator<Item = (FileStamp, Digest)>,
    ) -> Vec<CodeFile> {
        let complete = |Part { path, real, mode, content, is_script }| {
            let found = content.and_then(|_| held.next());
            if !self.arguments.contains(&path) {
                reader.note(path.clone(), found);
            }
            let state = found.map_or(FileState::Missing, |(_, digest)| FileState::Content(digest));
            CodeFile { path, real, mode, state, is_script }
        };
        self.files.into_iter().map(complete).collect()
    }
}

struct Search<'r, 'm> {
    reader: &'r FileReader<'m>,
    files: Vec<Part>,
    known: HashSet<PathBuf>,
    arguments: HashSet<PathBuf>,
}

impl Search<'_, '_> {
    /// Adds a program, every interpreter behind it, and the scripts that its words name. What its words are to it, if it
    /// is an interpreter itself.
    fn add_command(
        &mut self,
        program: &Path,
        words: &[OsString],
        depth: usize,
    ) -> Result<Option<Operands>, Unreadable> {
        self.add_program(program, depth)?;
        let real = || Some(self.files.iter().find(|file| file.path == program)?.real.clone());
        let operands = operands_of(program, real, words);
        if let Some(operands) = &operands {
            self.add_operands(operands, words)?;
        }
        Ok(operands)
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
        self.add_command(&interpreter, &[words, vec![path.into()]].concat(), depth - 1).map(drop)
    }

    fn add_operands(&mut self, operands: &Operands, words: &[OsString]) -> Result<(), Unreadable> {
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
        Ok(())
    }

    /// Adds scripts whose extension is left out in the words.
    fn add_extended(
        &mut self,
        extensions: &'static [&'static str],
        arguments: &[&OsStr],
        directories: &[PathBuf],
    ) -> Result<(), Unreadable> {
        for &word in arguments {
            for name in std::iter::once(word).chain(attached(word)) {
                let below = directories.iter().flat_map(|it| extended(&it.join(name), extensions));
                for path in extended(Path::new(name), extensions).chain(below) {
                    if path.is_file() {
                        self.add_program(&path, MAX_DEPTH)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds the programs in `PATH` that the words may name. To look for each takes time, so of a program that is not known
    /// to run others only the first words are looked for, where they name no file.
    fn add_named_programs(
        &mut self,
        operands: Option<&Operands>,
        program: &Path,
        arguments: &[&OsStr],
    ) -> Result<(), Unreadable> {
        let has_own_path = operands.is_some_and(|it| it.has_own_path);
        let before = self.files.len();
        let words = arguments.iter().enumerate().filter(|(_, word)| may_be_a_program(word));
        let wanted = if operands.is_some() { usize::MAX } else { COMMANDS };
        for (count, (place, &word)) in words.take(wanted).enumerate() {
            if operands.is_none() && Path::new(word).is_file() {
                continue;
            }
            let found = search_path(word).filter(|it| is_program(it));
            let elsewhere = STANDARD_PATH.iter().map(|it| Path::new(it).join(word));
            let elsewhere = elsewhere.filter(|it| has_own_path && is_program(it));
            for path in found.chain(elsewhere).take(if has_own_path { usize::MAX } else { 1 }) {
                self.add_program(&absolute(&path), MAX_DEPTH)?;
                if count < COMMANDS {
                    self.add_inner(&path, &arguments[place..], operands.is_some())?;
                }
            }
        }
        let names_a_program =
            |word: &&OsStr| word.as_bytes().contains(&b'/') && is_program(word.as_ref());
        let is_unknown = has_own_path && !arguments.is_empty() && self.files.len() == before;
        if is_unknown && !arguments.iter().any(names_a_program) {
            return Err(Unreadable::new(program, "it cannot be told what it runs"));
        }
        Ok(())
    }

    /// Adds the script of a command that the words behind a wrapper may be.
    fn add_inner(
        &mut self,
        program: &Path,
        words: &[&OsStr],
        is_wrapped: bool,
    ) -> Result<(), Unreadable> {
        let words: Vec<OsString> = words.iter().map(|word| (*word).to_owned()).collect();
        let Some(operands) = operands(program, &words) else { return Ok(()) };
        let script = operands.script.as_ref().map(|(_, script)| locate(script, &operands));
        match script {
            Some(script) if is_wrapped && script.is_dir() => {
                Err(Unreadable::new(&script, "it is a directory, and something in it runs"))
            }
            Some(script) if script.is_file() => self.add_program(&script, MAX_DEPTH),
            _ => Ok(()),
        }
    }

    /// Adds a file, unless it is there already; its first bytes if it is new.
    fn add(&mut self, path: &Path) -> Result<Option<Vec<u8>>, Unreadable> {
        if !self.known.insert(path.to_owned()) {
            return Ok(None);
        }
        let opened = self.reader.open(path)?;
        let is_script =
            opened.as_ref().is_some_and(|it| !matches!(shebang(&it.head), Shebang::Binary));
        let path = path.to_owned();
        let Some(Opened { content, head, real, mode }) = opened else {
            let (real, mode) = (PathBuf::new(), ExecMode::default());
            self.files.push(Part { path, real, mode, content: None, is_script });
            return Ok(None);
        };
        self.files.push(Part { path, real, mode, content: Some(content), is_script });
        Ok(Some(head))
    }
}

/// So many words may name the command that a program runs.
const COMMANDS: usize = 4;

/// Where programs are looked for by those that have a path of their own.
const STANDARD_PATH: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Whether a word may be the name of a program in `PATH`: no path, option, assignment, number or sign.
fn may_be_a_program(word: &OsStr) -> bool {
    let bytes = word.as_bytes();
    !bytes.starts_with(b"-")
        && !bytes.iter().any(|byte| b"/=".contains(byte))
        && bytes.iter().any(u8::is_ascii_alphabetic)
}

fn is_program(path: &Path) -> bool {
    rustix::fs::stat(path).is_ok_and(|stat| {
        FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && is_executable(&stat)
    })
}

/// Where an interpreter finds what is called `name`.
fn locate(name: &OsStr, operands: &Operands) -> PathBuf {
    let path = absolute(Path::new(name));
    if path.exists() {
        return path;
    }
    let in_path = operands.searches_path && !name.as_bytes().contains(&b'/');
    let in_path = in_path.then(|| search_path(name)).into_iter().flatten();
    let extended = extended(&path, operands.extensions);
    in_path.chain(extended).find(|candidate| candidate.is_file()).unwrap_or_else(|| path.clone())
}

/// A name with each of these extensions.
fn extended(
    name: &Path,
    extensions: &'static [&'static str],
) -> impl Iterator<Item = PathBuf> + use<> {
    let path = if extensions.is_empty() { PathBuf::new() } else { absolute(name) };
    extensions.iter().map(move |extension| {
        let mut name = path.clone().into_os_string();
        name.push(".");
        name.push(extension);
        PathBuf::from(name)
    })
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
