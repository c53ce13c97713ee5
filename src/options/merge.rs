//! Merges the layers into one: the options in force for a command.
//!
//! Of two options that exclude each other, the nearer one wins. If both are equally near, that is a usage error; if a file
//! has both, no file counts, since a file is never half believed.

use super::argv::CommandLine;
use super::definitions::usage::EarlyExit;
use super::definitions::verbs::Verb;
use super::files::findings::Findings;
use super::files::look::look;
use super::files::project_file::ProjectFile;
use super::layer::Layer;
use super::request::{Request, store_directory};
use super::source::{FileOwner, Setting, Source};
use super::variables;
use crate::error::Error;
use crate::key::HashWith;
use crate::output_pattern::OutputPatterns;
use crate::terminal::Notices;
use std::cmp::Ordering;
use std::ffi::OsString;
use std::path::PathBuf;

/// What flags, variables and files ask for.
#[derive(Debug)]
pub struct Asked {
    /// The verb; `None` to run the command.
    pub verb: Option<Verb>,
    /// The command to run, or to answer for, and its arguments.
    pub words: Vec<OsString>,
    /// The options in force.
    pub in_force: Layer,
    /// `--output`, as seen from the working directory.
    pub outputs: OutputPatterns,
    /// What was found out about the files.
    pub findings: Findings,
}

impl Asked {
    /// Reads our command line, the variables and the files that count, and merges them.
    ///
    /// # Errors
    /// Help, or why the command line or a variable cannot be understood.
    pub fn read() -> Result<Self, EarlyExit> {
        let words: Vec<_> = std::env::args_os().collect();
        let CommandLine { verb, words, flags } = CommandLine::read(&words)?;
        let variables = variables::read(&flags)?;
        let without_files = flags.over(variables);
        let owners = if without_files.no_cache.is_on() { &[] } else { files_for(verb.as_ref()) };
        let (files, mut findings) = look(owners, &words);
        let mut in_force = without_files.clone().over(files);
        let is_about_call = verb.as_ref().is_none_or(Verb::is_about_call);
        let mut outputs = OutputPatterns::default();
        if is_about_call {
            let meant = settle(&mut in_force).and_then(|()| outputs_of(&in_force));
            outputs = meant.or_else(|problem| {
                in_force = without_files;
                findings.fault = Some(problem);
                settle(&mut in_force).and_then(|()| outputs_of(&in_force)).map_err(Error::Usage)
            })?;
        }
        Ok(Asked { verb, words, in_force, outputs, findings })
    }

    /// The request of a run, with the directory of the store or the reason why nothing may be cached.
    pub fn into_request(self, notices: &Notices) -> (Request, Result<PathBuf, String>) {
        let directory = self.findings.usable(store_directory(&self.in_force), notices);
        (Request::new(&self.in_force, self.words, self.outputs), directory)
    }

    /// The directory of the store, for a verb that is not about a command.
    ///
    /// # Errors
    /// When there is none, or a file that may name it cannot be understood.
    pub fn store(&self, notices: &Notices) -> Result<PathBuf, Error> {
        let Self { in_force, findings, .. } = self;
        if let (Some(fault), None) = (&findings.fault, in_force.cache_dir.value()) {
            let advice = "name the store with --cache-dir, or fix the file";
            return Err(Error::Failed(format!(
                "{fault}: the location of the store is unknown; {advice}"
            )));
        }
        findings.tell(notices);
        store_directory(in_force).map_err(Error::Failed)
    }
}

/// The files that count for a verb. If it is not about a call, only the user's file does, for the place of the store.
fn files_for(verb: Option<&Verb>) -> &'static [FileOwner] {
    match verb {
        Some(verb) if !verb.uses_store() => &[],
        Some(verb) if !verb.is_about_call() => &[FileOwner::User],
        _ => &[FileOwner::User, FileOwner::Project],
    }
}

/// The patterns of `--output`.
///
/// # Errors
/// Which one does not lie below the working directory.
fn outputs_of(layer: &Layer) -> Result<OutputPatterns, String> {
    let Some(patterns) = layer.output.value().filter(|patterns| !patterns.is_empty()) else {
        return Ok(OutputPatterns::default());
    };
    let directory = std::env::current_dir();
    let directory = directory.map_err(|error| format!("the working directory: {error}"))?;
    OutputPatterns::new(directory, patterns)
}

/// Checks that what a file sets for any command does not contradict itself.
///
/// # Errors
/// Which options exclude each other, and where they are.
pub fn check(project_file: &ProjectFile) -> Result<(), String> {
    let mut layers = project_file.file.layers();
    let defaults = layers.next().cloned().unwrap_or_default();
    let rules = layers.cloned().chain([Layer::default()]);
    let mut layers = rules.map(|rule| rule.over(defaults.clone()));
    layers.try_for_each(|mut layer| settle(&mut layer))
}

/// The message about two options that exclude each other, of which the farther one has this source.
fn contradiction([first, second]: [&str; 2], source: Option<&Source>) -> String {
    match source {
        Some(Source::File(place)) => {
            format!("{place}: {first} and {second} exclude each other")
        }
        _ => format!("--{first} and --{second} exclude each other; leave one of them out"),
    }
}

/// Removes options that a nearer one excludes.
fn settle(layer: &mut Layer) -> Result<(), String> {
    exclude(("stdin", &mut layer.stdin), ("no-stdin", &mut layer.no_stdin))?;
    exclude(("trace", &mut layer.trace), ("no-trace", &mut layer.no_trace))?;
    exclude(("refresh", &mut layer.refresh), ("only-if-cached", &mut layer.only_if_cached))?;
    exclude(("warm", &mut layer.warm), ("only-if-cached", &mut layer.only_if_cached))?;
    exclude(("warm", &mut layer.warm), ("no-store", &mut layer.no_store))?;
    let discard = ("discard-failures", &mut layer.discard_failures);
    exclude(("failure-ttl", &mut layer.failure_ttl), discard)?;
    need_trace_for_outputs(layer)?;
    exclude_stdin_hash(layer)
}

/// Without a trace nobody knows what a command writes. `--no-trace` turns `--outputs` off as well.
fn need_trace_for_outputs(layer: &mut Layer) -> Result<(), String> {
    if !layer.outputs.is_on() || layer.trace.is_on() {
        return Ok(());
    }
    if layer.no_trace.is_on() {
        layer.outputs = Setting::default();
        return Ok(());
    }
    let place = match layer.outputs.source() {
        Some(Source::File(place)) => format!("{place}: "),
        _ => String::new(),
    };
    Err(format!("{place}--outputs needs --trace; without it, name each --output"))
}

/// Without standard input there is nothing for its hash command, wherever either was given.
fn exclude_stdin_hash(layer: &Layer) -> Result<(), String> {
    let hashes = layer.hash_with.value().map_or(&[][..], Vec::as_slice);
    if !layer.no_stdin.is_on() || !hashes.iter().any(HashWith::is_for_stdin) {
        return Ok(());
    }
    let farther = layer.hash_with.source().min(layer.no_stdin.source());
    Err(contradiction(["hash-with stdin=…", "no-stdin"], farther))
}

/// Removes the farther one of two options that exclude each other.
fn exclude<A, B>(
    (first, of_first): (&'static str, &mut Setting<A>),
    (second, of_second): (&'static str, &mut Setting<B>),
) -> Result<(), String> {
    if of_first.value().is_none() || of_second.value().is_none() {
        return Ok(());
    }
    match of_first.source().cmp(&of_second.source()) {
        Ordering::Greater => *of_second = Setting::default(),
        Ordering::Less => *of_first = Setting::default(),
        Ordering::Equal => {
            return Err(contradiction([first, second], of_first.source()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::files::file::ConfigFile;
    use crate::options::layer::{RUN_OPTIONS, RunOption};
    use std::path::Path;

    fn file(text: &str) -> Layer {
        let file = ConfigFile::parse(text.as_bytes(), FileOwner::User, Path::new("/f"));
        file.expect("a file").defaults
    }

    fn read(words: &str) -> CommandLine {
        let words: Vec<_> = format!("cachex {words}").split(' ').map(OsString::from).collect();
        CommandLine::read(&words).expect("a command line")
    }

    fn flags(words: &str) -> Layer {
        read(words).flags
    }

    /// The options that a layer has something for.
    fn names(layer: &Layer) -> Vec<&str> {
        let has = RUN_OPTIONS.iter().filter(|option| option.given(layer).is_some());
        has.map(RunOption::name).collect()
    }

    const PAIRS: [(&str, &str); 6] = [
        ("stdin", "no-stdin"),
        ("trace", "no-trace"),
        ("refresh", "only-if-cached"),
        ("warm", "only-if-cached"),
        ("warm", "no-store"),
        ("failure-ttl", "discard-failures"),
    ];

    fn line(name: &str) -> String {
        format!("{name} = {}\n", if name == "failure-ttl" { "0" } else { "true" })
    }

    fn flag(name: &str) -> String {
        format!("--{name}{}", if name == "failure-ttl" { "=0" } else { "" })
    }

    #[test]
    fn equally_near_options_exclude_each_other() {
        for (first, second) in PAIRS {
            let mut typed = flags(&format!("{} {}", flag(first), flag(second)));
            let message = settle(&mut typed).expect_err(first);
            assert_eq!(
                message,
                format!("--{first} and --{second} exclude each other; leave one of them out")
            );
            let mut read = file(&(line(first) + &line(second)));
            let message = settle(&mut read).expect_err(first);
            assert_eq!(message, format!("/f: {first} and {second} exclude each other"));
        }
    }

    #[test]
    fn the_nearer_of_two_options_is_left() {
        for (first, second) in PAIRS {
            for (near, far) in [(first, second), (second, first)] {
                let mut layer = flags(&flag(near)).over(file(&line(far)));
                settle(&mut layer).expect("settled");
                assert_eq!(names(&layer), [near]);
            }
        }
    }

    #[test]
    fn a_switch_that_is_off_excludes_nothing() {
        let mut layer = file("stdin = true\nno-stdin = false\nrefresh = false\nwarm = true");
        settle(&mut layer).expect("settled");
        assert_eq!(names(&layer), ["stdin", "no-stdin", "refresh", "warm"]);
        settle(&mut file("stdin = false\nno-stdin = true")).expect("settled");
    }

    #[test]
    fn a_hash_command_for_standard_input_needs_it() {
        let hash = "hash-with = 'stdin=sort'";
        let mut layer = flags("-n").over(file(hash));
        let message = settle(&mut layer).expect_err("both");
        assert_eq!(message, "/f: hash-with stdin=… and no-stdin exclude each other");
        let mut layer = flags("--hash-with stdin=sort").over(file("no-stdin = true"));
        assert_eq!(settle(&mut layer).expect_err("both"), message);
        let message = settle(&mut flags("-n --hash-with stdin=sort")).expect_err("both");
        let expected =
            "--hash-with stdin=… and --no-stdin exclude each other; leave one of them out";
        assert_eq!(message, expected);
        settle(&mut file("hash-with = 'env:A=sort'\nno-stdin = true")).expect("settled");
        settle(&mut file("hash-with = 'stdin=sort'\nstdin = true")).expect("settled");
    }

    #[test]
    fn to_find_what_a_command_writes_needs_a_trace() {
        for with_trace in ["outputs = true\ntrace = true", "outputs = true\nno-trace = true"] {
            let mut layer = file(with_trace);
            settle(&mut layer).expect("settled");
            assert_eq!(layer.outputs.is_on(), layer.trace.is_on(), "{with_trace}");
        }
        let advice = "--outputs needs --trace; without it, name each --output";
        assert_eq!(settle(&mut flags("--outputs")).expect_err("no trace"), advice);
        let message = settle(&mut file("outputs = true")).expect_err("no trace");
        assert_eq!(message, format!("/f: {advice}"));
    }

    #[test]
    fn the_nearer_value_of_an_option_is_in_force() {
        let layer = flags("--ttl 1 --env A").over(file("ttl = 2\nenv = 'B'\nscope = 'c'"));
        assert_eq!(layer.ttl.given().expect("set").words, ["1"]);
        assert_eq!(layer.env.given().expect("set").words, ["A"]);
        assert_eq!(layer.scope.value().map(String::as_str), Some("c"));
        assert_eq!(layer.env.source(), Some(&Source::Flag));
        assert!(layer.scope.source() < layer.env.source());
    }

    #[test]
    fn an_explicit_default_hides_the_farther_value() {
        let layer = file("pty = false\ncache-exit = []").over(file("pty = true\ncache-exit = 1"));
        assert_eq!(names(&layer), ["cache-exit", "pty"]);
        assert!(layer.pty.value().is_none() && layer.cache_exit.value().is_none());
    }

    #[test]
    fn each_verb_reads_only_the_files_that_it_needs() {
        use FileOwner::{Project, User};
        for (words, owners) in [
            ("ls", &[User, Project][..]),
            ("explain ls", &[User, Project]),
            ("config", &[User, Project]),
            ("list", &[User]),
            ("completions bash", &[]),
            ("trust", &[]),
        ] {
            assert_eq!(files_for(read(words).verb.as_ref()), owners, "{words}");
        }
    }

    #[test]
    fn outputs_lie_below_the_working_directory() {
        assert!(outputs_of(&flags("--output /nowhere/x ls")).is_err());
        assert!(outputs_of(&flags("--output x ls")).is_ok());
    }

    #[test]
    fn a_project_file_must_not_contradict_itself() {
        let both = "stdin = true\nno-stdin = true\n";
        let rule = "[[rule]]\ncommand = 'ls'\n";
        for (text, is_sound) in [
            (both.to_owned(), false),
            (format!("{both}{rule}no-stdin = false\n"), false),
            (format!("{rule}{both}"), false),
            (format!("no-stdin = false\n{rule}{both}"), false),
            (format!("stdin = true\n{rule}no-stdin = true\n"), true),
        ] {
            let directory = tempfile::tempdir().expect("a directory");
            std::fs::write(directory.path().join(".cachex.toml"), &text).expect("written");
            let file = ProjectFile::find(Some(directory.path())).expect("understood");
            assert_eq!(check(&file).is_ok(), is_sound, "{text}");
        }
    }

    #[test]
    fn a_faulty_file_hides_the_store_unless_its_directory_is_known() {
        let store = |words: &str, fault: Option<&str>| {
            let findings = Findings { fault: fault.map(str::to_owned), ..Findings::default() };
            let asked = Asked {
                verb: None,
                words: Vec::new(),
                in_force: flags(words),
                outputs: OutputPatterns::default(),
                findings,
            };
            asked.store(&Notices::new(true, false)).map_err(|error| error.to_string())
        };
        let message = store("list", Some("/f: odd")).expect_err("unknown");
        assert!(message.starts_with("/f: odd: the location of the store is unknown"), "{message}");
        assert_eq!(store("--cache-dir /d list", Some("/f: odd")), Ok(PathBuf::from("/d")));
        assert_eq!(store("--cache-dir /d list", None), Ok(PathBuf::from("/d")));
    }
}
