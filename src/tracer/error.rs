//! Why a command cannot be traced.

use std::io;

/// Why a command cannot be traced. It runs untraced then.
#[derive(Debug, thiserror::Error)]
pub enum TraceFault {
    /// The system has no such thing.
    #[error("only Linux on x86-64 and aarch64 can trace")]
    Unsupported,
    /// Another program listens already, and there can be only one.
    #[error("another program traces already")]
    Occupied,
    /// The kernel does not know how.
    #[error("the kernel cannot do it; it takes Linux 5.19 or later")]
    Kernel,
    /// Filters of system calls are not allowed here.
    #[error("seccomp filters are not allowed here")]
    Forbidden,
    /// The memory of other processes, where the names of files are, may not be read.
    #[error(
        "processes may not read each other's memory here (kernel.yama.ptrace_scope, or a seccomp filter)"
    )]
    Unreadable,
    /// The command would lose its privileges.
    #[error("the command runs with privileges that a traced one does not get")]
    Privileged,
    /// Something else failed.
    #[error("{0}")]
    Other(io::Error),
}
