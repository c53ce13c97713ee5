//! A command to run, and the callbacks of a run.

use crate::exit::Exit;
use crate::inputs::Ledger;
use crate::output_streams::OutputStreams;
use crate::progress::Spinner;
use crate::recording::Recorder;
use crate::runner::launch::Environment;
use crate::stdin::Stdin;
use std::ffi::OsString;
use std::path::Path;

/// A command to run.
pub struct Job<'a> {
    /// The file to execute.
    pub program: &'a Path,
    /// The command line. It begins with the program's name as the user spelled it.
    pub words: &'a [OsString],
    /// Its environment; `None`: the same as ours.
    pub environment: Option<Environment>,
    /// Our standard input. The command takes only as much of it as it reads.
    pub stdin: Stdin,
    /// The streams that it writes to.
    pub outputs: OutputStreams,
    /// Records the output, if that is wanted.
    pub recorder: Option<Box<Recorder>>,
    /// Told of all files that the command asks for and changes, if that is wanted.
    pub trace: Option<Ledger>,
    /// Shown while the command is silent, if that is wanted.
    pub spinner: Option<Spinner>,
    /// If set, output is held back until the command has ended, and is dropped if this returns true for its exit. This
    /// needs a recorder.
    pub withhold: Option<&'a dyn Fn(Exit) -> bool>,
    /// Called, perhaps more than once, when nobody else should wait for this run any longer because cachex waits for
    /// the reader of its output or is about to stop.
    pub held_up: &'a dyn Fn(),
    /// Called, perhaps more than once, as soon as it is certain that the result will not be stored.
    pub unstorable: &'a dyn Fn(),
}
