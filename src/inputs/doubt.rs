//! Why the inputs of a run cannot all be known, whatever its files are. Plain data, worded for people.

use crate::terminal::escape_os;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// Something that a run did and that files do not tell of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It talked to the network: to this address, or an unknown one.
    Network(Option<String>),
    /// It talked to the process that listens on this socket.
    Daemon(PathBuf),
    /// It opened a device, FIFO or socket.
    Device(PathBuf),
    /// It opened the terminal.
    Terminal,
    /// It mounted a file system.
    Mount,
    /// It did something that cannot be followed: `io_uring`, `chroot`, a foreign system call.
    Untraceable(&'static str),
    /// A signal came while a call was looked at, which may have failed without being seen.
    Interrupted,
    /// The arguments of a call could not be read.
    MemoryUnreadable,
    /// This program would have had more privileges without the trace.
    Privileged(PathBuf),
    /// A working directory or descriptor had no path any more.
    Deleted,
}

impl Doubt {
    /// Whether a result that expires may be stored all the same: what it depends on changes with time.
    pub fn is_fine_with_ttl(&self) -> bool {
        matches!(self, Self::Network(_) | Self::Daemon(_) | Self::Device(_))
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(None) => f.write_str("it used the network")?,
            Self::Network(Some(peer)) => {
                write!(f, "it talked to {} over the network", escape_os(OsStr::new(peer)))?;
            }
            Self::Daemon(path) => write!(f, "it talked to the process behind {}", shown(path))?,
            Self::Device(path) => write!(f, "it opened {}, which is no file", shown(path))?,
            Self::Terminal => f.write_str("it opened the terminal")?,
            Self::Mount => f.write_str("it mounted a file system, which cannot be traced")?,
            Self::Untraceable(what) => write!(f, "it used {what}, which cannot be traced")?,
            Self::Interrupted => {
                f.write_str("a signal interrupted a call that was being traced")?;
            }
            Self::MemoryUnreadable => f.write_str("the memory of a process could not be read")?,
            Self::Privileged(program) => {
                write!(f, "{} lost its privileges under the trace", shown(program))?;
            }
            Self::Deleted => f.write_str("it used a directory that had been removed")?,
        }
        if self.is_fine_with_ttl() {
            f.write_str("; with --ttl it would be stored")?;
        }
        Ok(())
    }
}

fn shown(path: &Path) -> String {
    escape_os(path.as_os_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubts_name_what_was_done_and_what_helps() {
        for (doubt, text) in [
            (
                Doubt::Network(Some("10.0.0.1:443".to_owned())),
                "it talked to 10.0.0.1:443 over the network; with --ttl it would be stored",
            ),
            (
                Doubt::Daemon("/run/docker.sock".into()),
                "it talked to the process behind /run/docker.sock; with --ttl it would be stored",
            ),
            (Doubt::Terminal, "it opened the terminal"),
            (Doubt::Untraceable("io_uring"), "it used io_uring, which cannot be traced"),
        ] {
            assert_eq!(doubt.to_string(), text);
        }
    }
}
