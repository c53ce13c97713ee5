//! The filter: a program for the kernel that decides which calls are reported.
//!
//! It knows numbers and arguments only. It finds a number by bisection, since the kernel follows it for each number before
//! it is installed: those that are always allowed it remembers, and does not run the filter for them.

use super::bpf::{BpfProgram, Instruction};
use super::descriptors::{ArgumentGroup, WatchedDescriptors};
use super::numbers;
use super::rule::When;
use super::table::rows;
use libc::{c_long, sock_filter, sock_fprog};

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

/// The bits of a socket's type that are no flags.
const SOCKET_TYPE: u32 = 0xf;

impl Filter {
    /// The filter for all calls of the table, and those that use one of these descriptors.
    pub(super) fn new(watched: &WatchedDescriptors) -> Self {
        let groups = watched.groups();
        let mut code = FilterCode::new(&groups);
        let mut runs: Vec<CallRun> = Vec::new();
        let mut last = None;
        for (first, decision) in (0..).zip(decisions(&groups)) {
            if last.replace(decision) != Some(decision) {
                runs.push(CallRun { first, answer: code.answer(decision) });
            }
        }
        let found = code.find(&runs);
        Self(code.finish(found))
    }

    /// What the kernel takes. It is valid as long as the filter is.
    pub(super) fn as_program(&self) -> sock_fprog {
        let length = u16::try_from(self.0.len()).unwrap_or(0);
        sock_fprog { len: length, filter: self.0.as_ptr().cast_mut() }
    }
}

/// What is to be done about a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct CallDecision {
    /// The groups that it belongs to, a bit for each. Any of them may have it reported.
    groups: u8,
    /// When it is reported in any case.
    when: Option<When>,
}

/// Numbers in a row with the same answer.
struct CallRun {
    first: u32,
    answer: Instruction,
}

/// The decision for each number that is understood, and one for those that are too high. The numbers of x32 are among these.
fn decisions(groups: &[ArgumentGroup]) -> Vec<CallDecision> {
    let place = |number: c_long| usize::try_from(number).unwrap_or(usize::MAX);
    let count = place(numbers::LAST.into()) + 1;
    let mut decisions = vec![CallDecision::default(); count];
    for (bit, group) in groups.iter().enumerate() {
        for number in group.numbers {
            decisions[place(*number)].groups |= 1 << bit;
        }
    }
    for row in rows() {
        let decision = &mut decisions[place(row.number)];
        decision.when = Some(row.when);
        if row.when == When::Always {
            decision.groups = 0;
        }
    }
    decisions.push(CallDecision { groups: 0, when: Some(When::Always) });
    decisions
}

/// The code of a filter, which is written from its end.
struct FilterCode<'g> {
    groups: &'g [ArgumentGroup],
    program: BpfProgram,
    report: Instruction,
    allow: Instruction,
    /// The code for each decision so far.
    answers: Vec<(CallDecision, Instruction)>,
}

impl<'g> FilterCode<'g> {
    fn new(groups: &'g [ArgumentGroup]) -> Self {
        let mut program = BpfProgram::default();
        let (report, allow) = (program.answer(REPORT), program.answer(ALLOW));
        Self { groups, program, report, allow, answers: Vec::new() }
    }

    /// The code that decides so.
    fn answer(&mut self, decision: CallDecision) -> Instruction {
        if let Some((_, known)) = self.answers.iter().find(|(known, _)| *known == decision) {
            return *known;
        }
        let mut answer = self.when(decision.when);
        for (bit, group) in self.groups.iter().enumerate().rev() {
            if decision.groups >> bit & 1 == 1 {
                answer = self.group(group, answer);
            }
        }
        self.answers.push((decision, answer));
        answer
    }

    fn when(&mut self, when: Option<When>) -> Instruction {
        let Self { program, report, allow, .. } = self;
        let (report, allow) = (*report, *allow);
        match when {
            None => allow,
            Some(When::Always) => report,
            Some(When::AnyBit { argument, mask }) => {
                let tested = program.branch(libc::BPF_JSET, mask, report, allow);
                program.load(low(argument), tested)
            }
            Some(When::NotZero { argument }) => {
                let upper = program.branch(libc::BPF_JEQ, 0, allow, report);
                let upper = program.load(low(argument) + 4, upper);
                let lower = program.branch(libc::BPF_JEQ, 0, upper, report);
                program.load(low(argument), lower)
            }
            Some(When::NoLocalStream) => {
                let datagram = libc::SOCK_DGRAM.cast_unsigned();
                let kind = program.branch(libc::BPF_JEQ, datagram, report, allow);
                let kind = program.mask(SOCKET_TYPE, kind);
                let kind = program.load(low(1), kind);
                let local = libc::AF_UNIX.cast_unsigned();
                let domain = program.branch(libc::BPF_JEQ, local, kind, report);
                program.load(low(0), domain)
            }
        }
    }

    /// Reports calls with one of the values of a group, or with any other value; else goes on.
    fn group(&mut self, group: &ArgumentGroup, next: Instruction) -> Instruction {
        let (equal, other) =
            if group.is_reversed { (next, self.report) } else { (self.report, next) };
        let compare = |no, value: &u32| self.program.branch(libc::BPF_JEQ, *value, equal, no);
        let compared = group.values.iter().rev().fold(other, compare);
        self.program.load(low(group.argument), compared)
    }

    /// Finds the run that a number belongs to.
    fn find(&mut self, runs: &[CallRun]) -> Instruction {
        match runs {
            [] => self.report,
            [run] => run.answer,
            [before, one, after]
                if before.answer == after.answer && one.first + 1 == after.first =>
            {
                self.program.branch(libc::BPF_JEQ, one.first, one.answer, before.answer)
            }
            _ => {
                let (lower, upper) = runs.split_at(runs.len() / 2);
                let first = upper.first().map_or(0, |run| run.first);
                let (upper, lower) = (self.find(upper), self.find(lower));
                self.program.branch(libc::BPF_JGE, first, upper, lower)
            }
        }
    }

    /// The whole, with the code that finds the number.
    fn finish(mut self, found: Instruction) -> Vec<sock_filter> {
        let number = self.program.load(NUMBER, found);
        let ours = self.program.branch(libc::BPF_JEQ, numbers::ARCHITECTURE, number, self.report);
        self.program.load(ARCHITECTURE, ours);
        self.program.finish()
    }
}

/// Where the lower half of an argument is. (The machines are little-endian.)
fn low(argument: u8) -> u32 {
    ARGUMENTS + 8 * u32::from(argument)
}

#[cfg(test)]
mod tests {
    use super::super::descriptors;
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
                        libc::BPF_JGE => a >= k,
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
    fn all_calls_of_the_table_are_found_however_many_descriptors_are_watched() {
        let watched: Vec<i32> = (100..200).collect();
        let conditional: Vec<_> = rows().filter(|row| row.when != When::Always).collect();
        for number in 0..=i64::from(numbers::LAST) {
            if conditional.iter().any(|row| row.number == number) {
                continue;
            }
            let is_in_table = rows().any(|row| row.number == number);
            assert_eq!(reports_own(number, [1; 6]), is_in_table, "{number}");
            let is_use = reports_watching(&watched, numbers::ARCHITECTURE, number, [115; 6]);
            let may_be_use = descriptors::numbers().any(|it| it == number);
            assert_eq!(is_use, is_in_table || may_be_use, "{number}");
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
