//! Any command line is understood or refused, and the words behind `--` come back byte for byte.
#![no_main]

use cachex::cli::{Cli, Verb};
use cachex::settings::Request;
use clap::Parser;
use libfuzzer_sys::fuzz_target;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

fn parse(words: &[&[u8]]) -> Result<Cli, String> {
    let words = [&b"cachex"[..]].into_iter().chain(words.iter().copied()).map(OsStr::from_bytes);
    Cli::try_parse_from(words).map_err(|error| error.to_string())
}

fn same(words: &[OsString], expected: &[&[u8]]) -> bool {
    words.iter().map(|word| word.as_bytes()).eq(expected.iter().copied())
}

fuzz_target!(|line: &[u8]| {
    let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
    if let Ok(cli) = parse(&words)
        && cli.verb.is_none()
    {
        // The command is the end of the line, and begins behind the first `--` at the latest.
        let options = words.len() - cli.command.len();
        assert!(same(&cli.command, &words[options..]));
        let dashes = words.iter().position(|word| *word == b"--");
        assert!(dashes.is_none_or(|dashes| options <= dashes + 1));
        let _ = Request::new(cli.run, cli.command);
    }
    let plain = parse(&[&[&b"--"[..]], &words[..]].concat()).expect("a command");
    assert!(plain.verb.is_none() && same(&plain.command, &words));
    let flagged = parse(&[&[&b"--ttl"[..], b"1h", b"--"], &words[..]].concat()).expect("a command");
    assert!(flagged.verb.is_none() && same(&flagged.command, &words));
    let cleared = parse(&[&[&b"clear"[..], b"--"], &words[..]].concat()).expect("a clearing");
    assert!(matches!(cleared.verb, Some(Verb::Clear(options)) if same(&options.filters.command, &words)));
});
