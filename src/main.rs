//! The `cachex` binary: everything lives in the library.
//!
//! On glibc it begins at C's `main`. Rust's own start installs a handler for stack overflows and reads the memory map
//! for it, which takes a good part of the time of a hit.

#![cfg_attr(all(target_os = "linux", target_env = "gnu"), no_main)]

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
// SAFETY: the only `main` of the program. The words of the command line reach `std::env` without it,
// and `exit` flushes what is written.
#[unsafe(no_mangle)]
extern "C" fn main(_: std::ffi::c_int, _: *const *const std::ffi::c_char) -> std::ffi::c_int {
    std::process::exit(cachex::main().into())
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn main() -> std::process::ExitCode {
    cachex::main().into()
}
