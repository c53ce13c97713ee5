//! Finds the programs and scripts that the words of a command line name.

use super::interpreter::{Operands, ProgramRole};
use super::program::{Program, search_path};
use crate::key::files::exec_mode::is_executable;
use crate::key::files::path::absolute;
use rustix::fs::FileType;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The directories that programs such as `sudo` search in place of our `PATH`.
const STANDARD_PATH: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Whether a word may be the name of a program in `PATH`: no path, option, assignment, number or sign.
pub(super) fn may_be_a_program(word: &OsStr) -> bool {
    let bytes = word.as_bytes();
    !bytes.starts_with(b"-")
        && !bytes.iter().any(|byte| b"/=".contains(byte))
        && bytes.iter().any(u8::is_ascii_alphabetic)
}

/// Whether there is an executable file at this path.
pub(super) fn is_program(path: &Path) -> bool {
    rustix::fs::stat(path).is_ok_and(|stat| {
        FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && is_executable(&stat)
    })
}

/// The program that the kernel or a shell runs for this name.
pub(super) fn find_program(name: &OsStr) -> PathBuf {
    Program::resolve(name).map_or_else(|_| absolute(Path::new(name)), |found| found.path)
}

/// The programs of this name: the first in `PATH`, or all that may be found by a program with a `PATH` of its own.
pub(super) fn find_programs(name: &OsStr, has_own_path: bool) -> impl Iterator<Item = PathBuf> {
    let in_path = search_path(name).filter(|path| is_program(path));
    let elsewhere = STANDARD_PATH.iter().map(move |directory| Path::new(directory).join(name));
    let elsewhere = elsewhere.filter(move |path| has_own_path && is_program(path));
    in_path.chain(elsewhere).take(if has_own_path { usize::MAX } else { 1 })
}

/// The path where an interpreter finds the script `name`: as given, in `PATH`, or with one of the extensions.
pub(super) fn find_script(name: &OsStr, operands: &Operands) -> PathBuf {
    let path = absolute(Path::new(name));
    if path.exists() {
        return path;
    }
    let in_path = operands.role != ProgramRole::Interpreter && !name.as_bytes().contains(&b'/');
    let in_path = in_path.then(|| search_path(name)).into_iter().flatten();
    let extended = with_extensions(&path, operands.extensions);
    in_path.chain(extended).find(|candidate| candidate.is_file()).unwrap_or_else(|| path.clone())
}

/// The absolute path with each of these extensions.
pub(super) fn with_extensions(
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

/// The part of a word that may be the value of an option: `--name=VALUE`, `-nVALUE`.
pub(super) fn attached_value(word: &OsStr) -> Option<&OsStr> {
    let bytes = word.as_bytes();
    let value = match bytes {
        [b'-', b'-', ..] => bytes.splitn(2, |byte| *byte == b'=').nth(1)?,
        [b'-', _, value @ ..] => value,
        _ => return None,
    };
    Some(OsStr::from_bytes(value)).filter(|value| !value.is_empty())
}
