//! Lays the functions that a hit calls together in the program. `.cargo/hit.ld` says why. LLD and GNU ld know such scripts.

#![allow(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]

use std::env;

fn main() {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let is_glibc = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if is_glibc && is("PROFILE", "release") {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.cargo/hit.ld");
        println!("cargo::rustc-link-arg-bins=-T{script}");
    }
    println!("cargo::rerun-if-changed=.cargo/hit.ld");
}
