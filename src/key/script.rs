//! The files whose content runs: the program, what its `#!` line leads to, the script operand.

use super::FileState;
use super::digest::{FileReader, Unreadable};
use super::interpreter::operands;
use super::program::{Program, absolute, search_path};
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
) -> Result<Vec<(PathBuf, FileState)>, Unreadable> {
    let mut code = Vec::new();
    follow(reader, program.path().to_owned(), MAX_DEPTH, &mut code)?;
    let Some(operands) = operands(words, |word| Path::new(word).is_file()) else {
        return Ok(code);
    };
    if let Some((_, script)) = &operands.script {
        let path = locate(script, operands.searches_path, operands.extensions);
        code.push(state(reader, path)?);
    }
    for word in operands
        .also
        .iter()
        .filter(|word| Path::new(word).is_file())
    {
        code.push(state(reader, absolute(Path::new(word)))?);
    }
    Ok(code)
}

fn state(reader: &FileReader<'_>, path: PathBuf) -> Result<(PathBuf, FileState), Unreadable> {
    let state = reader
        .content(&path)?
        .map_or(FileState::Missing, |content| {
            FileState::Content(content.digest)
        });
    Ok((path, state))
}

/// Where an interpreter finds the script that is called `script`.
pub(super) fn locate(script: &OsStr, searches_path: bool, extensions: &[&str]) -> PathBuf {
    let path = absolute(Path::new(script));
    if path.exists() {
        return path;
    }
    if searches_path && !script.as_bytes().contains(&b'/') {
        return search_path(script)
            .find(|candidate| candidate.is_file())
            .unwrap_or(path);
    }
    let extended = extensions.iter().map(|extension| {
        let mut name = path.clone().into_os_string();
        name.push(".");
        name.push(extension);
        PathBuf::from(name)
    });
    extended
        .into_iter()
        .find(|candidate| candidate.is_file())
        .unwrap_or(path)
}

/// Adds an executable file and every interpreter behind it.
fn follow(
    reader: &FileReader<'_>,
    path: PathBuf,
    depth: usize,
    code: &mut Vec<(PathBuf, FileState)>,
) -> Result<(), Unreadable> {
    let Some(content) = reader.content(&path)? else {
        code.push((path, FileState::Missing));
        return Ok(());
    };
    code.push((path, FileState::Content(content.digest)));
    if depth == 0 {
        return Ok(());
    }
    for next in interpreters(&content.head) {
        follow(reader, next, depth - 1, code)?;
    }
    Ok(())
}

/// The programs that run a file with these first bytes: none for a binary, `/bin/sh` for a text
/// without a `#!` line, and for `env` also the program that it looks for.
fn interpreters(head: &[u8]) -> Vec<PathBuf> {
    const BINARIES: [&[u8]; 6] = [
        b"\x7fELF",
        b"\xcf\xfa\xed\xfe",
        b"\xce\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        b"\xfe\xed\xfa\xcf",
        b"\xfe\xed\xfa\xce",
    ];
    let Some(line) = head.strip_prefix(b"#!") else {
        let binary = BINARIES.iter().any(|magic| head.starts_with(magic));
        return if binary {
            Vec::new()
        } else {
            vec![PathBuf::from("/bin/sh")]
        };
    };
    let line = line
        .split(|b| *b == b'\n')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    let mut halves = line.splitn(2, u8::is_ascii_whitespace);
    let interpreter = halves.next().filter(|path| !path.is_empty());
    let Some(interpreter) = interpreter.map(|path| absolute(Path::new(OsStr::from_bytes(path))))
    else {
        return vec![PathBuf::from("/bin/sh")];
    };
    let argument = halves.next().unwrap_or_default().trim_ascii();
    let target = (interpreter.file_name() == Some(OsStr::new("env")))
        .then(|| env_target(argument))
        .flatten()
        .map(|name| search_executable(OsStr::from_bytes(name)));
    [Some(interpreter), target].into_iter().flatten().collect()
}

fn search_executable(name: &OsStr) -> PathBuf {
    Program::resolve(name).map_or_else(|_| absolute(Path::new(name)), |found| found.path().into())
}

/// The program that `env ARGUMENT` runs.
fn env_target(argument: &[u8]) -> Option<&[u8]> {
    let mut words = argument
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        match word {
            b"-u" | b"-C" | b"--unset" | b"--chdir" => _ = words.next(),
            word if word.starts_with(b"-S") && word.len() > 2 => return Some(&word[2..]),
            word if word.starts_with(b"-") || word.contains(&b'=') => {}
            word => return Some(word),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_are_read_from_the_first_line() {
        let of = |head: &[u8]| interpreters(head);
        assert_eq!(of(b"#!/bin/dash\necho"), [Path::new("/bin/dash")]);
        assert_eq!(of(b"#! /bin/dash -e \r\n"), [Path::new("/bin/dash")]);
        assert_eq!(of(b"echo no line"), [Path::new("/bin/sh")]);
        assert_eq!(of(b""), [Path::new("/bin/sh")]);
        assert_eq!(of(b"#!\n"), [Path::new("/bin/sh")]);
        assert!(of(b"\x7fELF\x02\x01").is_empty());
    }

    #[test]
    fn env_leads_to_the_program_that_it_looks_for() {
        for (argument, target) in [
            ("python3", Some("python3")),
            ("-S python3 -B", Some("python3")),
            ("-Spython3 -B", Some("python3")),
            ("-i -u NAME A=b python3", Some("python3")),
            ("", None),
            ("-i", None),
        ] {
            let found = env_target(argument.as_bytes());
            assert_eq!(found, target.map(str::as_bytes), "{argument}");
        }
        let found = interpreters(b"#!/usr/bin/env no-such-program\n");
        assert_eq!(found[0], Path::new("/usr/bin/env"));
        assert!(found[1].ends_with("no-such-program"));
    }
}
