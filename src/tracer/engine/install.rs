//! Installing the filter, in the process that is about to become the command.
//!
//! The listener goes back through a socket. No call that is needed for that is reported by the filter: nobody would
//! answer yet. Only system calls are made, as is right between `fork` and `exec`.

use super::descriptors::{OF_LISTENER, WatchedDescriptors};
use super::filter::Filter;
use super::notification::Listener;
use crate::tracer::error::TraceFault;
use libc::{c_int, c_ulong};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What a command needs in order to be traced.
#[derive(Debug)]
#[must_use]
pub(crate) struct FilterInstall {
    filter: Filter,
    socket: OwnedFd,
}

/// Where the listener comes from.
#[derive(Debug)]
pub(crate) struct ListenerSource(OwnedFd);

/// What came of the installation.
#[derive(Debug)]
pub(super) struct Installed {
    pub(super) listener: Listener,
    /// Whether programs that would get privileges do not get them, since the caller may install filters only so.
    pub(super) loses_privileges: bool,
}

/// An error number, and whether privileges are lost.
const MESSAGE_LENGTH: usize = 5;

/// Both sides of an installation.
pub(crate) fn prepare(watched: &WatchedDescriptors) -> io::Result<(FilterInstall, ListenerSource)> {
    let (ours, socket) =
        socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    Ok((FilterInstall { filter: Filter::new(watched), socket }, ListenerSource(ours)))
}

impl FilterInstall {
    /// Has a command trace itself. This comes after all else that is arranged for it. If there cannot be a filter, the
    /// command runs all the same.
    #[allow(unsafe_code)]
    pub(crate) fn arrange(self, command: &mut Command) {
        // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
        unsafe { command.pre_exec(move || self.install()) };
    }

    pub(super) fn install(&self) -> io::Result<()> {
        let had_no_new_privileges = no_new_privileges();
        let installed = self.filter.install().or_else(|fault| {
            if fault.raw_os_error() != Some(libc::EACCES) {
                return Err(fault);
            }
            forgo_new_privileges()?;
            self.filter.install()
        });
        let loses_privileges = !had_no_new_privileges && no_new_privileges();
        match installed {
            // Without an answer to its calls the command could not run.
            Ok(listener) => self.report(0, loses_privileges, Some(listener.as_fd())),
            Err(fault) => {
                let _ = self.report(fault.raw_os_error().unwrap_or(libc::EIO), false, None);
                Ok(())
            }
        }
    }

    fn report(
        &self,
        fault: i32,
        loses_privileges: bool,
        listener: Option<BorrowedFd<'_>>,
    ) -> io::Result<()> {
        let [a, b, c, d] = fault.to_ne_bytes();
        let message = [a, b, c, d, u8::from(loses_privileges)];
        let flags = SendFlags::from_bits_retain(OF_LISTENER.cast_unsigned());
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let fds = listener.as_slice();
        if !fds.is_empty() {
            control.push(SendAncillaryMessage::ScmRights(fds));
        }
        sendmsg(&self.socket, &[IoSlice::new(&message)], &mut control, flags)?;
        Ok(())
    }
}

impl Filter {
    /// Installs the filter in this process, for good.
    #[allow(unsafe_code)]
    fn install(&self) -> io::Result<OwnedFd> {
        const FLAGS: c_ulong = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER
            | libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW
            | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
        let program = self.as_program();
        // SAFETY: the call reads the program, which lives as long as the filter, and opens a descriptor.
        unsafe {
            let fd = libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                FLAGS,
                &raw const program,
            );
            match c_int::try_from(fd) {
                Ok(fd @ 0..) => Ok(OwnedFd::from_raw_fd(fd)),
                _ => Err(io::Error::last_os_error()),
            }
        }
    }
}

/// Why the filter could not be installed.
fn refused(fault: i32) -> TraceFault {
    match fault {
        libc::EBUSY => TraceFault::Occupied,
        libc::EINVAL | libc::ENOSYS => TraceFault::Kernel,
        libc::EPERM | libc::EACCES => TraceFault::Forbidden,
        _ => TraceFault::Other(io::Error::from_raw_os_error(fault)),
    }
}

/// Whether programs that this process executes get no privileges by set-user-ID bits and the like.
#[allow(unsafe_code)]
pub(crate) fn no_new_privileges() -> bool {
    // SAFETY: a plain system call.
    unsafe { libc::prctl(libc::PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 }
}

#[allow(unsafe_code)]
fn forgo_new_privileges() -> io::Result<()> {
    // SAFETY: a plain system call.
    match unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

impl ListenerSource {
    /// The listener. This waits until the filter is installed.
    pub(super) fn receive(self) -> Result<Installed, TraceFault> {
        let mut message = [0; MESSAGE_LENGTH];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received = recvmsg(
            &self.0,
            &mut [IoSliceMut::new(&mut message)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        )
        .map_err(|fault| TraceFault::Other(fault.into()))?;
        let listener = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
            _ => None,
        });
        let [a, b, c, d, loses_privileges] = message;
        match (received.bytes, listener, i32::from_ne_bytes([a, b, c, d])) {
            (MESSAGE_LENGTH, Some(listener), 0) => Ok(Installed {
                listener: Listener::new(listener),
                loses_privileges: loses_privileges != 0,
            }),
            (MESSAGE_LENGTH, None, fault @ 1..) => Err(refused(fault)),
            _ => Err(TraceFault::Other(io::Error::other("the command was not started"))),
        }
    }
}

impl AsFd for ListenerSource {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
