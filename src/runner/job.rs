//! A command to run, and what the caller wants to hear of the run.

use crate::exit::Exit;
use crate::output_streams::OutputStreams;
use crate::progress::Spinner;
use crate::recording::Recorder;
use crate::runner::input::Input;
use crate::runner::launch::Environment;
use std::ffi::OsString;
use std::path::Path;

/// A command to run.
#[allow(missing_debug_implementations, reason = "it holds a closure")]
pub struct Job<'a> {
    /// The file to execute.
    pub program: &'a Path,
    /// The command line, the program's name as the user spelled it first.
    pub words: &'a [OsString],
    /// Its environment; `None`: the same as ours.
    pub environment: Option<Environment>,
    /// What it reads from standard input.
    pub input: Input,
    /// What it writes to.
    pub outputs: OutputStreams,
    /// Takes the output down, if that is wanted.
    pub recorder: Option<Recorder>,
    /// Shown while the command is silent, if that is wanted.
    pub spinner: Option<Spinner>,
    /// Whether output is held back until the command has ended, and then not shown after such an
    /// end. There has to be a recorder.
    pub withhold: Option<&'a dyn Fn(Exit) -> bool>,
    /// Called, perhaps more than once, when nobody else should wait for this run: a reader of the output keeps us
    /// waiting, or we are to stop.
    pub held_up: &'a dyn Fn(),
    /// Called once, as soon as it is certain that nothing of this run will be stored.
    pub unstorable: &'a dyn Fn(),
}
