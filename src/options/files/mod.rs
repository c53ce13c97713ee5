//! The configuration files: what they say for a command, as defaults of the command line's options.
//!
//! A file only chooses other defaults, so flags and variables go before it and values mean what they
//! mean on the command line; no option is named here but those that a file may not set. A file that cannot be
//! understood is never half believed. Without files this costs an attempt to open one in each directory.

mod anchor;
mod candidate;
pub mod file;
mod options;
mod places;
mod refused;
mod rule;
mod sources;
pub mod trust;

pub use candidate::Candidate;
pub use options::{KnownOption, Vocabulary};
pub use places::Whose;
pub use refused::{RefusedKey, RefusedKeys};
pub use sources::{Setting, Settings, Source, Sources};

use crate::error::Error;
use crate::options::definitions::{self as cli, Cli, RunOptions, Verb};
use crate::terminal::{Notices, escape_os};
use clap::builder::Styles;
use clap::{ArgMatches, Args, FromArgMatches};
use file::{ConfigFile, Problem};
use places::Found;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use trust::Standing;

/// The command line with what the files add to it.
#[derive(Debug)]
pub struct Configured {
    /// Flags, variables and files in one.
    pub cli: Cli,
    /// Where each value comes from.
    pub sources: Sources,
    /// What is said about the files.
    pub findings: Findings,
}

/// What is said about the files beside the options.
#[derive(Debug, Default)]
pub struct Findings {
    /// Those that are there, the farthest first.
    pub files: Vec<PathBuf>,
    /// Those that a stranger put into a directory for everybody: as if they were not there.
    pub ignored: Vec<PathBuf>,
    /// Why one of them cannot be understood: then none of them counts, and nothing may be cached,
    /// since what the result should depend on is not known.
    pub fault: Option<String>,
    /// The project's file, if it is not trusted: it does not count, and nothing may be cached.
    pub untrusted: Option<Untrusted>,
    /// What each file may not set; its other options count.
    pub refused: Vec<RefusedKeys>,
}

/// A file of a project that is not trusted as it is.
#[derive(Clone, Debug)]
pub struct Untrusted {
    /// Which file it is.
    pub path: PathBuf,
    /// Why it does not count.
    pub standing: Standing,
    /// What it would set for the command.
    pub settings: Settings,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&trust::request(&self.path, &self.standing))
    }
}

/// Why a file is ignored.
pub const STRANGE: &str = "it belongs to another user, in a directory for everybody";

impl Findings {
    /// Warns of what the files may not say.
    pub fn tell(&self, notices: &Notices) {
        for path in &self.ignored {
            let path = escape_os(path.as_os_str());
            notices.detail(&format_args!("{path} is ignored: {STRANGE}"));
        }
        if let Some(fault) = &self.fault {
            return notices.warn(&format_args!("{fault}; runs are uncached"));
        }
        if let Some(untrusted) = &self.untrusted {
            notices.warn(&format_args!("{untrusted}; runs are uncached"));
        }
        if !self.refused.is_empty() {
            let of_files: Vec<_> = self.refused.iter().map(ToString::to_string).collect();
            notices.warn(&of_files.join("; "));
        }
    }

    /// Where the store is, unless the files are at fault: then nothing may be cached.
    ///
    /// # Errors
    /// Why nothing may be cached.
    pub fn usable(
        self,
        directory: Result<PathBuf, String>,
        notices: &Notices,
    ) -> Result<PathBuf, String> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if let Some(untrusted) = &self.untrusted {
            return Err(untrusted.to_string());
        }
        self.tell(notices);
        directory
    }
}

impl Configured {
    /// Adds what the files say for the command that was given.
    #[must_use]
    pub fn read(cli: Cli, given: ArgMatches) -> Self {
        let mut findings = Findings::default();
        let settings = match (cli.call(), &cli.verb) {
            (Some((run, _)), _) if run.store.no_cache => Settings::new(),
            (Some((_, words)), _) => look(&[Whose::User, Whose::Project], words, &mut findings),
            (None, Some(Verb::Completions { .. } | Verb::Trust(_))) => Settings::new(),
            (None, _) if cli.run.store.no_cache => Settings::new(),
            // There is no command. What is the user's own, the place of the store, counts.
            (None, _) => look(&[Whose::User], &[], &mut findings),
        };
        if !settings.is_empty() {
            match parse(settings) {
                Ok((cli, sources)) => return Self { cli, sources, findings },
                Err(problem) => findings.fault = Some(in_one_line(&problem.to_string())),
            }
        }
        let sources = Sources::new(&cli, given, Settings::new());
        Self { cli, sources, findings }
    }
}

/// Parses our command line anew, with these settings as the defaults.
///
/// # Errors
/// When it cannot be understood with them.
pub fn parse(settings: Settings) -> Result<(Cli, Sources), Error> {
    let usage = |error: clap::Error| Error::Usage(cli::plain_text(&error));
    let group = RunOptions::group_id();
    let with_defaults = |command: clap::Command| {
        command.mut_args(|option| match settings.get(option.get_id().as_str()) {
            Some(setting) if !setting.values.is_empty() => {
                option.default_values(setting.values.clone())
            }
            _ => option,
        })
    };
    // Other verbs have options of their own, which may go by the same names.
    let takes_run_options =
        |verb: &clap::Command| verb.get_groups().any(|g| Some(g.get_id()) == group.as_ref());
    let command = with_defaults(cli::command().styles(Styles::plain()))
        .mut_subcommands(|verb| if takes_run_options(&verb) { with_defaults(verb) } else { verb });
    let matches = command.try_get_matches_from(std::env::args_os()).map_err(usage)?;
    let cli = Cli::from_arg_matches(&matches).map_err(usage)?;
    let sources = Sources::new(&cli, matches, settings);
    Ok((cli, sources))
}

/// Reads these files, the farthest first, and puts together what they say for the
/// command: nothing if one cannot be understood.
fn look(files: &[Whose], words: &[OsString], findings: &mut Findings) -> Settings {
    let mut found = Vec::new();
    for whose in files {
        match whose.find(&mut findings.ignored) {
            Ok(file) => found.extend(file),
            Err(fault) => {
                findings.fault = Some(fault);
                return Settings::new();
            }
        }
    }
    if found.is_empty() {
        return Settings::new();
    }
    let vocabulary = Vocabulary::default();
    let mut settings = Settings::new();
    let mut level = 0;
    for Found { whose, path, bytes } in found {
        match parse_file(&path, &bytes, whose, &vocabulary) {
            Ok(file) => {
                let standing = match whose {
                    Whose::User => Standing::Trusted,
                    Whose::Project => trust::standing(&path, &bytes),
                };
                if standing != Standing::Trusted {
                    let mut settings = Settings::new();
                    add(&mut settings, &mut level, whose, &path, file, words);
                    findings.untrusted = Some(Untrusted { path, standing, settings });
                    continue;
                }
                findings.files.push(path.clone());
                if !file.refused.is_empty() {
                    let (path, keys) = (path.clone(), file.refused.clone());
                    findings.refused.push(RefusedKeys { whose, path, keys });
                }
                add(&mut settings, &mut level, whose, &path, file, words);
            }
            Err(fault) => {
                findings.files.push(path);
                findings.fault = Some(fault);
                return Settings::new();
            }
        }
    }
    settings
}

/// What a file says, or what in it cannot be understood.
fn parse_file(
    path: &Path,
    bytes: &[u8],
    whose: Whose,
    vocabulary: &Vocabulary,
) -> Result<ConfigFile, String> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    ConfigFile::parse(bytes, whose, directory, vocabulary).map_err(|Problem { line, what }| {
        format!("{}:{line}: {}", escape_os(path.as_os_str()), in_one_line(&what))
    })
}

/// Puts what a file says for the command over what is there.
fn add(
    settings: &mut Settings,
    level: &mut usize,
    whose: Whose,
    path: &Path,
    file: ConfigFile,
    words: &[OsString],
) {
    let path: Rc<Path> = path.into();
    let rules = file.rules.into_iter().filter(|rule| rule.applies_to(words));
    let tables = std::iter::once((None, file.defaults))
        .chain(rules.map(|rule| (Some(Rc::from(rule.command)), rule.options)));
    for (rule, table) in tables {
        *level += 1;
        for (id, values) in table {
            let rule = rule.clone();
            let path = Rc::clone(&path);
            settings.insert(id, Setting { values, whose, path, rule, level: *level });
        }
    }
}

/// A message that quotes a file, as it can be shown.
#[must_use]
pub fn in_one_line(message: &str) -> String {
    escape_os(OsStr::new(&message.split_whitespace().collect::<Vec<_>>().join(" ")))
}
