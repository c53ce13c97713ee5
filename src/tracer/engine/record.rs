//! Passing on to the ledger what a run does, together with what the kernel does on its own when a program is executed.

use super::event::TraceEvent;
use super::program::{Loading, are_formats_registered, gains_privileges, loading};
use super::resolve::joined;
use super::terminal::TERMINAL;
use crate::inputs::{Doubt, Ledger, Look, WriteKind};
use rustix::fs::FileType;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::fd::RawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// Takes what a run does.
#[derive(Debug)]
pub(super) struct Record {
    ledger: Ledger,
    /// The sockets of the run itself.
    bound: HashSet<Vec<u8>>,
    network: NetworkUse,
    /// Descriptors that it inherited.
    used: Vec<RawFd>,
    /// Terminals that may have been used.
    open_terminals: usize,
    opens_other_terminals: bool,
}

/// How the network was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NetworkUse {
    None,
    Unnamed,
    Named,
}

/// How many interpreters the kernel tries one after the other.
const DEEPEST: usize = 6;

impl Record {
    pub(super) fn new(ledger: Ledger) -> Self {
        let (bound, network) = (HashSet::new(), NetworkUse::None);
        Self {
            ledger,
            bound,
            network,
            used: Vec::new(),
            open_terminals: 0,
            opens_other_terminals: false,
        }
    }

    /// `loses_privileges`: programs that would get privileges do not get them.
    pub(super) fn take(&mut self, event: TraceEvent, loses_privileges: bool) {
        match event {
            TraceEvent::Look { path, follow, look } => self.ledger.look(&path, follow, look),
            TraceEvent::Name { path } => self.ledger.name(&path),
            TraceEvent::Execute { path, follow, directory } => {
                self.execute(path, follow, directory.as_deref(), loses_privileges);
            }
            TraceEvent::Write { path, follow, kind } => {
                self.ledger.before_write(&path, follow, kind);
            }
            TraceEvent::Rename { source, target, kind } => {
                self.ledger.before_rename(&source, &target, kind);
            }
            TraceEvent::Link { source, follow, target } => {
                self.ledger.before_link(&source, follow, &target);
            }
            TraceEvent::Bind { path } => {
                self.ledger.before_write(&path, false, WriteKind::CreateNew);
                self.bound.insert(path);
            }
            TraceEvent::Connect { path } => self.connect(path),
            TraceEvent::Network { peer: None } if self.network == NetworkUse::None => {
                self.network = NetworkUse::Unnamed;
            }
            TraceEvent::Network { peer: Some(peer) } if self.network != NetworkUse::Named => {
                self.network = NetworkUse::Named;
                self.ledger.doubt(Doubt::Network(Some(peer)));
            }
            TraceEvent::Network { .. } => {}
            TraceEvent::OpenTerminal { is_other } => {
                self.open_terminals += 1;
                self.opens_other_terminals |= is_other;
            }
            TraceEvent::LeaveTerminal => self.open_terminals -= 1,
            TraceEvent::Use { descriptor } => self.used.push(descriptor),
            TraceEvent::Mount => self.ledger.blind(),
            TraceEvent::Doubt(doubt) => self.ledger.doubt(doubt),
        }
    }

    /// The run has ended.
    pub(super) fn end(mut self) -> (Ledger, Vec<RawFd>) {
        if self.network == NetworkUse::Unnamed {
            self.ledger.doubt(Doubt::Network(None));
        }
        if self.open_terminals > 0 {
            // Where there is no terminal, that decides.
            self.ledger.look(TERMINAL, true, Look::Content);
            if self.opens_other_terminals {
                self.ledger.doubt(Doubt::Terminal);
            }
        }
        (self.ledger, self.used)
    }

    /// A program, and those that the kernel loads for it.
    fn execute(
        &mut self,
        mut path: Vec<u8>,
        mut follow: bool,
        directory: Option<&[u8]>,
        loses_privileges: bool,
    ) {
        for _ in 0..DEEPEST {
            self.ledger.execute(&path, follow);
            let program = Path::new(OsStr::from_bytes(&path));
            let loading = loading(program);
            // Of a script that bit means nothing.
            let is_script = matches!(loading, Some(Loading::Script(_)));
            if loses_privileges && !is_script && gains_privileges(program) {
                self.ledger.doubt(Doubt::Privileged(program.to_owned()));
            }
            let next = match loading {
                Some(Loading::Script(next) | Loading::Binary(Some(next))) => next,
                Some(Loading::Other) if are_formats_registered() => {
                    self.ledger.doubt(Doubt::Untraceable("a registered format of programs"));
                    return;
                }
                None | Some(Loading::Binary(None) | Loading::Other) => return,
            };
            path = match directory {
                _ if next.is_absolute() => next.into_os_string().into_vec(),
                Some(directory) => joined(directory.to_vec(), next.as_os_str().as_bytes()),
                None => return self.ledger.doubt(Doubt::Deleted),
            };
            follow = true;
        }
    }

    fn connect(&mut self, path: Vec<u8>) {
        if self.bound.contains(&path) {
            return;
        }
        self.ledger.look(&path, true, Look::Access);
        let path = OsString::from_vec(path);
        let is_there = rustix::fs::stat(&path)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Socket);
        if is_there {
            self.ledger.doubt(Doubt::Daemon(path.into()));
        }
    }
}
