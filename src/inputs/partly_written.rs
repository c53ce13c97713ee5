//! Files that a run has written only in part, by the files and not by their names.
//!
//! What the run reads there later on is partly of the world before. So a look by another name, behind a link, is a look
//! at the name that was written.

use super::path_state::PathState;
use rustix::fs::CWD;
use std::collections::HashMap;

/// The files that a run has written in part.
#[derive(Debug, Default)]
pub(super) struct PartlyWritten {
    /// The names by device and inode.
    known: HashMap<(u64, u64), Vec<u8>>,
    /// The names of files that were about to be made.
    new: Vec<Vec<u8>>,
}

impl PartlyWritten {
    /// Notes a file that is about to be written; `before` is what is there.
    pub(super) fn note(&mut self, path: &[u8], before: &PathState) {
        match before.found() {
            Some(facts) => {
                self.known.insert(facts.file(), path.to_vec());
            }
            None => self.new.push(path.to_vec()),
        }
    }

    /// Another name by which what was found at a path has been written.
    pub(super) fn other_name(&mut self, path: &[u8], found: &PathState) -> Option<Vec<u8>> {
        let facts = found.found().filter(|facts| facts.is_file())?;
        for name in std::mem::take(&mut self.new) {
            match PathState::at(CWD, &name, false).found() {
                Some(facts) => {
                    self.known.insert(facts.file(), name);
                }
                None => self.new.push(name),
            }
        }
        self.known.get(&facts.file()).filter(|name| *name != path).cloned()
    }
}
