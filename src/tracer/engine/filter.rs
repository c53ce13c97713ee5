//! The filter: a program for the kernel that decides which calls are reported.
//!
//! It is classic BPF, and knows numbers and arguments only. The kernel remembers the numbers that are always allowed, and
//! does not run the filter for them.

use super::descriptors::{ArgumentGroup, WatchedDescriptors};
use super::numbers;
use super::rule::When;
use super::table::{Row, rows};
use libc::{sock_filter, sock_fprog};

/// A filter.
#[derive(Clone, Debug)]
pub(super) struct Filter(Vec<sock_filter>);

/// The answers of the filter.
const REPORT: u32 = libc::SECCOMP_RET_USER_NOTIF;
const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;

/// Offsets in what the filter looks at.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

impl Filter {
    /// The filter for all calls of the table, and those that use one of these descriptors.
    pub(super) fn new(watched: &WatchedDescriptors) -> Self {
        let mut filter = Self(Vec::new());
        filter.load(ARCHITECTURE);
        filter.report_if_not(numbers::ARCHITECTURE);
        filter.load(NUMBER);
        // The numbers of x32 are among those that are too high.
        filter.jump(libc::BPF_JGT, numbers::LAST, 0, 1);
        filter.answer(REPORT);
        for group in watched.groups() {
            filter.add_group(&group);
        }
        for row in rows() {
            filter.add(row);
        }
        filter.answer(ALLOW);
        filter
    }

    /// What the kernel takes. It is valid as long as the filter is.
    pub(super) fn as_program(&self) -> sock_fprog {
        let length = u16::try_from(self.0.len()).unwrap_or(0);
        sock_fprog { len: length, filter: self.0.as_ptr().cast_mut() }
    }

    /// Reports calls with one of some numbers and one of some values. Behind it the number is loaded still.
    fn add_group(&mut self, group: &ArgumentGroup) {
        let mut answer = Self(Vec::new());
        answer.load(low(group.argument));
        for (at, value) in group.values.iter().enumerate() {
            let rest = u8::try_from(group.values.len() - at).unwrap_or(0);
            if group.is_reversed {
                answer.jump(libc::BPF_JEQ, *value, rest, 0);
            } else {
                answer.jump(libc::BPF_JEQ, *value, 0, 1);
                answer.answer(REPORT);
            }
        }
        if group.is_reversed {
            answer.answer(REPORT);
        }
        answer.load(NUMBER);
        for (at, number) in group.numbers.iter().enumerate() {
            let rest = u8::try_from(group.numbers.len() - at).unwrap_or(0);
            self.jump(libc::BPF_JEQ, u32::try_from(*number).unwrap_or(u32::MAX), rest, 0);
        }
        let length = u32::try_from(answer.0.len()).unwrap_or(0);
        self.push(libc::BPF_JMP | libc::BPF_JA, length, 0, 0);
        self.0.append(&mut answer.0);
    }

    /// Answers for one number. Behind it the number is loaded still.
    fn add(&mut self, row: &Row) {
        let mut answer = Self(Vec::new());
        match row.when {
            When::Always => {}
            When::AnyBit { argument, mask } => {
                answer.load(low(argument));
                answer.jump(libc::BPF_JSET, mask, 1, 0);
                answer.answer(ALLOW);
            }
            When::NotZero { argument } => {
                answer.load(low(argument));
                answer.jump(libc::BPF_JEQ, 0, 0, 3);
                answer.load(low(argument) + 4);
                answer.jump(libc::BPF_JEQ, 0, 0, 1);
                answer.answer(ALLOW);
            }
            When::NoLocalStream => {
                answer.load(low(0));
                answer.report_if_not(libc::AF_UNIX.cast_unsigned());
                answer.load(low(1));
                answer.push(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, SOCKET_TYPE, 0, 0);
                answer.jump(libc::BPF_JEQ, libc::SOCK_DGRAM.cast_unsigned(), 1, 0);
                answer.answer(ALLOW);
            }
        }
        answer.answer(REPORT);
        let length = u8::try_from(answer.0.len()).unwrap_or(0);
        self.jump(libc::BPF_JEQ, u32::try_from(row.number).unwrap_or(u32::MAX), 0, length);
        self.0.append(&mut answer.0);
    }

    fn load(&mut self, offset: u32) {
        self.push(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0);
    }

    /// Compares, and skips so many instructions.
    fn jump(&mut self, comparison: u32, value: u32, if_true: u8, if_false: u8) {
        self.push(libc::BPF_JMP | comparison | libc::BPF_K, value, if_true, if_false);
    }

    fn report_if_not(&mut self, value: u32) {
        self.jump(libc::BPF_JEQ, value, 1, 0);
        self.answer(REPORT);
    }

    fn answer(&mut self, answer: u32) {
        self.push(libc::BPF_RET | libc::BPF_K, answer, 0, 0);
    }

    #[allow(clippy::cast_possible_truncation)]
    fn push(&mut self, code: u32, k: u32, jt: u8, jf: u8) {
        // Codes are 16 bits wide, though their parts are defined as wider.
        self.0.push(sock_filter { code: code as u16, jt, jf, k });
    }
}

/// The bits of a socket's type that are no flags.
const SOCKET_TYPE: u32 = 0xf;

/// Where the lower half of an argument is. (The machines are little-endian.)
fn low(argument: u8) -> u32 {
    ARGUMENTS + 8 * u32::from(argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a filter as the kernel does.
    fn reports(architecture: u32, number: i64, arguments: [u64; 6]) -> bool {
        reports_watching(&[], architecture, number, arguments)
    }

    fn reports_watching(
        watched: &[i32],
        architecture: u32,
        number: i64,
        arguments: [u64; 6],
    ) -> bool {
        let filter = Filter::new(&WatchedDescriptors::new(watched.to_vec()));
        let mut data = Vec::new();
        data.extend(u32::try_from(number).expect("a number").to_le_bytes());
        data.extend(architecture.to_le_bytes());
        data.extend(0_u64.to_le_bytes());
        data.extend(arguments.iter().flat_map(|argument| argument.to_le_bytes()));
        let (mut at, mut a) = (0, 0_u32);
        loop {
            let sock_filter { code, jt, jf, k } = filter.0[at];
            at += 1;
            let code = u32::from(code);
            match code & 7 {
                libc::BPF_LD => {
                    let bytes = &data[k as usize..][..4];
                    a = u32::from_le_bytes(bytes.try_into().expect("four"));
                }
                libc::BPF_ALU => a &= k,
                libc::BPF_JMP if code & 0xf0 == libc::BPF_JA => at += k as usize,
                libc::BPF_JMP => {
                    let is_true = match code & 0xf0 {
                        libc::BPF_JEQ => a == k,
                        libc::BPF_JGT => a > k,
                        libc::BPF_JSET => a & k != 0,
                        other => panic!("jump {other}"),
                    };
                    at += usize::from(if is_true { jt } else { jf });
                }
                libc::BPF_RET => {
                    assert!(k == REPORT || k == ALLOW);
                    return k == REPORT;
                }
                other => panic!("class {other}"),
            }
        }
    }

    fn reports_own(number: i64, arguments: [u64; 6]) -> bool {
        reports(numbers::ARCHITECTURE, number, arguments)
    }

    #[test]
    fn calls_that_take_paths_are_reported_and_those_on_open_files_are_not() {
        for number in [libc::SYS_openat, libc::SYS_execve, libc::SYS_getdents64, numbers::LISTNS] {
            assert!(reports_own(number, [0; 6]), "{number}");
        }
        for number in
            [libc::SYS_read, libc::SYS_write, libc::SYS_mmap, libc::SYS_fstat, libc::SYS_exit_group]
        {
            assert!(!reports_own(number, [u64::MAX; 6]), "{number}");
        }
    }

    #[test]
    fn uses_of_watched_descriptors_are_reported() {
        let reports =
            |number, arguments| reports_watching(&[0, 7], numbers::ARCHITECTURE, number, arguments);
        for number in [libc::SYS_read, libc::SYS_fstat, libc::SYS_accept4, libc::SYS_recvmmsg] {
            for fd in [0, 7] {
                assert!(reports(number, [fd, 9, 9, 9, 9, 9]), "{number}");
            }
            assert!(!reports(number, [3, 0, 0, 0, 0, 0]), "{number}");
        }
        assert!(reports(libc::SYS_mmap, [3, 3, 3, 3, 7, 3]));
        assert!(!reports(libc::SYS_mmap, [0, 3, 3, 3, u64::MAX, 3]));
        assert!(reports(libc::SYS_sendfile, [1, 7, 3, 3, 3, 3]));
        assert!(reports(libc::SYS_ioctl, [3, 0x4004_9409, 0, 0, 0, 0]));
        assert!(reports(libc::SYS_ppoll, [3; 6]));
        assert!(reports(libc::SYS_openat, [3; 6]));
        assert!(!reports(libc::SYS_close, [0; 6]));
    }

    #[test]
    fn foreign_and_future_calls_are_reported() {
        const I386: u32 = 0x4000_0003;
        assert!(reports(I386, libc::SYS_read, [0; 6]));
        assert!(reports_own(0x4000_0000, [0; 6]));
        assert!(reports_own(i64::from(numbers::LAST) + 1, [0; 6]));
    }

    #[test]
    fn arguments_decide_of_some_calls() {
        let clone = |flags: i32| {
            reports_own(libc::SYS_clone, [u64::from(flags.cast_unsigned()), 0, 0, 0, 0, 0])
        };
        assert!(!clone(libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD));
        assert!(clone(libc::CLONE_NEWUSER | libc::SIGCHLD));
        let socket = |domain: i32, kind: i32| {
            let wide = |value: i32| u64::from(value.cast_unsigned());
            reports_own(libc::SYS_socket, [wide(domain), wide(kind), 0, 0, 0, 0])
        };
        assert!(!socket(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC));
        assert!(!socket(libc::AF_UNIX, libc::SOCK_SEQPACKET));
        assert!(socket(libc::AF_UNIX, libc::SOCK_DGRAM | libc::SOCK_NONBLOCK));
        assert!(socket(libc::AF_INET, libc::SOCK_STREAM));
        let stat = |path| reports_own(libc::SYS_newfstatat, [3, path, 0, 0, 0, 0]);
        assert!(!stat(0));
        assert!(stat(1));
        assert!(stat(1 << 32));
    }
}
