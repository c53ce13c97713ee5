//! Descriptors that the command inherits open, and the calls that use them: whether it left one of them alone.
//!
//! A number that was closed and given out again counts as the one it was: used is then said too often, never too seldom.
//! Another number for the same file comes from a call that uses the first one.

use super::memory::{MemoryFault, read_exactly};
use super::notification::Notification;
use libc::c_long;
use std::os::fd::RawFd;

/// The numbers that are watched.
#[derive(Clone, Debug, Default)]
pub(crate) struct WatchedDescriptors(Vec<RawFd>);

/// Calls that are reported by the value of an argument.
pub(super) struct ArgumentGroup {
    pub(super) argument: u8,
    pub(super) numbers: &'static [c_long],
    pub(super) values: Vec<u32>,
    /// They are reported for other values, and not for these.
    pub(super) is_reversed: bool,
}

/// The flags of the one message that is not reported, since nobody answers yet: it brings the listener. Local sockets ignore
/// them, so nobody else uses them.
pub(super) const OF_LISTENER: i32 = libc::MSG_NOSIGNAL | libc::MSG_CONFIRM | libc::MSG_DONTROUTE;

/// More of them are not watched: they count as used.
const MOST: usize = 16;

/// Copying what is behind another descriptor, which the argument names or points to.
const CLONES: [u32; 3] = [0x4004_9409, 0x4020_940d, 0xc018_9436];

static FIRST: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_ioctl,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_lseek,
    libc::SYS_fcntl,
    libc::SYS_write,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_preadv2,
    libc::SYS_pwritev2,
    libc::SYS_dup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_dup2,
    libc::SYS_dup3,
    libc::SYS_sendfile,
    libc::SYS_splice,
    libc::SYS_tee,
    libc::SYS_vmsplice,
    libc::SYS_copy_file_range,
    libc::SYS_fadvise64,
    libc::SYS_readahead,
    libc::SYS_flock,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_sync_file_range,
    libc::SYS_syncfs,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fstatfs,
    libc::SYS_fchmod,
    libc::SYS_fchown,
    libc::SYS_fchdir,
    libc::SYS_fgetxattr,
    libc::SYS_flistxattr,
    libc::SYS_fsetxattr,
    libc::SYS_fremovexattr,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_getdents,
    libc::SYS_getdents64,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_execveat,
    libc::SYS_linkat,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_name_to_handle_at,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    libc::SYS_sendto,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_shutdown,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    super::numbers::CACHESTAT,
    super::numbers::FCHMODAT2,
    super::numbers::SETXATTRAT,
    super::numbers::GETXATTRAT,
    super::numbers::LISTXATTRAT,
    super::numbers::REMOVEXATTRAT,
    super::numbers::FILE_GETATTR,
    super::numbers::FILE_SETATTR,
];

static SECOND: &[c_long] = &[libc::SYS_sendfile, libc::SYS_tee];
static THIRD: &[c_long] = &[libc::SYS_splice, libc::SYS_copy_file_range, libc::SYS_epoll_ctl];
static FOURTH: &[c_long] = &[libc::SYS_kcmp];
static FIFTH: &[c_long] = &[libc::SYS_mmap, libc::SYS_kcmp];

/// Calls by the argument that is a descriptor.
static BY_ARGUMENT: &[(u8, &[c_long])] =
    &[(0, FIRST), (1, SECOND), (2, THIRD), (3, FOURTH), (4, FIFTH)];

/// All calls that may use one of them.
pub(super) fn numbers() -> impl Iterator<Item = c_long> {
    let by_argument = BY_ARGUMENT.iter().flat_map(|(_, numbers)| *numbers);
    by_argument.chain(IN_MEMORY).chain(&[libc::SYS_sendmsg]).copied()
}

/// Calls that name descriptors in memory.
static IN_MEMORY: &[c_long] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_select,
    libc::SYS_pselect6,
    libc::SYS_sendmmsg,
    libc::SYS_io_submit,
];

impl WatchedDescriptors {
    /// Watches these, as far as they can be.
    pub(crate) fn new(mut numbers: Vec<RawFd>) -> Self {
        numbers.truncate(MOST);
        Self(numbers)
    }

    /// Whether a descriptor is among them.
    pub(super) fn contains(&self, descriptor: RawFd) -> bool {
        self.0.contains(&descriptor)
    }

    /// Those that are not among these.
    pub(crate) fn without(mut self, used: &[RawFd]) -> Vec<RawFd> {
        self.0.retain(|fd| !used.contains(fd));
        self.0
    }

    /// What the filter has to report because of them.
    pub(super) fn groups(&self) -> Vec<ArgumentGroup> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let watched: Vec<u32> = self.0.iter().map(|fd| fd.cast_unsigned()).collect();
        let of = |argument, numbers, values: &[u32]| {
            let values = values.to_vec();
            ArgumentGroup { argument, numbers, values, is_reversed: false }
        };
        let always =
            |numbers, values| ArgumentGroup { is_reversed: true, ..of(2, numbers, values) };
        let by_argument = BY_ARGUMENT.iter().map(|(at, numbers)| of(*at, numbers, &watched));
        let others = [
            of(1, &[libc::SYS_ioctl], &CLONES),
            always(IN_MEMORY, &[]),
            always(&[libc::SYS_sendmsg], &[OF_LISTENER.cast_unsigned()]),
        ];
        by_argument.chain(others).collect()
    }

    /// Those that a call is the first to use.
    pub(super) fn take_used_by(&mut self, call: &Notification) -> Vec<RawFd> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let used = self.used_by(call);
        self.0.retain(|fd| !used.contains(fd));
        used
    }

    /// All that were not used so far.
    pub(super) fn take_all(&mut self) -> Vec<RawFd> {
        std::mem::take(&mut self.0)
    }

    fn used_by(&self, call: &Notification) -> Vec<RawFd> {
        match c_long::from(call.number) {
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll => self.polled(call),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_select => self.selected(call),
            libc::SYS_ppoll => self.polled(call),
            libc::SYS_pselect6 => self.selected(call),
            // Descriptors go with a message only beside its content.
            libc::SYS_sendmsg if has_no_control(call) => self.among(&[call.descriptor(0)]),
            libc::SYS_sendmsg | libc::SYS_sendmmsg | libc::SYS_io_submit => self.0.clone(),
            libc::SYS_ioctl if CLONES.contains(&call.word(1)) => self.0.clone(),
            libc::SYS_fcntl if [libc::F_GETFD, libc::F_SETFD].contains(&call.descriptor(1)) => {
                Vec::new()
            }
            libc::SYS_mmap if call.descriptor(3) & libc::MAP_ANONYMOUS != 0 => Vec::new(),
            number => {
                let arguments = BY_ARGUMENT.iter().filter(|(_, all)| all.contains(&number));
                let used = arguments.map(|(argument, _)| call.descriptor(*argument));
                self.among(&used.collect::<Vec<_>>())
            }
        }
    }

    fn among(&self, used: &[RawFd]) -> Vec<RawFd> {
        self.0.iter().copied().filter(|fd| used.contains(fd)).collect()
    }

    /// Programs look at the beginning whether their standard descriptors are open: they wait for nothing then.
    fn polled(&self, call: &Notification) -> Vec<RawFd> {
        const LONGEST: usize = 1024;
        let count = usize::try_from(call.wide(1)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; count.min(LONGEST) * 8];
        match read_exactly(call.thread, call.wide(0), &mut bytes) {
            Ok(()) if count <= LONGEST => {}
            Err(MemoryFault::NotThere | MemoryFault::Ended) => return Vec::new(),
            _ => return self.0.clone(),
        }
        let waits = |fd: &RawFd| {
            bytes.chunks_exact(8).any(|it| it[..4] == fd.to_ne_bytes() && it[4..6] != [0, 0])
        };
        self.0.iter().copied().filter(waits).collect()
    }

    fn selected(&self, call: &Notification) -> Vec<RawFd> {
        let is_in = |argument: u8, fd: RawFd| {
            let (word, bit) = (u64::from(fd.cast_unsigned()) / 64, fd.cast_unsigned() % 64);
            let mut bytes = [0; 8];
            let address = call.wide(argument);
            address != 0
                && fd < call.descriptor(0)
                && match read_exactly(call.thread, address.wrapping_add(8 * word), &mut bytes) {
                    Ok(()) => u64::from_ne_bytes(bytes) >> bit & 1 == 1,
                    Err(fault) => fault == MemoryFault::Forbidden,
                }
        };
        self.0.iter().copied().filter(|fd| (1..=3).any(|argument| is_in(argument, *fd))).collect()
    }
}

/// Whether a message has nothing beside its content.
fn has_no_control(call: &Notification) -> bool {
    /// Where the length is of what goes with a message.
    const CONTROL_LENGTH: u64 = 40;
    let mut length = [0; 8];
    let address = call.wide(1).wrapping_add(CONTROL_LENGTH);
    read_exactly(call.thread, address, &mut length).is_ok() && length == [0; 8]
}
