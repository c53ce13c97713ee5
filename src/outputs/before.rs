//! What matched the patterns before the run: what has the same stamp after it was not written by it.

use super::descent::open_top;
use super::fault::NotCollected;
use super::walk::{FoundOutput, unreadable, walk};
use crate::key::FileStamp;
use crate::output_pattern::OutputPattern;
use rustix::fd::AsFd;
use rustix::fs::{FileType, Stat};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The stamps of what matched before the run.
#[derive(Debug, Default)]
pub struct OutputsBefore(BTreeMap<PathBuf, FileStamp>);

impl OutputsBefore {
    /// Looks at all that the patterns match below the working directory.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn survey(directory: &Path, patterns: &[OutputPattern]) -> Result<Self, NotCollected> {
        let top = open_top(directory).map_err(|error| unreadable(Path::new(""), error))?;
        let mut stamps = BTreeMap::new();
        let mut note = |FoundOutput { path, stat, .. }: FoundOutput<'_>| {
            stamps.insert(path, stamp(&stat));
            Ok(())
        };
        for pattern in patterns {
            walk(top.as_fd(), pattern, &mut note)?;
        }
        Ok(Self(stamps))
    }

    /// Whether what is there now was there before, untouched.
    pub(super) fn holds(&self, path: &Path, stat: &Stat) -> bool {
        self.0.get(path) == Some(&stamp(stat))
    }
}

/// The stamp of an output. A directory counts as written only when it is a new one: its times tell no more than what is
/// in it.
fn stamp(stat: &Stat) -> FileStamp {
    let stamp = FileStamp::of(stat);
    if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
        FileStamp { size: 0, modified: 0, changed: 0, ..stamp }
    } else {
        stamp
    }
}
