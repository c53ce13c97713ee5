//! The `#!` line, read as the kernel reads it, and then `env`. Pure.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The program that runs an executable file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shebang {
    /// The kernel itself.
    Binary,
    /// The program of these words, which are followed by the path of the file.
    Words(Vec<OsString>),
    /// The program of these words, as the `env` at this path finds it.
    Env(PathBuf, Vec<OsString>),
    /// The program cannot be known, for this reason.
    Unclear(&'static str),
}

const BINARIES: [&[u8]; 6] = [
    b"\x7fELF",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa\xcf",
    b"\xfe\xed\xfa\xce",
];

/// Reads the first bytes of an executable file. Shells run a text without a `#!` line by `/bin/sh`.
pub(crate) fn shebang(head: &[u8]) -> Shebang {
    let Some(line) = head.strip_prefix(b"#!") else {
        let binary = BINARIES.iter().any(|magic| head.starts_with(magic));
        return if binary { Shebang::Binary } else { Shebang::Words(vec!["/bin/sh".into()]) };
    };
    let line = line.split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii();
    let mut halves = line.splitn(2, u8::is_ascii_whitespace);
    let Some(interpreter) = halves.next().filter(|path| !path.is_empty()) else {
        return Shebang::Words(vec!["/bin/sh".into()]);
    };
    // The kernel passes all that follows the first space as one word.
    let argument = halves.next().unwrap_or_default().trim_ascii();
    if interpreter.rsplit(|b| *b == b'/').next() == Some(b"env") {
        return env_words(argument).map_or_else(Shebang::Unclear, |words| {
            Shebang::Env(PathBuf::from(word(interpreter)), words)
        });
    }
    let argument = Some(argument).filter(|argument| !argument.is_empty());
    Shebang::Words([interpreter].into_iter().chain(argument).map(word).collect())
}

fn word(bytes: &[u8]) -> OsString {
    OsStr::from_bytes(bytes).to_owned()
}

/// The words that `env ARGUMENT` runs, or the reason why they cannot be known.
fn env_words(argument: &[u8]) -> Result<Vec<OsString>, &'static str> {
    let splits = ["-S", "--split-string=", "-vS"];
    let Some(text) = splits.iter().find_map(|option| argument.strip_prefix(option.as_bytes()))
    else {
        // Without `-S` the argument is one word: a name, an option or an assignment.
        return match argument {
            [b'-', ..] => Err("the options of env in its first line are not understood"),
            name if name.contains(&b'=') => Ok(Vec::new()),
            name => Ok(vec![word(name)]),
        };
    };
    if text.iter().any(|b| b"'\"\\$#".contains(b)) {
        return Err("the quoting in its first line is not understood");
    }
    let words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let words: Vec<&[u8]> = words.skip_while(|word| is_harmless_assignment(word)).collect();
    match words.first() {
        Some(first) if first.starts_with(b"-") || first.contains(&b'=') => {
            Err("the options of env in its first line are not understood")
        }
        _ => Ok(words.into_iter().map(word).collect()),
    }
}

/// Whether a word is `NAME=value`, with a variable that does not change where programs are found.
fn is_harmless_assignment(word: &[u8]) -> bool {
    !word.starts_with(b"-") && !word.starts_with(b"PATH=") && word.contains(&b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn the_first_line_is_read_as_the_kernel_reads_it() {
        for (head, expected) in [
            ("#!/bin/dash\necho", &["/bin/dash"][..]),
            ("#! /bin/dash -e \r\n", &["/bin/dash", "-e"]),
            ("#!/bin/sh /abs/runner.sh\n", &["/bin/sh", "/abs/runner.sh"]),
            ("#!/bin/x one word\n", &["/bin/x", "one word"]),
            ("echo no line", &["/bin/sh"]),
            ("", &["/bin/sh"]),
            ("#!\n", &["/bin/sh"]),
        ] {
            assert_eq!(shebang(head.as_bytes()), Shebang::Words(words(expected)), "{head}");
        }
        assert_eq!(shebang(b"\x7fELF\x02\x01"), Shebang::Binary);
    }

    #[test]
    fn env_leads_to_the_program_that_it_looks_for() {
        let env = |argument: &str| shebang(format!("#!/usr/bin/env {argument}\n").as_bytes());
        for (argument, expected) in [
            ("python3", &["python3"][..]),
            ("-S python3 -B", &["python3", "-B"]),
            ("-Ssh /abs/runner.sh", &["sh", "/abs/runner.sh"]),
            ("-SFOO=1 myint", &["myint"]),
            ("--split-string=myint -x", &["myint", "-x"]),
            ("", &[""]),
        ] {
            let expected = Shebang::Env("/usr/bin/env".into(), words(expected));
            assert_eq!(env(argument), expected, "{argument}");
        }
        for unclear in ["-S \"my int\"", "-S PATH=/x myint", "-i myint", "-S -i myint", "-S $X"] {
            assert!(matches!(env(unclear), Shebang::Unclear(_)), "{unclear}");
        }
    }
}
