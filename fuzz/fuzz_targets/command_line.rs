//! Any command line is understood or refused, with the definitions of a few options as with those of
//! all; and the words behind `--` come back byte for byte.
#![no_main]

use cachex::options::definitions::parse_words;
use cachex::options::{Cli, Verb};
use cachex::options::{Configured, Findings, Settings, Sources};
use cachex::options::resolve;
use clap::{ArgMatches, Parser};
use libfuzzer_sys::fuzz_target;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

fn parse(words: &[&[u8]]) -> Option<(Cli, ArgMatches)> {
    parse_words(&line(words)).ok()
}

/// With our name.
fn line(words: &[&[u8]]) -> Vec<OsString> {
    let words = [&b"cachex"[..]].into_iter().chain(words.iter().copied());
    words.map(|word| OsStr::from_bytes(word).to_owned()).collect()
}

fn same(words: &[OsString], expected: &[&[u8]]) -> bool {
    words.iter().map(|word| word.as_bytes()).eq(expected.iter().copied())
}

fuzz_target!(|bytes: &[u8]| {
    let words: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let parsed = parse(&words);
    let whole = Cli::try_parse_from(line(&words)).ok().map(|cli| format!("{cli:?}"));
    assert_eq!(parsed.as_ref().map(|(cli, _)| format!("{cli:?}")), whole);
    if let Some((cli, matches)) = parsed {
        if cli.verb.is_none() {
            // The command is the end of the line, and begins behind the first `--` at the latest.
            let options = words.len() - cli.command.len();
            assert!(same(&cli.command, &words[options..]));
            let dashes = words.iter().position(|word| *word == b"--");
            assert!(dashes.is_none_or(|dashes| options <= dashes + 1));
        }
        let sources = Sources::new(&cli, matches, Settings::new());
        let _ = resolve(Configured { cli, sources, findings: Findings::default() });
    }
    let (plain, _) = parse(&[&[&b"--"[..]], &words[..]].concat()).expect("a command");
    assert!(plain.verb.is_none() && same(&plain.command, &words));
    let (flagged, _) =
        parse(&[&[&b"--ttl"[..], b"1h", b"--"], &words[..]].concat()).expect("a command");
    assert!(flagged.verb.is_none() && same(&flagged.command, &words));
    let (cleared, _) = parse(&[&[&b"clear"[..], b"--"], &words[..]].concat()).expect("a clearing");
    assert!(matches!(
        cleared.verb,
        Some(Verb::Clear(options)) if same(&options.filters.command, &words)
    ));
});
