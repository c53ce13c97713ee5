//! Commands that are traced: what their processes notice when cachex ends before them.

#![allow(unsafe_code, reason = "processes are forked")]

use super::{Trace, TraceFault};
use crate::inputs::{Ledger, TraceTerms};
use crate::key::TraceTimes;
use crate::output_pattern::OutputSpec;
use crate::process::in_new_process;
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Command;

fn ledger() -> Ledger {
    Ledger::new(TraceTerms {
        working_directory: "/".into(),
        project: "/".into(),
        store: "/nonexistent".into(),
        ignored: Vec::new(),
        times: TraceTimes::Exact,
        outputs: OutputSpec::default(),
        written: BTreeSet::new(),
        now: Timestamp::now(),
    })
}

/// Runs a command that leaves a process behind, in a process that then ends in this way. The process that is left opens a
/// file: what it reads.
fn read_by_survivor(end: impl FnOnce(Trace)) -> String {
    const SCRIPT: &str = "exec 3<&0; ( read go <&3 && cat /proc/sys/kernel/ostype ) &";
    let (theirs, mut go) = std::io::pipe().expect("made");
    let (mut read, output) = std::io::pipe().expect("made");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SCRIPT]).stdin(OwnedFd::from(theirs)).stdout(OwnedFd::from(output));
    let cachex = || {
        let mut trace = Trace::prepare(ledger(), Path::new("/bin/sh"), vec![]).expect("possible");
        trace.arrange(&mut command);
        let mut child = command.spawn().expect("started");
        trace.guard();
        assert!(child.wait().expect("ended").success());
        end(trace);
    };
    // SAFETY: no thread of another test holds a lock that is needed.
    let cachex = unsafe { in_new_process(cachex) }.expect("forked");
    drop(command);
    rustix::process::waitpid(Some(cachex), rustix::process::WaitOptions::empty()).expect("ended");
    go.write_all(b"go\n").expect("written");
    let mut seen = String::new();
    read.read_to_string(&mut seen).expect("read");
    seen
}

#[test]
fn a_process_that_is_left_behind_goes_on() {
    let seen = read_by_survivor(|trace| _ = trace.end().expect("traced"));
    assert_eq!(seen, "Linux\n");
}

#[test]
fn a_process_goes_on_when_cachex_is_killed() {
    let seen = read_by_survivor(|_trace| {
        let own = rustix::process::getpid();
        rustix::process::kill_process(own, rustix::process::Signal::KILL).expect("killed");
    });
    assert_eq!(seen, "Linux\n");
}

#[test]
fn a_command_that_cannot_be_started_is_no_problem() {
    let mut command = Command::new("/nonexistent");
    let mut trace = Trace::prepare(ledger(), Path::new("/nonexistent"), vec![]).expect("possible");
    trace.arrange(&mut command);
    assert_eq!(command.spawn().expect_err("absent").kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn a_second_trace_is_refused_and_the_command_runs() {
    let (mut read, output) = std::io::pipe().expect("made");
    let mut command = Command::new("/bin/echo");
    command.arg("ran").stdout(OwnedFd::from(output));
    let mut outer = Trace::prepare(ledger(), Path::new("/bin/echo"), vec![]).expect("possible");
    let mut inner = Trace::prepare(ledger(), Path::new("/bin/echo"), vec![]).expect("possible");
    outer.arrange(&mut command);
    inner.arrange(&mut command);
    let mut child = command.spawn().expect("started");
    drop(command);
    outer.guard();
    inner.guard();
    assert!(child.wait().expect("ended").success());
    assert!(matches!(inner.end(), Err(TraceFault::Occupied)));
    outer.end().expect("traced");
    let mut seen = String::new();
    read.read_to_string(&mut seen).expect("read");
    assert_eq!(seen, "ran\n");
}
