//! Reads the command line: the options of the table into a [`Layer`], the verb, and the command.
//!
//! It reads as clap would, but without clap's definitions: to build them takes a third of the time of a hit. clap reads the
//! own options of a verb, and describes what is wrong with a command line. A property test holds that both agree.

use super::definitions::command::parse_verb;
use super::definitions::usage::EarlyExit;
use super::definitions::verbs::Verb;
use super::layer::{Layer, RUN_OPTIONS, RunOption};
use super::shape::{Shape, Takes, ValueKind};
use super::source::Source;
use super::values::BadValue;
use clap::Subcommand;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::slice;

/// A command line.
#[derive(Debug)]
pub struct CommandLine {
    /// The verb; `None` to run the command.
    pub verb: Option<Verb>,
    /// The command to run, or to answer for, and its arguments.
    pub words: Vec<OsString>,
    /// The options of the table.
    pub flags: Layer,
}

impl CommandLine {
    /// Reads a command line, which begins with our own name.
    ///
    /// # Errors
    /// Help, or why it cannot be understood.
    pub fn read(words: &[OsString]) -> Result<Self, EarlyExit> {
        let read = OptionReader::default().read(words.get(1..).unwrap_or_default());
        read.map_err(|problem| EarlyExit::of_words(words, problem.to_string()))
    }
}

/// Why a command line cannot be understood. Where clap does not accept it either, its own words are shown.
#[derive(Debug, thiserror::Error)]
enum ArgvProblem {
    #[error("the command line cannot be understood")]
    Unknown,
    #[error("{}", .1.of(.0))]
    Value(&'static str, BadValue),
    /// An option of a run before a verb would be ignored. It shows that a command of the verb's name was meant.
    #[error(
        "--{0} cannot be used with the verb `{1}`; for a command of that name: cachex --{0} … -- {1}"
    )]
    Misplaced(&'static str, String),
    /// As from `clear -- $COMMAND` with nothing in the variable.
    #[error("no command after --; to forget everything: cachex clear")]
    NothingToClear,
}

/// Takes the options out of a command line.
#[derive(Default)]
struct OptionReader {
    /// The words of each, in the order in which they were typed.
    taken: Vec<(&'static RunOption, OsString)>,
    /// Whether only those that go with every verb are options here.
    only_common: bool,
}

impl OptionReader {
    fn read(mut self, words: &[OsString]) -> Result<CommandLine, ArgvProblem> {
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if word == "--" {
                return self.run(rest.as_slice());
            }
            if !is_option(word) {
                return match word.to_str().filter(|word| Verb::has_subcommand(word)) {
                    Some(verb) => self.verb(verb, rest.as_slice()),
                    None => self.run(&words[words.len() - rest.len() - 1..]),
                };
            }
            self.take(word, &mut rest).ok_or(ArgvProblem::Unknown)?;
        }
        self.run(&[])
    }

    fn run(self, command: &[OsString]) -> Result<CommandLine, ArgvProblem> {
        let flags = self.layer()?;
        Ok(CommandLine { verb: None, words: command.to_vec(), flags })
    }

    /// Reads what follows a verb: options of the table anywhere before a command, and the rest, which is for clap.
    fn verb(mut self, verb: &str, words: &[OsString]) -> Result<CommandLine, ArgvProblem> {
        let misplaced = self.taken.iter().map(|(option, _)| *option).find(|it| !it.is_common());
        self.only_common = !Verb::takes_run_options(verb);
        let mut own = vec!["cachex".into(), verb.into()];
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let is_end = word == "--" || (!is_option(word) && Verb::ends_at_command(verb));
            if is_end {
                own.extend_from_slice(&words[words.len() - rest.len() - 1..]);
                break;
            }
            if !is_option(word) || self.take(word, &mut rest).is_none() {
                own.push(word.clone());
            }
        }
        let ends_in_dashes = own.last().is_some_and(|word| word == "--");
        let mut parsed = parse_verb(own).map_err(|_| ArgvProblem::Unknown)?;
        let words = parsed.take_call().unwrap_or_default();
        let flags = self.layer()?;
        if let Some(option) = misplaced {
            return Err(ArgvProblem::Misplaced(option.name(), verb.to_owned()));
        }
        match &parsed {
            Verb::Clear(options) if ends_in_dashes && options.filters.command.is_empty() => {
                Err(ArgvProblem::NothingToClear)
            }
            _ => Ok(CommandLine { verb: Some(parsed), words, flags }),
        }
    }

    /// Takes the options that a word stands for, with a value from `rest` if need be. `None` if it stands for none, or
    /// has a value too many or too few.
    fn take(&mut self, word: &OsStr, rest: &mut slice::Iter<'_, OsString>) -> Option<()> {
        let Some(long) = word.as_bytes().strip_prefix(b"--") else {
            return self.take_letters(&word.as_bytes()[1..]);
        };
        let mut parts = long.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default();
        let attached = parts.next().map(|value| OsString::from_vec(value.to_vec()));
        let is_named = |own: Option<&str>| own.is_some_and(|own| own.as_bytes() == name);
        let option = self.find(|shape| is_named(Some(shape.name)) || is_named(shape.alias))?;
        let value = match (option.shape.takes, attached) {
            (Takes::Nothing, None) => "true".into(),
            (Takes::Nothing, Some(_)) => return None,
            (_, Some(value)) => value,
            (Takes::Choice(words, _), None) => words.first()?.into(),
            (takes, None) => {
                let may_be_signed = takes.kind().is_some_and(ValueKind::may_be_signed);
                rest.next().filter(|next| may_be_signed || !is_option(next))?.clone()
            }
        };
        self.taken.push((option, value));
        Some(())
    }

    /// Takes `-vn`: none of the letters takes a value.
    fn take_letters(&mut self, letters: &[u8]) -> Option<()> {
        let find = |letter: &u8| self.find(|shape| shape.letter == Some(char::from(*letter)));
        let options = letters.iter().map(find).collect::<Option<Vec<_>>>()?;
        self.taken.extend(options.into_iter().map(|option| (option, "true".into())));
        Some(())
    }

    fn find(&self, wanted: impl Fn(&Shape) -> bool) -> Option<&'static RunOption> {
        let is_wanted = |option: &&RunOption| option.shape.is_flag && wanted(&option.shape);
        let option = RUN_OPTIONS.iter().find(is_wanted)?;
        (!self.only_common || option.is_common()).then_some(option)
    }

    /// Reads the words that were taken.
    fn layer(self) -> Result<Layer, ArgvProblem> {
        let mut layer = Layer::default();
        for option in RUN_OPTIONS {
            let mut read = |words| {
                let read = option.read(&mut layer, words, Source::Flag);
                read.map_err(|bad| ArgvProblem::Value(option.name(), bad))
            };
            let of_option = self.taken.iter().filter(|(named, _)| std::ptr::eq(*named, option));
            let words: Vec<_> = of_option.map(|(_, word)| word.clone()).collect();
            if option.shape.takes.is_repeatable() && !words.is_empty() {
                read(words)?;
            } else {
                // The last one counts, but every one has to be valid.
                words.into_iter().try_for_each(|word| read(vec![word]))?;
            }
        }
        Ok(layer)
    }
}

/// Whether a word looks like an option. `-` alone does not.
fn is_option(word: &OsStr) -> bool {
    word.len() > 1 && word.as_bytes().starts_with(b"-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::definitions::command::command;
    use crate::options::shape::Secrecy;
    use clap::ArgMatches;
    use clap::parser::ValueSource;
    use proptest::prelude::*;
    use proptest::sample::select;

    const VALUES: [&str; 10] =
        ["", "1", "1h", "auto", "a,b", "0,300", "true", "stdin=sort", "-1", "ls"];
    const LETTERS: [&str; 12] =
        ["-v", "-q", "-n", "-vqn", "-vx", "-x", "-h", "-V", "-1", "-5s", "-", "-vh"];
    const OF_VERBS: [&str; 7] =
        ["--json", "--all", "--older-than", "--stdout", "--list", "--unknown", "--help"];
    const VERBS: [&str; 8] =
        ["list", "explain", "config", "clear", "trust", "show", "prune", "completions"];
    const ODD: [&[u8]; 6] =
        [b"\xff", b"-\xff", b"--\xff", b"--ttl=\xff", b"--key=\xff", b"--scope=\xff"];

    /// Options, values, verbs, and what else a command line is made of.
    fn a_word() -> impl Strategy<Value = OsString> {
        let names = |option: &RunOption| {
            let names = [Some(option.shape.name), option.shape.alias];
            names.into_iter().flatten().map(|name| format!("--{name}")).collect::<Vec<_>>()
        };
        let longs: Vec<_> = RUN_OPTIONS.iter().flat_map(names).collect();
        let long = select(longs);
        prop_oneof![
            3 => long.clone().prop_map(OsString::from),
            3 => (long, select(&VALUES[..])).prop_map(|(it, value)| format!("{it}={value}").into()),
            3 => select(&VALUES[..]).prop_map(OsString::from),
            2 => select(&LETTERS[..]).prop_map(OsString::from),
            2 => Just(OsString::from("--")),
            2 => select(&VERBS[..]).prop_map(OsString::from),
            1 => select(&OF_VERBS[..]).prop_map(OsString::from),
            1 => select(&ODD[..]).prop_map(|word| OsString::from_vec(word.to_vec())),
        ]
    }

    /// The words that clap sees for an option, as they are kept.
    fn in_clap(option: &RunOption, matches: &ArgMatches) -> Option<Vec<OsString>> {
        // Of an option that goes with a verb clap knows only there.
        let is_typed = matches!(matches.try_contains_id(option.name()), Ok(true))
            && matches.value_source(option.name()) == Some(ValueSource::CommandLine);
        let words = || matches.get_raw(option.name()).into_iter().flatten().map(OsStr::to_owned);
        is_typed.then(|| match option.shape.takes {
            Takes::Nothing => vec!["true".into()],
            Takes::Listed(..) => words().filter(|word| !word.is_empty()).collect(),
            Takes::Many(..) => words().collect(),
            Takes::One(..) | Takes::Choice(..) => words().next_back().into_iter().collect(),
        })
    }

    fn agrees_with_clap(words: &[OsString]) -> Result<(), TestCaseError> {
        let ours = OptionReader::default().read(&words[1..]);
        let matches = command().try_get_matches_from(words);
        let (ours, matches) = match (ours, matches) {
            (Ok(ours), Ok(matches)) => (ours, matches),
            // What is misplaced, one of several values, and one that is not to be shown, we describe ourselves.
            (Err(_), Err(_))
            | (Err(ArgvProblem::Misplaced(..) | ArgvProblem::NothingToClear), Ok(_)) => {
                return Ok(());
            }
            (Err(ArgvProblem::Value(name, _)), Ok(_)) => {
                let option = RunOption::named(name).expect("known");
                let Shape { takes, secrecy, .. } = option.shape;
                prop_assert!(takes.is_repeatable() || secrecy != Secrecy::None, "{name}");
                return Ok(());
            }
            (ours, clap) => {
                return Err(TestCaseError::fail(format!("{:?}, {:?}", ours.err(), clap.err())));
            }
        };
        let of_verb = matches.subcommand();
        let verb = of_verb.map(|(name, _)| name);
        let takes_run_options = verb.is_none_or(Verb::takes_run_options);
        prop_assert_eq!(ours.verb.is_some(), verb.is_some());
        let here = of_verb.map_or(&matches, |(_, matches)| matches);
        for option in RUN_OPTIONS.iter().filter(|it| takes_run_options || it.is_common()) {
            let words = option.given(&ours.flags).map(|given| given.words.clone());
            prop_assert_eq!(words, in_clap(option, here), "{}", option.name());
        }
        if takes_run_options {
            let command = here.get_many::<OsString>("command").into_iter().flatten();
            prop_assert!(ours.words.iter().eq(command));
        }
        Ok(())
    }

    fn line(words: &str) -> Vec<OsString> {
        format!("cachex {words}").split(' ').map(OsString::from).collect()
    }

    #[test]
    fn usual_lines_are_understood() {
        for words in [
            "ls",
            "--",
            "-- list -v",
            "--ttl 1h -n -- ls --ttl x -- y",
            "--ttl=1h --ttl 2h --force ls -v",
            "--env A,B, --env= --env C --file - ls",
            "--pty ls",
            "--pty=auto --scope list -vq -",
            "--ignore-arg -- --ignore-arg=-x ls",
            "-v list --json -q -- ls -x",
            "explain -v --json --ttl 1h ls --json -- x",
            "explain --ttl 1h -- ls",
            "config --ttl 1h --all -n -- ls --all",
            "show 5 -v --stdout",
            "--cache-dir a clear --scope b --cache-dir=c -- -q",
            "prune --max-size 1MB",
            "completions bash -q",
        ] {
            let words = line(words);
            assert!(OptionReader::default().read(&words[1..]).is_ok(), "{words:?}");
            agrees_with_clap(&words).expect("the same");
        }
    }

    #[test]
    fn faulty_lines_are_not() {
        for words in [
            "--ttl",
            "--ttl -- ls",
            "--ttl 1x --ttl 1h ls",
            "--env",
            "--env -- ls",
            "--scope -v ls",
            "--refresh=1 ls",
            "--pty=now ls",
            "--tt 1h ls",
            "-vx ls",
            "-h",
            "list --ttl 1h",
            "list --no-such",
            "config ls",
            "explain",
            "completions",
            "show -v",
        ] {
            let words = line(words);
            let read = OptionReader::default().read(&words[1..]);
            assert!(read.is_err(), "{words:?}");
            assert!(command().try_get_matches_from(&words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn options_of_a_run_do_not_stand_before_a_verb() {
        let read = |words: &str| OptionReader::default().read(&line(words)[1..]);
        assert!(read("-v -q --cache-dir x list").is_ok());
        for words in ["--force list", "-v -n config", "--ttl 1h -q explain ls"] {
            let problem = read(words).expect_err(words);
            assert!(matches!(problem, ArgvProblem::Misplaced(..)), "{words}: {problem}");
        }
        let message = read("--force list").expect_err("misplaced").to_string();
        assert!(
            message.ends_with("a command of that name: cachex --refresh … -- list"),
            "{message}"
        );
    }

    #[test]
    fn all_words_of_an_option_that_can_be_repeated_count() {
        let words = line("--env A,B, --env= --env C --key a,b --key c --ttl 1 --ttl 2 -v -v ls x");
        let CommandLine { flags, words, .. } = CommandLine::read(&words).expect("understood");
        assert_eq!(flags.env.given().expect("given").words, ["A", "B", "C"]);
        assert_eq!(flags.env.value().map(Vec::len), Some(3));
        assert_eq!(flags.key.given().expect("given").words, ["a,b", "c"]);
        assert_eq!(flags.ttl.given().expect("given").words, ["2"]);
        assert_eq!(flags.verbose.given().expect("given").words, ["true"]);
        assert_eq!(flags.verbose.source(), Some(&Source::Flag));
        assert!(!flags.quiet.is_on() && flags.verbose.is_on());
        assert_eq!(words, ["ls", "x"]);
    }

    #[test]
    fn clear_wants_a_command_behind_dashes() {
        let read = |words: &str| OptionReader::default().read(&line(words)[1..]);
        for words in ["clear", "clear -- ls", "clear -- ls --", "clear -v"] {
            assert!(read(words).is_ok(), "{words}");
        }
        let problem = read("clear --").expect_err("nothing to clear");
        assert!(matches!(problem, ArgvProblem::NothingToClear), "{problem}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn what_is_understood_is_what_clap_understands(
            words in prop::collection::vec(a_word(), 0..7)
        ) {
            let words: Vec<_> = [OsString::from("cachex")].into_iter().chain(words).collect();
            agrees_with_clap(&words)?;
        }
    }
}
