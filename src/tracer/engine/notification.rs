//! The listener: the descriptor through which the kernel reports calls and takes the answers.
//!
//! There is only one answer: the call goes on as if nobody had been asked.

use libc::{c_int, seccomp_notif, seccomp_notif_resp};
use rustix::io::Errno;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// Wakes the other side on the same processor, since one of both waits at any time. Linux 6.6 and later.
const SYNC_WAKE_UP: u64 = 1;

/// The descriptor of a filter.
#[derive(Debug)]
pub(crate) struct Listener(OwnedFd);

/// A call that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notification {
    id: u64,
    /// The thread that makes the call.
    pub(super) thread: i32,
    /// The architecture whose number it is.
    pub(super) architecture: u32,
    pub(super) number: u32,
    pub(super) arguments: [u64; 6],
}

impl Notification {
    /// Its place among all calls that were to be reported.
    pub(super) fn place(&self) -> u64 {
        self.id
    }

    /// A 32-bit argument, such as flags or a descriptor. The kernel ignores the upper half of the register.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn word(&self, argument: u8) -> u32 {
        self.wide(argument) as u32
    }

    /// A descriptor, or `AT_FDCWD`.
    pub(super) fn descriptor(&self, argument: u8) -> i32 {
        self.word(argument).cast_signed()
    }

    /// An argument of full width, such as an address.
    pub(super) fn wide(&self, argument: u8) -> u64 {
        self.arguments.get(usize::from(argument)).copied().unwrap_or(0)
    }
}

impl Listener {
    /// Takes over a listener.
    pub(super) fn new(fd: OwnedFd) -> Self {
        let listener = Self(fd);
        // Where the kernel cannot do that, answers take a little longer.
        let _ = listener.control(libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP as *mut u64);
        listener
    }

    /// The next call that is to be answered. `None`: it was withdrawn, by a signal or by the end of its process.
    pub(super) fn receive(&self) -> Result<Option<Notification>, Errno> {
        // The kernel takes memory that is zero only.
        let mut message = MaybeUninit::<seccomp_notif>::zeroed();
        match self.control(libc::SECCOMP_IOCTL_NOTIF_RECV, message.as_mut_ptr()) {
            Ok(()) => {}
            Err(Errno::NOENT | Errno::INTR) => return Ok(None),
            Err(fault) => return Err(fault),
        }
        // SAFETY: it consists of numbers, for which all bytes are valid.
        #[allow(unsafe_code)]
        let message = unsafe { message.assume_init() };
        Ok(Some(Notification {
            id: message.id,
            thread: message.pid.cast_signed(),
            architecture: message.data.arch,
            number: message.data.nr.cast_unsigned(),
            arguments: message.data.args,
        }))
    }

    /// Whether the call still waits. What was read of its process before was really of that process.
    pub(super) fn still_waits(&self, notification: &Notification) -> bool {
        let mut id = notification.id;
        self.control(libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw mut id).is_ok()
    }

    /// Lets the call go on. `false`: nobody waits any more.
    pub(super) fn let_go_on(&self, notification: &Notification) -> Result<bool, Errno> {
        let mut answer =
            seccomp_notif_resp { id: notification.id, val: 0, error: 0, flags: CONTINUE };
        match self.control(libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut answer) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT | Errno::INPROGRESS) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    #[allow(unsafe_code)]
    fn control<T>(&self, request: libc::Ioctl, argument: *mut T) -> Result<(), Errno> {
        // SAFETY: each request comes with the type that it reads and fills, or with a number that is no address.
        let result: c_int = unsafe { libc::ioctl(self.0.as_raw_fd(), request, argument) };
        if result == 0 { Ok(()) } else { Err(last_fault()) }
    }
}

/// The flag of the answer.
#[allow(clippy::cast_possible_truncation)]
const CONTINUE: u32 = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32;

/// Why the last call failed.
fn last_fault() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
