//! The calls that are reported, and what they mean.
//!
//! A call that is not here goes on unseen: it works on what is open already, or says nothing that a file could tell. A call
//! that asks of a path, changes a path, or reaches beyond files has to be here.

use super::descriptors;
use super::numbers;
use super::rule::{CallRule, Follow, OpenFlags, Place, When, at, behind, path};
use crate::inputs::{Look, WriteKind};
use Follow::{Always, If, Never, Unless};
use libc::c_long;

/// A system call that is reported.
pub(super) struct Row {
    pub(super) number: c_long,
    pub(super) when: When,
    pub(super) rule: CallRule,
}

/// The rules by number.
pub(super) struct Rules(Vec<Option<CallRule>>);

impl Rules {
    pub(super) fn new() -> Self {
        let mut rules = Vec::new();
        for row in rows() {
            let at = usize::try_from(row.number).unwrap_or(0);
            rules.resize(rules.len().max(at + 1), None);
            rules[at] = Some(row.rule);
        }
        for number in descriptors::numbers() {
            let at = usize::try_from(number).unwrap_or(0);
            rules.resize(rules.len().max(at + 1), None);
            rules[at].get_or_insert(CallRule::OnlyUse);
        }
        Self(rules)
    }

    /// The rule of a call.
    pub(super) fn of(&self, number: u32) -> Option<CallRule> {
        self.0.get(usize::try_from(number).ok()?).copied()?
    }
}

/// All of them.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    CONDITIONAL.iter().chain(OF_OLD).chain(COMMON)
}

const fn row(number: c_long, rule: CallRule) -> Row {
    Row { number, when: When::Always, rule }
}

const fn row_when(number: c_long, when: When, rule: CallRule) -> Row {
    Row { number, when, rule }
}

const fn look(number: c_long, place: Place, follow: Follow, look: Look) -> Row {
    row(number, CallRule::Look(place, follow, look))
}

const fn write(number: c_long, place: Place, follow: Follow, kind: WriteKind) -> Row {
    row(number, CallRule::Write(place, follow, kind))
}

const fn give_up(number: c_long, what: &'static str) -> Row {
    row(number, CallRule::GiveUp(what))
}

const fn mount(number: c_long) -> Row {
    row(number, CallRule::Mount)
}

/// The flags of `clone` and `unshare` that put a process into other namespaces.
pub(super) const NAMESPACES: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET)
    .cast_unsigned();

/// The flag of `unshare` and `clone3` for a time namespace. To `clone` the same bit is part of a signal number.
pub(super) const TIME_NAMESPACE: u32 = 0x80;

static CONDITIONAL: &[Row] = &[
    row_when(
        libc::SYS_clone,
        When::AnyBit { argument: 0, mask: NAMESPACES },
        CallRule::GiveUp("namespaces"),
    ),
    row_when(
        libc::SYS_unshare,
        When::AnyBit { argument: 0, mask: NAMESPACES | TIME_NAMESPACE },
        CallRule::GiveUp("namespaces"),
    ),
    row_when(libc::SYS_socket, When::NoLocalStream, CallRule::Socket),
    // Without a path it asks of an open file.
    row_when(
        libc::SYS_newfstatat,
        When::NotZero { argument: 1 },
        CallRule::Look(at(0), Unless(3), Look::Stat),
    ),
    row_when(
        libc::SYS_statx,
        When::NotZero { argument: 1 },
        CallRule::Look(at(0), Unless(2), Look::Stat),
    ),
    // Segments, queues and semaphores that outlive their processes.
    row_when(libc::SYS_shmget, When::NotZero { argument: 0 }, CallRule::GiveUp("shared memory")),
    row_when(libc::SYS_msgget, When::NotZero { argument: 0 }, CallRule::GiveUp("message queues")),
    row_when(libc::SYS_semget, When::NotZero { argument: 0 }, CallRule::GiveUp("semaphores")),
];

/// Calls that newer architectures do not have.
#[cfg(target_arch = "x86_64")]
static OF_OLD: &[Row] = &[
    row(libc::SYS_open, CallRule::Open(path(0), OpenFlags::Argument(1))),
    look(libc::SYS_stat, path(0), Always, Look::Stat),
    look(libc::SYS_lstat, path(0), Never, Look::Stat),
    look(libc::SYS_access, path(0), Always, Look::Access),
    look(libc::SYS_readlink, path(0), Never, Look::Link),
    look(libc::SYS_getdents, behind(0), Always, Look::Listing),
    row(
        libc::SYS_creat,
        CallRule::Open(path(0), OpenFlags::Fixed(libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC)),
    ),
    write(libc::SYS_unlink, path(0), Never, WriteKind::Remove),
    write(libc::SYS_rmdir, path(0), Never, WriteKind::RemoveDirectory),
    write(libc::SYS_mkdir, path(0), Never, WriteKind::MakeDirectory),
    write(libc::SYS_mknod, path(0), Never, WriteKind::CreateNew),
    write(libc::SYS_symlink, path(1), Never, WriteKind::MakeLink),
    write(libc::SYS_chmod, path(0), Always, WriteKind::Metadata),
    write(libc::SYS_chown, path(0), Always, WriteKind::Metadata),
    write(libc::SYS_lchown, path(0), Never, WriteKind::Metadata),
    write(libc::SYS_utime, path(0), Always, WriteKind::Metadata),
    write(libc::SYS_utimes, path(0), Always, WriteKind::Metadata),
    write(libc::SYS_futimesat, at(0), Always, WriteKind::Metadata),
    row(libc::SYS_rename, CallRule::Rename { source: path(0), target: path(1), flags: None }),
    row(libc::SYS_link, CallRule::Link { source: path(0), target: path(1), follow: Never }),
    give_up(libc::SYS_uselib, "uselib"),
    give_up(libc::SYS_iopl, "iopl"),
    give_up(libc::SYS_ioperm, "ioperm"),
];

#[cfg(target_arch = "aarch64")]
static OF_OLD: &[Row] = &[];

static COMMON: &[Row] = &[
    row(libc::SYS_openat, CallRule::Open(at(0), OpenFlags::Argument(2))),
    look(libc::SYS_readlinkat, at(0), Never, Look::Link),
    look(libc::SYS_getdents64, behind(0), Always, Look::Listing),
    look(libc::SYS_faccessat, at(0), Always, Look::Access),
    look(libc::SYS_faccessat2, at(0), Unless(3), Look::Access),
    row(libc::SYS_execve, CallRule::Execute(path(0), Always)),
    row(libc::SYS_execveat, CallRule::Execute(at(0), Unless(4))),
    row(libc::SYS_openat2, CallRule::Open(at(0), OpenFlags::Structure(2))),
    look(libc::SYS_chdir, path(0), Always, Look::Access),
    // Extended attributes themselves are not looked at: a change of nothing else goes unseen.
    look(libc::SYS_getxattr, path(0), Always, Look::Attributes),
    look(libc::SYS_lgetxattr, path(0), Never, Look::Attributes),
    look(libc::SYS_listxattr, path(0), Always, Look::Attributes),
    look(libc::SYS_llistxattr, path(0), Never, Look::Attributes),
    look(numbers::GETXATTRAT, at(0), Unless(2), Look::Attributes),
    look(numbers::LISTXATTRAT, at(0), Unless(2), Look::Attributes),
    look(numbers::FILE_GETATTR, at(0), Unless(4), Look::Attributes),
    look(libc::SYS_statfs, path(0), Always, Look::Access),
    look(libc::SYS_inotify_add_watch, path(1), Always, Look::Access),
    look(libc::SYS_name_to_handle_at, at(0), If(4), Look::Access),
    // Changes.
    row(libc::SYS_unlinkat, CallRule::Remove(at(0), 2)),
    row(libc::SYS_renameat, CallRule::Rename { source: at(0), target: at(2), flags: None }),
    row(libc::SYS_renameat2, CallRule::Rename { source: at(0), target: at(2), flags: Some(4) }),
    row(libc::SYS_linkat, CallRule::Link { source: at(0), target: at(2), follow: If(4) }),
    write(libc::SYS_mkdirat, at(0), Never, WriteKind::MakeDirectory),
    write(libc::SYS_mknodat, at(0), Never, WriteKind::CreateNew),
    write(libc::SYS_symlinkat, at(1), Never, WriteKind::MakeLink),
    row(libc::SYS_truncate, CallRule::Truncate(path(0))),
    row(libc::SYS_ftruncate, CallRule::Truncate(behind(0))),
    write(libc::SYS_fchmodat, at(0), Always, WriteKind::Metadata),
    write(numbers::FCHMODAT2, at(0), Unless(3), WriteKind::Metadata),
    write(libc::SYS_fchownat, at(0), Unless(4), WriteKind::Metadata),
    write(libc::SYS_utimensat, at(0), Unless(3), WriteKind::Metadata),
    write(libc::SYS_setxattr, path(0), Always, WriteKind::Metadata),
    write(libc::SYS_lsetxattr, path(0), Never, WriteKind::Metadata),
    write(numbers::SETXATTRAT, at(0), Unless(2), WriteKind::Metadata),
    write(libc::SYS_removexattr, path(0), Always, WriteKind::Metadata),
    write(libc::SYS_lremovexattr, path(0), Never, WriteKind::Metadata),
    write(numbers::REMOVEXATTRAT, at(0), Unless(2), WriteKind::Metadata),
    write(numbers::FILE_SETATTR, at(0), Unless(4), WriteKind::Metadata),
    write(libc::SYS_fchmod, behind(0), Always, WriteKind::Metadata),
    write(libc::SYS_fchown, behind(0), Always, WriteKind::Metadata),
    write(libc::SYS_fsetxattr, behind(0), Always, WriteKind::Metadata),
    write(libc::SYS_fremovexattr, behind(0), Always, WriteKind::Metadata),
    // Other processes.
    row(libc::SYS_connect, CallRule::Connect),
    row(libc::SYS_bind, CallRule::Bind),
    row(libc::SYS_clone3, CallRule::CloneByStructure { structure: 0 }),
    give_up(libc::SYS_setns, "namespaces"),
    give_up(libc::SYS_pidfd_getfd, "descriptors of other processes"),
    give_up(libc::SYS_mq_open, "message queues"),
    give_up(libc::SYS_mq_unlink, "message queues"),
    give_up(libc::SYS_keyctl, "keys of the kernel"),
    give_up(libc::SYS_add_key, "keys of the kernel"),
    give_up(libc::SYS_request_key, "keys of the kernel"),
    // The machine.
    give_up(libc::SYS_io_uring_setup, "io_uring"),
    give_up(libc::SYS_chroot, "chroot"),
    give_up(libc::SYS_open_by_handle_at, "file handles"),
    give_up(libc::SYS_fanotify_mark, "fanotify"),
    give_up(libc::SYS_bpf, "bpf"),
    give_up(libc::SYS_quotactl, "quotas"),
    give_up(libc::SYS_quotactl_fd, "quotas"),
    give_up(libc::SYS_acct, "accounting"),
    give_up(libc::SYS_syslog, "the log of the kernel"),
    give_up(libc::SYS_init_module, "kernel modules"),
    give_up(libc::SYS_finit_module, "kernel modules"),
    give_up(libc::SYS_delete_module, "kernel modules"),
    give_up(libc::SYS_kexec_load, "kexec"),
    give_up(libc::SYS_reboot, "reboot"),
    give_up(libc::SYS_sethostname, "sethostname"),
    give_up(libc::SYS_setdomainname, "setdomainname"),
    give_up(libc::SYS_settimeofday, "settimeofday"),
    give_up(libc::SYS_clock_settime, "clock_settime"),
    give_up(numbers::STATMOUNT, "statmount"),
    give_up(numbers::LISTMOUNT, "listmount"),
    give_up(numbers::LISTNS, "listns"),
    mount(libc::SYS_mount),
    mount(libc::SYS_umount2),
    mount(libc::SYS_pivot_root),
    mount(libc::SYS_swapon),
    mount(libc::SYS_swapoff),
    mount(libc::SYS_open_tree),
    mount(numbers::OPEN_TREE_ATTR),
    mount(libc::SYS_move_mount),
    mount(libc::SYS_fsopen),
    mount(libc::SYS_fsconfig),
    mount(libc::SYS_fsmount),
    mount(libc::SYS_fspick),
    mount(libc::SYS_mount_setattr),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_has_one_row() {
        let mut numbers: Vec<_> = rows().map(|row| row.number).collect();
        numbers.sort_unstable();
        let count = numbers.len();
        numbers.dedup();
        assert_eq!(numbers.len(), count);
        assert!(numbers.iter().all(|number| *number <= c_long::from(numbers::LAST)));
    }
}
