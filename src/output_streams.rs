//! Where the command's two output streams lead, as far as it makes a difference to the command.
//!
//! It counts in the key: what is written to one stream is in exact order, what is written to two is not.

use crate::inherited::is_closed;
use crate::terminal::{Stream, TerminalSize};
use rustix::fd::BorrowedFd;
use rustix::fs::{FileType, OFlags, SeekFrom, Stat, fcntl_getfl, fstat, seek};
use rustix::termios::{isatty, tcgetsid};

/// What the command gets as standard output and standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputStreams {
    /// A pipe for each.
    Apart,
    /// One pipe for both, since ours are one as well (`2>&1`, or one terminal): what is written stays in order.
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

/// What was asked for the command's output streams.
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
    /// It does.
    Always,
    /// It does when our standard output is a terminal.
    Auto,
    /// It does not.
    Never,
}

impl OutputStreams {
    /// What the command is to get, as our own streams stand.
    #[must_use]
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

    /// Whose recordings may be replayed here too, if they are of one stream only: then there is no order to
    /// keep.
    #[must_use]
    pub fn also_served_by(self) -> Option<Self> {
        (self == Self::Joined).then_some(Self::Apart)
    }
}

/// Whether what is written to two descriptors lands in one row.
#[must_use]
pub fn are_one(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> bool {
    let (Ok(of_a), Ok(of_b)) = (fstat(a), fstat(b)) else { return false };
    let kind = |stat: &Stat| FileType::from_raw_mode(stat.st_mode);
    if kind(&of_a) != kind(&of_b) {
        return false;
    }
    let is_same_file = of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
    match kind(&of_a) {
        FileType::CharacterDevice => {
            // Of other devices the null device is the usual one, and keeps no order.
            let is_same_device = of_a.st_rdev == of_b.st_rdev || (is_ours(a) && is_ours(b));
            is_same_device && isatty(a) && isatty(b)
        }
        // Each opening of a file has an offset of its own.
        FileType::RegularFile => is_same_file && are_one_opening(a, b),
        _ => is_same_file,
    }
}

/// Whether two descriptors append to the same file: each write goes to its end, whichever it comes through.
fn both_append(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> bool {
    let (Ok(of_a), Ok(of_b)) = (fstat(a), fstat(b)) else { return false };
    let appends = |fd| fcntl_getfl(fd).is_ok_and(|flags| flags.contains(OFlags::APPEND));
    FileType::from_raw_mode(of_a.st_mode) == FileType::RegularFile
        && (of_a.st_dev, of_a.st_ino) == (of_b.st_dev, of_b.st_ino)
        && appends(a)
        && appends(b)
}

/// Whether this is our controlling terminal: `/dev/tty` is another name of it, and another device.
fn is_ours(fd: BorrowedFd<'_>) -> bool {
    tcgetsid(fd).is_ok()
}

/// Whether two descriptors of one file share one opening of it.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn are_one_opening(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> bool {
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
    // Filters of system calls often forbid that one.
    // SAFETY: as above.
    match unsafe { libc::fcntl(a_fd, F_DUPFD_QUERY, b_fd) } {
        -1 => seem_one_opening(a, b),
        is_one => is_one == 1,
    }
}

#[cfg(not(target_os = "linux"))]
use seem_one_opening as are_one_opening;

/// The same where the system does not tell: by all that they would share.
fn seem_one_opening(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> bool {
    let shared = |fd| Some((fcntl_getfl(fd).ok()?, seek(fd, SeekFrom::Current(0)).ok()?));
    shared(a).is_some_and(|of_a| shared(b) == Some(of_a))
}
