//! The command's two output streams, which depend on the options and on where our own streams lead.
//!
//! This is part of the key. Output to one stream is recorded in exact order; between two streams the order is not
//! exact.

use crate::inherited::is_closed;
use crate::process_group::is_our_terminal;
use crate::terminal::{Stream, TerminalSize};
use rustix::fd::BorrowedFd;
use rustix::fs::{FileType, OFlags, SeekFrom, fcntl_getfl, fstat, seek};
use rustix::termios::isatty;

/// The standard output and standard error of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputStreams {
    /// A pipe for each.
    Apart,
    /// One pipe for both, since our own are one as well: `2>&1`, or one terminal.
    Joined,
    /// A pipe for each that is open in our process.
    Partly {
        /// Whether standard output is open.
        stdout: bool,
        /// Whether standard error is open.
        stderr: bool,
    },
    /// A terminal: `--pty`.
    Terminal {
        /// Its width.
        columns: u16,
    },
}

/// The options that decide the command's output streams.
#[derive(Clone, Copy, Debug)]
pub struct OutputRequest {
    /// `--pty`.
    pub pty: PtyMode,
    /// `--warm`: nothing is written to our own streams.
    pub warm: bool,
}

/// Whether the command gets a terminal in place of pipes: `--pty`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PtyMode {
    /// Always.
    Always,
    /// When our standard output is a terminal.
    Auto,
    /// Never.
    Never,
}

impl OutputStreams {
    /// The streams that the command gets. Looks at our own.
    pub fn observe(request: OutputRequest) -> Self {
        let wants_terminal = match request.pty {
            PtyMode::Always => true,
            PtyMode::Auto => Stream::Stdout.is_terminal(),
            PtyMode::Never => false,
        };
        if wants_terminal {
            return Self::Terminal { columns: TerminalSize::own().columns };
        }
        if request.warm {
            // A recording of two streams serves every call.
            return Self::Apart;
        }
        let (out, err) = (Stream::Stdout.fd(), Stream::Stderr.fd());
        match (!is_closed(out), !is_closed(err)) {
            (true, true) if are_one(out, err) || both_append(out, err) => Self::Joined,
            (true, true) => Self::Apart,
            (stdout, stderr) => Self::Partly { stdout, stderr },
        }
    }

    /// Streams whose recordings may be replayed to these, if the run used only one stream: then there is no order
    /// between streams to keep.
    pub fn also_served_by(self) -> Option<Self> {
        (self == Self::Joined).then_some(Self::Apart)
    }
}

/// Whether everything that is written to the two descriptors arrives in the order of the writes.
pub fn are_one(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> bool {
    let (Ok(of_a), Ok(of_b)) = (fstat(a), fstat(b)) else { return false };
    let kind = FileType::from_raw_mode(of_a.st_mode);
    if kind != FileType::from_raw_mode(of_b.st_mode) {
        return false;
    }
    let is_same_file = (of_a.st_dev, of_a.st_ino) == (of_b.st_dev, of_b.st_ino);
    match kind {
        FileType::CharacterDevice => {
            // Other devices, such as the null device, keep no order.
            let is_same_device =
                of_a.st_rdev == of_b.st_rdev || (is_our_terminal(a) && is_our_terminal(b));
            is_same_device && isatty(a) && isatty(b)
        }
        // Each open file description has an offset of its own.
        FileType::RegularFile => is_same_file && share_description(a, b),
        _ => is_same_file,
    }
}

/// Whether two descriptors append to the same file: each write goes to its end.
fn both_append(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> bool {
    let appends = |fd| fcntl_getfl(fd).is_ok_and(|flags| flags.contains(OFlags::APPEND));
    let file = |fd| {
        let stat = fstat(fd).ok()?;
        let is_regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        is_regular.then_some((stat.st_dev, stat.st_ino))
    };
    appends(a) && appends(b) && file(a).is_some_and(|of_a| file(b) == Some(of_a))
}

/// Whether two descriptors of one file share an open file description.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn share_description(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> bool {
    use rustix::fd::AsRawFd;
    const KCMP_FILE: libc::c_int = 0;
    /// Since Linux 6.10.
    const F_DUPFD_QUERY: libc::c_int = 1027;
    let pid = rustix::process::getpid().as_raw_nonzero().get();
    let (a_fd, b_fd) = (a.as_raw_fd(), b.as_raw_fd());
    // SAFETY: the calls read their arguments only.
    let order = unsafe { libc::syscall(libc::SYS_kcmp, pid, pid, KCMP_FILE, a_fd, b_fd) };
    if order != -1 {
        return order == 0;
    }
    // Seccomp filters often forbid `kcmp`.
    // SAFETY: as above.
    match unsafe { libc::fcntl(a_fd, F_DUPFD_QUERY, b_fd) } {
        -1 => seem_to_share_description(a, b),
        is_one => is_one == 1,
    }
}

#[cfg(not(target_os = "linux"))]
use seem_to_share_description as share_description;

/// Like [`share_description`], for systems that cannot answer this: whether their flags and offsets are equal.
fn seem_to_share_description(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> bool {
    let shared = |fd| Some((fcntl_getfl(fd).ok()?, seek(fd, SeekFrom::Current(0)).ok()?));
    shared(a).is_some_and(|of_a| shared(b) == Some(of_a))
}
