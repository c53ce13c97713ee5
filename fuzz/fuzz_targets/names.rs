//! Any words name a command. The name starts with the program's and decodes to the words again.
#![no_main]

use cachex::key::{CommandName, decode_words, names_of};
use libfuzzer_sys::fuzz_target;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Programs whose words cachex reads, each in its own way.
const PROGRAMS: [&str; 12] = [
    "python3", "bash", "node", "perl", "ruby", "awk", "env", "timeout", "nice", "sudo", "java",
    "make",
];

fuzz_target!(|input: (u8, &[u8])| {
    let (number, line) = input;
    let program = Path::new("/usr/bin").join(PROGRAMS[usize::from(number) % PROGRAMS.len()]);
    let words = line.split(|byte| *byte == 0).map(|word| OsStr::from_bytes(word).to_owned());
    let words: Vec<OsString> =
        [program.clone().into_os_string()].into_iter().chain(words).collect();
    let name = CommandName::of(&program, &words, &[]);
    assert!(name.name().starts_with(CommandName::of(&program, &words[..1], &[]).name()));
    let named = decode_words(name.name()).expect("words");
    let arguments = decode_words(name.arguments()).expect("words");
    assert_eq!(named.len() + arguments.len(), words.len());
    assert!(words.ends_with(&arguments));
    assert_eq!(names_of(&words, &[]), [name]);
});
