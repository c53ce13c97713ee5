//! Where the command's two output streams lead, as far as it makes a difference to the command.
//!
//! It counts in the key: what went to one pipe is in exact order, what went to two is not.

use crate::inherited::{self, is_closed};
use crate::terminal::Stream;
use rustix::fs::{FileType, fstat};

/// What the command gets as standard output and standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// A pipe for each.
    Apart,
    /// One pipe for both, since ours are one as well (`2>&1`): what is written stays in order.
    Joined,
    /// A pipe for those that are open with us.
    Partly {
        /// Whether standard output is open.
        stdout: bool,
        /// Whether standard error is open.
        stderr: bool,
    },
    /// A terminal of this width.
    Terminal {
        /// Its width.
        columns: u16,
    },
}

impl Outputs {
    /// As our own streams are.
    #[must_use]
    pub fn own() -> Self {
        let (stdout, stderr) = (!is_closed(Stream::Stdout.fd()), !is_closed(Stream::Stderr.fd()));
        if !stdout || !stderr {
            Self::Partly { stdout, stderr }
        } else if matters(Stream::Stdout)
            && inherited::are_one(Stream::Stdout.fd(), Stream::Stderr.fd())
        {
            Self::Joined
        } else {
            Self::Apart
        }
    }

    /// Whose recordings may be replayed here too: what came through two pipes is in order but for
    /// moments.
    #[must_use]
    pub fn also_served_by(self) -> Option<Self> {
        (self == Self::Joined).then_some(Self::Apart)
    }
}

/// Whether the order of what is written there is kept anywhere. On a terminal it is, but what one
/// looks at first and then gives to a pipe should not have to run twice.
fn matters(stream: Stream) -> bool {
    fstat(stream.fd())
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) != FileType::CharacterDevice)
}
