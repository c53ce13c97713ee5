//! Every command line parses or is refused, as by clap with the definitions of all verbs. The words behind `--`
//! come back byte for byte.
#![no_main]

use cachex::options::{CommandLine, Verb, command};
use libfuzzer_sys::fuzz_target;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The command line with the program's name.
fn line(words: &[&[u8]]) -> Vec<OsString> {
    let words = [&b"cachex"[..]].into_iter().chain(words.iter().copied());
    words.map(|word| OsStr::from_bytes(word).to_owned()).collect()
}

fn read(words: &[&[u8]]) -> Option<CommandLine> {
    CommandLine::read(&line(words)).ok()
}

fn same(words: &[OsString], expected: &[&[u8]]) -> bool {
    words.iter().map(|word| word.as_bytes()).eq(expected.iter().copied())
}

fuzz_target!(|bytes: &[u8]| {
    let words: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let ours = read(&words);
    // Of values that can be repeated clap knows nothing.
    assert!(ours.is_none() || command().try_get_matches_from(line(&words)).is_ok());
    if let Some(CommandLine { verb: None, words: command, .. }) = ours {
        // The command is the end of the line, and begins behind the first `--` at the latest.
        let options = words.len() - command.len();
        assert!(same(&command, &words[options..]));
        let dashes = words.iter().position(|word| *word == b"--");
        assert!(dashes.is_none_or(|dashes| options <= dashes + 1));
    }
    let plain = read(&[&[&b"--"[..]], &words[..]].concat()).expect("a command");
    assert!(plain.verb.is_none() && same(&plain.words, &words));
    let flagged = read(&[&[&b"--ttl"[..], b"1h", b"--"], &words[..]].concat()).expect("a command");
    assert!(flagged.verb.is_none() && same(&flagged.words, &words));
    let cleared = read(&[&[&b"clear"[..], b"--"], &words[..]].concat()).expect("a clearing");
    assert!(matches!(
        cleared.verb,
        Some(Verb::Clear(options)) if same(&options.filters.command, &words)
    ));
});
