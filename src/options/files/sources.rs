//! Where the value of each option comes from.

use super::places::Whose;
use crate::options::definitions::Cli;
use crate::terminal::escape_os;
use clap::ArgMatches;
use clap::parser::ValueSource;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::rc::Rc;

/// What the files set, by the id of the option.
pub type Settings = BTreeMap<String, Setting>;

/// What a file says of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The words on the command line that mean the same; none for the default.
    pub values: Vec<String>,
    /// Whose file it is.
    pub whose: Whose,
    /// Which file it is.
    pub path: Rc<Path>,
    /// The command of the rule in it.
    pub rule: Option<Rc<str>>,
    /// The order among settings: a higher one is nearer to the command.
    pub level: usize,
}

/// Where a value comes from; the later, the nearer.
#[derive(Clone, Copy, Debug)]
pub enum Source<'s> {
    /// Nobody said anything.
    Default,
    /// A file.
    File(&'s Setting),
    /// A variable.
    Variable,
    /// The command line.
    Flag,
}

/// Where all values come from.
#[derive(Debug)]
pub struct Sources {
    matches: ArgMatches,
    /// Whether the options of the run are those of a verb that is asked about one.
    of_verb: bool,
    settings: Settings,
    overruled: Vec<String>,
}

impl Sources {
    /// The sources of what was parsed with these settings as defaults.
    #[must_use]
    pub fn new(cli: &Cli, matches: ArgMatches, settings: Settings) -> Self {
        let of_verb = cli.verb.is_some() && cli.call().is_some();
        Self { matches, of_verb, settings, overruled: Vec::new() }
    }

    /// The matches as a whole.
    #[must_use]
    pub fn matches(&self) -> &ArgMatches {
        &self.matches
    }

    /// What the files set.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where the value of this option comes from.
    #[must_use]
    pub fn of(&self, id: &str) -> Source<'_> {
        let matches = self.of_run();
        // Without a word of it on the command line it may not be defined.
        let is_there = matches.try_contains_id(id).unwrap_or(false);
        match is_there.then(|| matches.value_source(id)).flatten() {
            Some(ValueSource::CommandLine) => Source::Flag,
            Some(ValueSource::EnvVariable) => Source::Variable,
            _ => self.settings.get(id).map_or(Source::Default, Source::File),
        }
    }

    /// The words that the option has, wherever they come from.
    pub fn words(&self, id: &str) -> impl Iterator<Item = &OsStr> {
        self.of_run().get_raw(id).into_iter().flatten()
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self, id: &str) -> bool {
        !self.is_overruled(id) && self.of_run().get_flag(id)
    }

    /// Notes that a nearer option contradicts this one.
    pub fn overrule(&mut self, id: &str) {
        self.overruled.push(id.to_owned());
    }

    /// Whether a nearer option contradicts this one.
    #[must_use]
    pub fn is_overruled(&self, id: &str) -> bool {
        self.overruled.iter().any(|overruled| overruled == id)
    }

    /// The matches that have the options of a run: those of a verb that takes them, or ours.
    fn of_run(&self) -> &ArgMatches {
        match self.matches.subcommand() {
            Some((_, matches)) if self.of_verb => matches,
            _ => &self.matches,
        }
    }
}

impl Source<'_> {
    /// Its place in the order of precedence.
    #[must_use]
    pub fn nearness(&self) -> usize {
        match self {
            Self::Default => 0,
            Self::File(setting) => setting.level,
            Self::Variable => usize::MAX - 1,
            Self::Flag => usize::MAX,
        }
    }
}

/// The file and the rule in it, with nothing that a terminal would act on.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape_os(self.path.as_os_str()))?;
        match &self.rule {
            Some(rule) => {
                write!(f, " rule \"{}\"", escape_os(OsStr::new(&**rule)))
            }
            None => Ok(()),
        }
    }
}
