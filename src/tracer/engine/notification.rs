//! The listener: the descriptor through which the kernel reports calls and takes the answers.
//!
//! There is only one answer: the call goes on as if nobody had been asked.

use crate::poll::poll_one;
use libc::{c_void, seccomp_notif_resp};
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, ioctl};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Wakes the other side on the same processor, since one of both waits at any time. Linux 6.6 and later.
const SYNC_WAKE_UP: usize = 1;

/// The descriptor of a filter.
#[derive(Debug)]
pub(crate) struct Listener {
    fd: OwnedFd,
    /// Where the kernel puts a call, in words. The process that keeps the listener has the same memory. If this one is killed
    /// before it has answered, that one can.
    message: [AtomicU64; WORDS],
}

/// The words of a `seccomp_notif`.
const WORDS: usize = size_of::<libc::seccomp_notif>() / size_of::<u64>();

/// A call that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notification {
    /// The kernel counts the calls of all processes, and reports them in this order.
    pub(super) id: u64,
    /// The thread that makes the call.
    pub(super) thread: i32,
    /// The architecture whose number it is.
    pub(super) architecture: u32,
    pub(super) number: u32,
    pub(super) arguments: [u64; 6],
}

impl Notification {
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
        let listener = Self { fd, message: [const { AtomicU64::new(0) }; WORDS] };
        // Where the kernel cannot do that, answers take a little longer.
        let flags = std::ptr::without_provenance_mut::<u64>(SYNC_WAKE_UP);
        let _ = listener.control(libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags);
        listener
    }

    /// Waits for the next call that is to be answered. `None`: it was withdrawn, by a signal or by the end of its process,
    /// or every process has ended. Only one thread may do that.
    pub(super) fn receive(&self) -> Result<Option<Notification>, Errno> {
        // The kernel takes memory that is zero only.
        self.message.iter().for_each(|word| word.store(0, Ordering::Relaxed));
        let message = self.message.as_ptr().cast_mut();
        match self.control(libc::SECCOMP_IOCTL_NOTIF_RECV, message) {
            Ok(()) => Ok(Some(self.received())),
            Err(Errno::NOENT | Errno::INTR) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The call that was received last.
    #[allow(clippy::cast_possible_truncation, reason = "two numbers share a word")]
    fn received(&self) -> Notification {
        let [id, thread, number, _, arguments @ ..] =
            self.message.each_ref().map(|word| word.load(Ordering::Relaxed));
        let halves = |word: u64| (word as u32, (word >> 32) as u32);
        let (thread, _) = halves(thread);
        let (number, architecture) = halves(number);
        Notification { id, thread: thread.cast_signed(), architecture, number, arguments }
    }

    /// Lets the call go on that was received last, if it was not answered: by whoever received it.
    pub(super) fn answer_received(&self) {
        // If it was answered, the kernel does not know it any more.
        let _ = self.let_go_on(&self.received());
    }

    /// Whether every process with the filter has ended.
    pub(super) fn has_ended(&self) -> bool {
        poll_one(self, PollFlags::empty(), Some(Duration::ZERO))
            .is_ok_and(|seen| seen.contains(PollFlags::HUP))
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
    #[allow(clippy::cast_possible_truncation, reason = "requests are 32 bits wide")]
    #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast, reason = "the type varies")]
    fn control<T>(&self, request: libc::Ioctl, argument: *mut T) -> Result<(), Errno> {
        // SAFETY: each request comes with the type that it reads and fills, or with a number that is no address.
        unsafe { ioctl(&self.fd, ListenerRequest { request: request as Opcode, argument }) }
    }
}

/// A request to a listener. Unlike that of the C library, this way of asking leaves `errno` alone, which the process has
/// that keeps the listener as well.
struct ListenerRequest<T> {
    request: Opcode,
    argument: *mut T,
}

// SAFETY: it is passed on as it is, and may change what its argument points to.
#[allow(unsafe_code)]
unsafe impl<T> Ioctl for ListenerRequest<T> {
    type Output = ();

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        self.request
    }

    fn as_ptr(&mut self) -> *mut c_void {
        self.argument.cast()
    }

    unsafe fn output_from_ptr(_: IoctlOutput, _: *mut c_void) -> Result<(), Errno> {
        Ok(())
    }
}

/// The flag of the answer.
#[allow(clippy::cast_possible_truncation)]
const CONTINUE: u32 = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32;

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
