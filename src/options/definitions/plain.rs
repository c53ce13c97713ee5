//! The command line without verbs, defined only as far as it is used.
//!
//! To define all options takes a quarter of the time of a hit, and most calls name one or two. So a
//! group of options is defined only where a word or a variable names one of it, and the verbs where a word
//! may be one of them. What cannot be understood so is parsed anew with all there is, for the
//! message.

use super::{
    Cli, CommonOptions, FreshnessOptions, KeyOptions, RunOptions, ShowingOptions, StoreOptions,
    StoringOptions, Verb, named_by, with_variables,
};
use clap::{ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::collections::BTreeSet;
use std::ffi::OsString;

/// What is left without options.
#[derive(Debug, Parser)]
#[command(name = "cachex", version, args_override_self = true)]
struct Words {
    #[arg(trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Which options the command line may name.
enum Named {
    /// Only these, by long names and by letters.
    Only(BTreeSet<String>),
    Any,
}

/// Options that are defined together.
trait Group: Args + Default {
    /// The long names, and the letters.
    const NAMES: &'static [&'static str];
}

impl Group for KeyOptions {
    const NAMES: &'static [&'static str] = &[
        "env",
        "file",
        "ignore-arg",
        "hash-with",
        "pure-env",
        "key",
        "scope",
        "ignore-cwd",
        "ignore-file-args",
        "stdin",
        "no-stdin",
        "n",
    ];
}

impl Group for FreshnessOptions {
    const NAMES: &'static [&'static str] = &[
        "ttl",
        "failure-ttl",
        "stale-while-revalidate",
        "stale-if-error",
        "refresh",
        "force",
        "warm",
        "only-if-cached",
    ];
}

impl Group for StoringOptions {
    const NAMES: &'static [&'static str] =
        &["max-entries", "cache-exit", "discard-failures", "max-output", "no-store"];
}

impl Group for ShowingOptions {
    const NAMES: &'static [&'static str] = &["spinner", "no-spinner", "pty"];
}

impl Group for StoreOptions {
    const NAMES: &'static [&'static str] = &["max-size", "no-cache"];
}

impl Group for CommonOptions {
    const NAMES: &'static [&'static str] = &["cache-dir", "verbose", "v", "quiet", "q"];
}

impl Named {
    fn by(words: &[OsString], variables: &[OsString]) -> Self {
        let mut names: BTreeSet<_> = variables.iter().map(|name| named_by(name)).collect();
        for word in words.iter().skip(1).take_while(|word| *word != "--") {
            let word = word.to_string_lossy();
            if let Some(name) = word.strip_prefix("--") {
                names.insert(name.split('=').next().unwrap_or(name).to_owned());
            } else if let Some(letters) = word.strip_prefix('-') {
                names.extend(letters.chars().map(String::from));
            }
        }
        Self::Only(names)
    }

    fn one_of<G: Group>(&self) -> bool {
        match self {
            Self::Only(names) => G::NAMES.iter().any(|name| names.contains(*name)),
            Self::Any => true,
        }
    }

    fn define<G: Group>(&self, command: Command) -> Command {
        if self.one_of::<G>() { G::augment_args(command) } else { command }
    }

    fn take<G: Group>(&self, matches: &ArgMatches) -> Result<G, clap::Error> {
        if self.one_of::<G>() { G::from_arg_matches(matches) } else { Ok(G::default()) }
    }

    fn command(&self) -> Command {
        let mut command = Words::command();
        command = self.define::<KeyOptions>(command);
        command = self.define::<FreshnessOptions>(command);
        command = self.define::<StoringOptions>(command);
        command = self.define::<ShowingOptions>(command);
        command = self.define::<StoreOptions>(command);
        self.define::<CommonOptions>(command)
    }

    fn cli(&self, matches: &ArgMatches) -> Result<Cli, clap::Error> {
        let run = RunOptions {
            key: self.take(matches)?,
            freshness: self.take(matches)?,
            storing: self.take(matches)?,
            showing: self.take(matches)?,
            store: self.take(matches)?,
        };
        let Words { command } = Words::from_arg_matches(matches)?;
        Ok(Cli { run, common: self.take(matches)?, verb: None, command })
    }
}

/// What a command line says; `None` where that may need a verb, or is an error.
pub(super) fn parse(words: &[OsString], variables: &[OsString]) -> Option<(Cli, ArgMatches)> {
    if may_need_verbs(words) {
        return None;
    }
    let named = Named::by(words, variables);
    let matches = with_variables(named.command(), variables).try_get_matches_from(words).ok()?;
    let cli = named.cli(&matches).ok()?;
    Some((cli, matches))
}

/// With all options.
pub(super) fn command() -> Command {
    Named::Any.command()
}

/// Whether a word is a verb, or asks for help.
pub(super) fn may_need_verbs(words: &[OsString]) -> bool {
    let helps = ["-h", "--help", "-V", "--version"];
    let may = |word: &OsString| {
        word.to_str().is_some_and(|word| helps.contains(&word) || Verb::has_subcommand(word))
    };
    words.iter().skip(1).any(may)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;
    use proptest::prelude::*;
    use proptest::sample::select;

    #[test]
    fn it_has_the_same_options_as_with_verbs() {
        let options = |command: Command| {
            let ids = command.get_arguments().map(|option| {
                (option.get_id().to_string(), format!("{:?}", option.get_num_args()))
            });
            ids.collect::<BTreeSet<_>>()
        };
        assert_eq!(options(command()), options(Cli::command()));
    }

    #[test]
    fn every_group_is_defined_when_one_of_it_is_named() {
        fn check<G: Group>() {
            let command = G::augment_args(Command::new("x"));
            let all = |option: &Arg| {
                let aliases = option.get_all_aliases().unwrap_or_default();
                let long = aliases.into_iter().chain(option.get_long()).map(str::to_owned);
                long.chain(option.get_short().map(String::from)).collect::<Vec<_>>()
            };
            let defined: BTreeSet<_> = command.get_arguments().flat_map(all).collect();
            assert_eq!(defined, G::NAMES.iter().map(|&name| name.to_owned()).collect());
        }
        check::<KeyOptions>();
        check::<FreshnessOptions>();
        check::<StoringOptions>();
        check::<ShowingOptions>();
        check::<StoreOptions>();
        check::<CommonOptions>();
    }

    /// Options, values, and what else a command line is made of.
    fn some_words() -> Vec<OsString> {
        let definition = Cli::command();
        let longs = definition.get_arguments().flat_map(|option| {
            let aliases = option.get_all_aliases().unwrap_or_default();
            aliases.into_iter().chain(option.get_long()).map(|name| format!("--{name}"))
        });
        let longs: Vec<_> = longs.collect();
        let with_values =
            longs.iter().flat_map(|long| ["1", "auto"].map(|it| format!("{long}={it}")));
        let others =
            ["-v", "-q", "-n", "-vqn", "-x", "--unknown", "1", "1h", "auto", "--", "-", "", "ls"];
        let others = others.map(str::to_owned).into_iter().chain(with_values);
        others.chain(longs.clone()).map(OsString::from).collect()
    }

    proptest! {
        #[test]
        fn what_is_understood_is_what_all_definitions_say(
            words in prop::collection::vec(select(some_words()), 0..6)
        ) {
            let words: Vec<_> = [OsString::from("cachex")].into_iter().chain(words).collect();
            let understood = parse(&words, &[]).map(|(cli, _)| format!("{cli:?}"));
            let whole = Cli::try_parse_from(&words).ok().map(|cli| format!("{cli:?}"));
            prop_assert_eq!(understood, whole);
        }
    }
}
