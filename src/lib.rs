//! `cachex` memoizes any command: the second time, its output, its errors and its exit status come
//! back at once from a local store.
//!
//! These pages describe the inside of the program. `README.md` says what it does, `docs/reference.md` lists every
//! option and field, and `CONTRIBUTING.md` says how to change it. It is a library only so that
//! tests, benchmarks and fuzz targets can reach its parts: nothing here is stable.
//!
//! # Two laws
//!
//! **Transparent**: a miss behaves as the bare command, a hit behaves as the recorded miss did, and a fault of
//! the cache changes neither. **Sound**: a result is replayed only if everything that decides it is the same.
//!
//! When a module cannot read, decide or store something, the answer is always the same: the command runs as if
//! cachex were not there, and one line of warning says why.
//!
//! # The model
//!
//! An entry is a *key*, *conditions* and a *recording*.
//!
//! | | known | says |
//! |---|---|---|
//! | [`key::Key`] | before the command runs | its words, the content of its script, its directory, the selected variables and files: a digest of the [`key::Fingerprint`] |
//! | [`entry::Condition`] | only while it runs | whether it read its standard input, and what that was |
//! | [`recording::Recording`] | in the end | its output in order of arrival, and how it ended |
//!
//! A look-up finds the entries of the key, its variants, and replays the first one whose condition holds now.
//!
//! # The path of a request
//!
//! ```text
//! arguments, variables, files ── options ──┐
//!                                          ▼ Request
//!                     key::observe: the state of the inputs
//!                                          ▼ Fingerprint, Key
//!          store: the variants of the key ── policy: may one be replayed?
//!                      │ yes                                 │ no
//!                      ▼                                     ▼
//!                   replay         single flight ── runner ── policy: may it be kept? ── store
//!                      └──────────────── Exit ───────────────┘
//! ```
//!
//! [`commands::run::run`] reads like that picture, and [`commands::explain`] takes the same steps without running
//! anything; both use `call`. Only [`key`] reads the world for the key, only [`policy`] decides, only [`runner`]
//! starts the command, only [`store`] touches the database, and only [`terminal`] writes to our streams.
//!
//! # The layers
//!
//! `tests/architecture/layers.rs` lists which modules each module may use, and the files of each folder, the lowest first:
//! a file may use only those before it. The tests hold the code to it.
//!
//! | layer | modules |
//! |---|---|
//! | verbs | [`commands`] |
//! | one call | `call` |
//! | its parts | [`options`], [`store`], [`runner`], [`tracer`], [`policy`], [`single_flight`], [`replay`], `remote` |
//! | values | [`entry`], [`stdin`], [`inputs`], [`outputs`], [`key`], [`recording`] |
//! | ground floor | [`progress`], [`terminal`], [`error`], [`exit`], [`time`], [`size`], [`hex`], [`inherited`], [`output_streams`], [`home`], [`ownership`], [`private_directory`], [`file_lock`], [`memory_file`], [`absence`], [`die_with_parent`], `process` |

pub mod absence;
mod call;
pub mod commands;
pub mod content;
pub mod die_with_parent;
pub mod entry;
pub mod error;
pub mod exit;
pub mod file_lock;
pub mod hex;
pub mod home;
pub mod inherited;
pub mod inputs;
pub mod key;
pub mod memory_file;
mod opening;
pub mod options;
pub mod output_pattern;
pub mod output_streams;
pub mod outputs;
pub mod ownership;
mod parallel;
mod path_pattern;
pub mod policy;
pub mod poll;
pub mod private_directory;
mod process;
mod process_group;
pub mod progress;
pub mod recording;
#[cfg(feature = "remote")]
pub mod remote;
pub mod replay;
pub mod runner;
pub mod single_flight;
pub mod size;
pub mod stack;
pub mod stdin;
pub mod store;
pub mod terminal;
pub mod time;
pub mod tracer;

use error::Error;
use exit::Exit;
use options::{Asked, EarlyExit, Verb};
use std::sync::atomic::{AtomicU8, Ordering};

/// Parses the command line, does what it asks, and prints an error once. Returns the exit status.
pub fn main() -> u8 {
    static STATUS: AtomicU8 = AtomicU8::new(0);
    extern "C" fn work() {
        STATUS.store(status(), Ordering::Relaxed);
    }
    stack::with_enough(work);
    STATUS.load(Ordering::Relaxed)
}

fn status() -> u8 {
    inherited::prepare();
    #[cfg(feature = "remote")]
    if let Some(status) = remote_process() {
        return status;
    }
    match Asked::read().and_then(|asked| Ok(dispatch(asked)?)) {
        Ok(exit) => {
            if let Exit::Signal(signal) = exit {
                runner::die_of(signal);
            }
            exit.status()
        }
        Err(EarlyExit::Help(help)) => help.show(),
        Err(EarlyExit::Error(error)) => {
            terminal::print_error(&error);
            error.exit_code()
        }
    }
}

/// The work of a process that cachex started for a remote, if this is one: its exit status. It holds secrets, so it leaves no
/// core file.
#[cfg(feature = "remote")]
fn remote_process() -> Option<u8> {
    if remote::push::detached::is_asked_to_push() {
        process::prevent_core_file();
        return Some(remote::push::detached::push_as_ordered());
    }
    let object = remote::child::is_asked_for()?;
    process::prevent_core_file();
    Some(remote::child::serve(object))
}

fn dispatch(mut asked: Asked) -> Result<Exit, Error> {
    let notices = options::notices(&asked.in_force);
    let Some(verb) = asked.verb.take() else {
        let (request, directory) = asked.into_request(&notices);
        return commands::run::run(&request, directory, &notices);
    };
    let store = || asked.store(&notices);
    match verb {
        Verb::Clear(options) if options.remote => {
            commands::remote::clear(asked, &options, &notices)?;
        }
        Verb::Clear(options) => commands::clear::run(&options, &store()?, &notices)?,
        Verb::Completions { shell } => commands::completions::run(shell)?,
        Verb::Config(options) => commands::config::run(&asked, &options, &notices)?,
        Verb::Doctor => return commands::doctor::run(&asked.in_force, &store()?),
        Verb::Explain(options) => commands::explain::run(asked, &options, &notices)?,
        Verb::Help { verb } => return Ok(Exit::Code(options::Help::of(verb.as_deref()).show())),
        Verb::Init { shell } => commands::init::run(shell)?,
        Verb::Man { verb } => commands::man::run(verb.as_deref())?,
        Verb::List(options) => commands::list::run(&options, &store()?, &notices)?,
        Verb::Prune(options) => {
            let max_size = options.max_size.or(asked.in_force.max_size.value().copied());
            commands::prune::run(max_size, options.dry_run, &store()?, &notices)?;
        }
        Verb::Remote(options) => return commands::remote::run(&options, &asked, &notices),
        Verb::Show(options) => commands::show::run(&options, &store()?, &notices)?,
        Verb::Stats(options) => commands::stats::run(&options, &store()?, &notices)?,
        Verb::Trust(options) => commands::trust::run(&options)?,
    }
    Ok(Exit::Code(0))
}
