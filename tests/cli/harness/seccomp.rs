//! Calls to which the kernel refuses a system call, as containers and emulators do.

use super::Call;
use std::io;
use std::os::unix::process::CommandExt;

/// A call for which the system call with this number fails with this error.
#[allow(unsafe_code)]
pub fn refusing(mut call: Call, number: libc::c_long, error: i32) -> Call {
    let instruction = |code: u32, jump: u8, value: u32| {
        let code = u16::try_from(code).expect("a code");
        libc::sock_filter { code, jt: 0, jf: jump, k: value }
    };
    let number = u32::try_from(number).expect("a number");
    let failure = libc::SECCOMP_RET_ERRNO | error.cast_unsigned();
    let mut filter = [
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 1, number),
        instruction(libc::BPF_RET | libc::BPF_K, 0, failure),
        instruction(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let install = move || {
        let program = libc::sock_fprog { len: 4, filter: filter.as_mut_ptr() };
        // SAFETY: plain system calls; the filter outlives them.
        let is_set = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program)
                    == 0
        };
        if is_set { Ok(()) } else { Err(io::Error::last_os_error()) }
    };
    // SAFETY: only system calls are made between fork and exec.
    unsafe { call.command.pre_exec(install) };
    call
}
