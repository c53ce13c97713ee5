//! Which of several values counts: the nearer one, and none of a file that cannot be understood.

use super::request::{Request, Typed};
use crate::error::Error;
use crate::options::definitions::{Cli, FreshnessOptions, KeyOptions, RunOptions, StoringOptions};
use crate::options::files::{self as config, Configured, Findings, Settings, Source, Sources};
use std::cmp::Ordering;

/// A request, and how it came about.
#[derive(Debug)]
pub struct Resolved {
    /// What is asked.
    pub request: Request,
    /// Where it comes from.
    pub sources: Sources,
    /// What is said about the files.
    pub findings: Findings,
}

/// The request that flags, variables and files make.
///
/// # Errors
/// A usage error when flags and variables make none. When only the files are at fault, they are left
/// out and the fault is among the findings.
pub fn resolve(configured: Configured) -> Result<Resolved, Error> {
    let Configured { cli, mut sources, mut findings } = configured;
    let request = match request(cli, &mut sources) {
        Err(problem) if !sources.settings().is_empty() => {
            let (cli, plain) = config::parse(Settings::new())?;
            findings.fault = Some(blame(&problem, &sources));
            sources = plain;
            self::request(cli, &mut sources)?
        }
        request => request?,
    };
    Ok(Resolved { request, sources, findings })
}

/// Whether these settings, alone, make a request.
///
/// # Errors
/// A usage error that quotes what makes none.
pub fn check(settings: Settings) -> Result<(), Error> {
    let (cli, mut sources) = config::parse(settings)?;
    request(cli, &mut sources).map(drop)
}

fn request(cli: Cli, sources: &mut Sources) -> Result<Request, Error> {
    let (options, words) = cli.into_call();
    let request = Request::new(prefer_nearer(options, sources)?, words)?;
    let is_typed = |id| matches!(sources.of(id), Source::Flag);
    let typed = Typed { hashes: is_typed("hash_with"), files: is_typed("file") };
    Ok(Request { typed, ..request })
}

/// The problem, with the file that alone would cause it.
fn blame(problem: &Error, sources: &Sources) -> String {
    let culprit = sources.settings().iter().find_map(|(id, setting)| {
        let alone = Settings::from([(id.clone(), setting.clone())]);
        let (cli, mut sources) = config::parse(alone).ok()?;
        let problem = request(cli, &mut sources).err()?;
        Some(format!("{setting}: {problem}"))
    });
    config::in_one_line(&culprit.unwrap_or_else(|| problem.to_string()))
}

/// Leaves an option out where a nearer one says the opposite.
///
/// # Errors
/// A usage error when two flags, two variables, or two lines of a file exclude each other.
fn prefer_nearer(mut options: RunOptions, sources: &mut Sources) -> Result<RunOptions, Error> {
    let RunOptions { key, freshness, storing, .. } = &mut options;
    let KeyOptions { stdin, no_stdin, .. } = key;
    let FreshnessOptions { refresh, warm, only_if_cached, failure_ttl, .. } = freshness;
    let StoringOptions { no_store, discard_failures, .. } = storing;
    let mut keeps_failures = failure_ttl.is_some();
    exclude(sources, ("stdin", stdin), ("no_stdin", no_stdin))?;
    exclude(sources, ("refresh", refresh), ("only_if_cached", only_if_cached))?;
    exclude(sources, ("warm", warm), ("only_if_cached", only_if_cached))?;
    exclude(sources, ("warm", warm), ("no_store", no_store))?;
    exclude(sources, ("failure_ttl", &mut keeps_failures), ("discard_failures", discard_failures))?;
    *failure_ttl = failure_ttl.filter(|_| keeps_failures);
    Ok(options)
}

/// Turns one of two options off if both are on.
fn exclude(
    sources: &mut Sources,
    (first, first_is_on): (&str, &mut bool),
    (second, second_is_on): (&str, &mut bool),
) -> Result<(), Error> {
    if !(*first_is_on && *second_is_on) {
        return Ok(());
    }
    let (of_first, of_second) = (sources.of(first), sources.of(second));
    match of_first.nearness().cmp(&of_second.nearness()) {
        Ordering::Greater => {
            *second_is_on = false;
            sources.overrule(second);
        }
        Ordering::Less => {
            *first_is_on = false;
            sources.overrule(first);
        }
        Ordering::Equal => {
            let (first, second) = (first.replace('_', "-"), second.replace('_', "-"));
            return Err(Error::Usage(match of_first {
                Source::File(setting) => {
                    format!("{setting}: {first} and {second} exclude each other")
                }
                _ => format!("--{first} and --{second} exclude each other"),
            }));
        }
    }
    Ok(())
}
