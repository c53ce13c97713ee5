//! A larger stack, for callers that allow less than cachex needs, such as with `ulimit -s 64`.
//!
//! The limit itself is not changed, so the command inherits it.

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
use rustix::process::{Resource, getrlimit};
use std::ffi::c_void;

/// Bytes of stack that are enough for cachex.
const ENOUGH: usize = 1 << 20;

/// Calls `work`, on a new stack if that of the process is small.
#[allow(unsafe_code)]
pub fn with_enough(work: extern "C" fn()) {
    let is_small = |limit: u64| limit < ENOUGH as u64;
    if getrlimit(Resource::Stack).current.is_some_and(is_small) {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the memory is new, nothing else refers to it, and it is never given back.
        let is_done = unsafe {
            mmap_anonymous(std::ptr::null_mut(), ENOUGH, access, MapFlags::PRIVATE)
                .is_ok_and(|stack| call_on(stack, work))
        };
        if is_done {
            return;
        }
    }
    work();
}

/// Calls `work` on this stack of `ENOUGH` bytes. Returns whether it was called.
///
/// # Safety
/// Nothing else uses that memory.
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[allow(unsafe_code)]
unsafe fn call_on(stack: *mut c_void, work: extern "C" fn()) -> bool {
    // SAFETY: contexts are plain numbers, for which zero is a value, and `getcontext` fills the one that is then changed.
    // Both live until `work` has returned, which leads back to here.
    unsafe {
        let mut here: libc::ucontext_t = std::mem::zeroed();
        let mut there: libc::ucontext_t = std::mem::zeroed();
        if libc::getcontext(&raw mut there) != 0 {
            return false;
        }
        there.uc_stack.ss_sp = stack;
        there.uc_stack.ss_size = ENOUGH;
        there.uc_link = &raw mut here;
        libc::makecontext(&raw mut there, work, 0);
        libc::swapcontext(&raw mut here, &raw const there) == 0
    }
}

/// Other systems cannot change the stack.
#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[allow(unsafe_code)]
unsafe fn call_on(_: *mut c_void, _: extern "C" fn()) -> bool {
    false
}
