//! The files whose content runs: the program, the interpreters behind its `#!` line, the script operand.
//!
//! If cachex cannot be sure how a command line is read, such as behind a wrapper, every file that may run counts.

use super::interpreter::{Operands, ProgramRole, operands_of};
use super::locate::{
    attached_value, find_program, find_programs, find_script, is_program, may_be_a_program,
    with_extensions,
};
use super::program::Program;
use super::shebang::{Shebang, shebang};
use crate::key::digest::Digest;
use crate::key::error::Unreadable;
use crate::key::files::arguments::FileArguments;
use crate::key::files::path::absolute;
use crate::key::files::reading::{FileReader, OpenedFile};
use crate::key::files::stamp::FileStamp;
use crate::key::fingerprint::{CodeFile, FileState};
use crate::key::hash_with::HashCommands;
use std::cell::LazyCell;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// An interpreter may be a script itself. The kernel follows such a chain no further than this.
const MAX_DEPTH: usize = 5;

/// At most this many words are tried as the start of a command that the program runs.
const MAX_COMMANDS: usize = 4;

/// Finds the code that `words` run. Its large files are still to be read. `plain` are the arguments that count by their
/// own text.
pub(crate) fn find_code(
    reader: &FileReader<'_>,
    program: &Program,
    words: &[OsString],
    plain: &[&OsStr],
    arguments: &FileArguments,
    hashes: &HashCommands<'_>,
) -> Result<FoundCode, Unreadable> {
    let mut search = CodeSearch { reader, found: FoundCode::default() };
    let operands = search.add_command(&program.path, words, MAX_DEPTH)?;
    if !operands.as_ref().is_some_and(|operands| operands.certain) {
        for path in arguments.executables(hashes) {
            search.add_program(&absolute(path), MAX_DEPTH)?;
            search.found.arguments.insert(absolute(path));
        }
        if let Some(Operands { extensions, .. }) = operands {
            search.add_with_extensions(extensions, plain, &arguments.option_directories)?;
        }
        search.add_named_programs(operands.as_ref(), &program.path, plain)?;
    }
    let mut found = search.found;
    found.arguments.remove(&program.path);
    Ok(found)
}

/// Files whose content runs.
#[derive(Default)]
pub(crate) struct FoundCode {
    /// Each file with the index of its content, or `None` if there is no such file.
    files: Vec<(CodeFile, Option<usize>)>,
    known: HashSet<PathBuf>,
    /// Files that are known only as arguments. They may be outputs of the command as well.
    arguments: HashSet<PathBuf>,
}

impl FoundCode {
    /// Whether this file is code, so that it need not count as an argument too.
    pub(crate) fn contains(&self, path: &Path) -> bool {
        let path = absolute(path);
        self.known.contains(&path) && !self.arguments.contains(&path)
    }

    /// The files with their contents, given the contents of all files that the reader opened.
    pub(crate) fn complete(
        self,
        reader: &FileReader<'_>,
        contents: &[(FileStamp, Digest)],
    ) -> Vec<CodeFile> {
        let complete = |(file, content): (CodeFile, Option<usize>)| {
            let content = content.map(|index| contents[index]);
            if !self.arguments.contains(&file.path) {
                reader.note(file.path.clone(), content);
            }
            let state = content.map(|(_, digest)| FileState::Content(digest));
            CodeFile { state: state.unwrap_or(FileState::Missing), ..file }
        };
        self.files.into_iter().map(complete).collect()
    }
}

struct CodeSearch<'r, 'm> {
    reader: &'r FileReader<'m>,
    found: FoundCode,
}

impl CodeSearch<'_, '_> {
    /// Adds a program, every interpreter behind it, and the scripts that its words name. Returns its operands, if it
    /// is an interpreter itself.
    fn add_command(
        &mut self,
        program: &Path,
        words: &[OsString],
        depth: usize,
    ) -> Result<Option<Operands>, Unreadable> {
        self.add_program(program, depth)?;
        let operands = self.operands(program, words);
        if let Some(operands) = &operands {
            self.add_operands(operands, words)?;
        }
        Ok(operands)
    }

    /// Adds an executable file and every interpreter behind it.
    fn add_program(&mut self, path: &Path, depth: usize) -> Result<(), Unreadable> {
        let Some(head) = self.add(path)? else { return Ok(()) };
        if depth == 0 {
            return Ok(());
        }
        let (interpreter, words) = match shebang(&head) {
            Shebang::Binary => return Ok(()),
            // The kernel does not search `PATH`, even for a name without a slash.
            Shebang::Words(words) => (absolute(Path::new(&words[0])), words),
            Shebang::Env(env, words) => {
                self.add(&env)?;
                let Some(name) = words.first() else { return Ok(()) };
                (find_program(name), words)
            }
            Shebang::Unclear(why) => return Err(Unreadable::new(path, why)),
        };
        self.add_command(&interpreter, &[words, vec![path.into()]].concat(), depth - 1).map(drop)
    }

    /// The operands of a program that was added, if it is an interpreter.
    fn operands(&self, program: &Path, words: &[OsString]) -> Option<Operands> {
        let files = &self.found.files;
        let real = || Some(files.iter().find(|(file, _)| file.path == program)?.0.real.clone());
        operands_of(program, real, words)
    }

    fn add_operands(&mut self, operands: &Operands, words: &[OsString]) -> Result<(), Unreadable> {
        if let Some(why) = operands.unclear {
            let program = words.first().map_or(Path::new("?"), Path::new);
            return Err(Unreadable::new(program, why));
        }
        if let Some((_, script)) = &operands.script {
            let path = find_script(script, operands);
            self.add(&path)?;
            for (file, _) in self.found.files.iter_mut().filter(|(file, _)| file.path == path) {
                file.is_script = true;
            }
        }
        for path in operands.others.iter().map(|word| find_script(word, operands)) {
            if path.is_file() {
                self.add(&path)?;
            }
        }
        Ok(())
    }

    /// Adds scripts that the words name without their extension.
    fn add_with_extensions(
        &mut self,
        extensions: &'static [&'static str],
        arguments: &[&OsStr],
        directories: &[PathBuf],
    ) -> Result<(), Unreadable> {
        for &word in arguments {
            for name in std::iter::once(word).chain(attached_value(word)) {
                let here = std::iter::once(PathBuf::from(name));
                let below = directories.iter().map(|directory| directory.join(name));
                for path in here.chain(below).flat_map(|path| with_extensions(&path, extensions)) {
                    if path.is_file() {
                        self.add_program(&path, MAX_DEPTH)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds the programs in `PATH` that the words may name, and the scripts that these run. Each search takes time. So if
    /// the program is not known to run others, only the first few words are tried, without those that name files.
    fn add_named_programs(
        &mut self,
        operands: Option<&Operands>,
        program: &Path,
        arguments: &[&OsStr],
    ) -> Result<(), Unreadable> {
        let role = operands.map(|operands| operands.role).unwrap_or_default();
        let mut has_own_path = role == ProgramRole::WrapperWithOwnPath;
        let (mut is_found, mut is_command_known) = (false, false);
        let owned = || arguments.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let owned = LazyCell::new(owned);
        let names_a_program =
            |word: &OsStr| word.as_bytes().contains(&b'/') && is_program(word.as_ref());
        let words = arguments.iter().enumerate();
        let words = words.filter(|(_, word)| role.is_wrapper() || may_be_a_program(word));
        let wanted = if operands.is_some() { usize::MAX } else { MAX_COMMANDS };
        for (index, &word) in words.take(wanted) {
            if operands.is_none() && Path::new(word).is_file() {
                continue;
            }
            let paths = if may_be_a_program(word) {
                find_programs(word, has_own_path).collect()
            } else if !is_command_known && names_a_program(word) {
                vec![PathBuf::from(word)]
            } else {
                continue;
            };
            for path in paths.iter().map(|path| absolute(path)) {
                if may_be_a_program(word) {
                    self.add_program(&path, MAX_DEPTH)?;
                }
                let inner = self.add_inner(&path, &owned[index..], operands.is_some())?;
                match inner.filter(|inner| role.is_wrapper() && inner.role.is_wrapper()) {
                    // Another wrapper: it still has to be found which program runs.
                    Some(Operands { unclear: Some(why), .. }) if !is_command_known => {
                        return Err(Unreadable::new(&path, why));
                    }
                    Some(inner) => has_own_path |= inner.role == ProgramRole::WrapperWithOwnPath,
                    None => {
                        is_found = true;
                        // A word behind an option may be its value.
                        is_command_known |=
                            index == 0 || !arguments[index - 1].as_bytes().starts_with(b"-");
                    }
                }
            }
        }
        if has_own_path && !arguments.is_empty() && !is_found {
            return Err(Unreadable::new(program, "cachex cannot tell which program it runs"));
        }
        Ok(())
    }

    /// Adds the script that this program runs if it is called with these words by another program. Returns its
    /// operands, if it is an interpreter.
    fn add_inner(
        &mut self,
        program: &Path,
        words: &[OsString],
        is_wrapped: bool,
    ) -> Result<Option<Operands>, Unreadable> {
        let Some(operands) = self.operands(program, words) else { return Ok(None) };
        let script = operands.script.as_ref().map(|(_, script)| find_script(script, &operands));
        match script {
            Some(script) if is_wrapped && script.is_dir() => {
                let problem = "it is a directory, and cachex cannot tell which file in it runs";
                return Err(Unreadable::new(&script, problem));
            }
            Some(script) if script.is_file() => self.add_program(&script, MAX_DEPTH)?,
            _ => {}
        }
        Ok(Some(operands))
    }

    /// Adds a file, unless it is known already. Returns its first bytes if it is new.
    fn add(&mut self, path: &Path) -> Result<Option<Vec<u8>>, Unreadable> {
        if !self.found.known.insert(path.to_owned()) {
            return Ok(None);
        }
        let opened = self.reader.open(path)?;
        let is_text = |file: &OpenedFile| !matches!(shebang(&file.head), Shebang::Binary);
        let is_script = opened.as_ref().is_some_and(is_text);
        let (real, mode, content, head) = opened.map_or_else(Default::default, |file| {
            (file.real, file.mode, Some(file.content), Some(file.head))
        });
        let (path, state) = (path.to_owned(), FileState::Missing);
        self.found.files.push((CodeFile { path, real, mode, state, is_script }, content));
        Ok(head)
    }
}
