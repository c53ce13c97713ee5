//! Runs `tests/soak.sh` for a few seconds: many callers, kills and damage at once never give a wrong byte.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::process::Command;

#[test]
fn every_byte_is_right_under_kills_and_damage() {
    let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/soak.sh"))
        .args(["5", env!("CARGO_BIN_EXE_cachex")])
        .output()
        .expect("started");
    let report = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&report));
}
