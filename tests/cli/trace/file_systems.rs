//! File systems that processes serve.

use super::super::harness::{has, skipped};
use super::traced::Traced;

const SERVE: &str = "bindfs --no-allow-other src mnt 2> /dev/null";
const END: &str = "fusermount3 -u mnt || fusermount -u mnt || umount mnt";

/// Whether such a file system can be had. It is tried out in this directory.
fn is_possible(traced: &Traced) -> bool {
    let is_possible = has("bindfs")
        && traced
            .sandbox
            .sh(&format!("mkdir -p src mnt; {SERVE} && {{ {END}; }} 2> /dev/null"))
            .output()
            .status
            .success();
    if !is_possible {
        skipped("bindfs and the right to use it");
    }
    is_possible
}

#[test]
fn a_file_system_that_the_command_serves_itself_is_not_followed() {
    let traced = Traced::new(&format!("{SERVE} && cat mnt/in; {{ {END}; }} 2> /dev/null"));
    if !is_possible(&traced) {
        return;
    }
    traced.write("src/in", "1\n");
    traced.gives("1\n").unstored("cannot be traced");
    traced.write("src/in", "2\n");
    traced.gives("2\n").unstored("cannot be traced");
}

#[test]
fn a_file_on_a_file_system_of_another_process_counts() {
    let traced = Traced::new("cat mnt/in");
    if !is_possible(&traced) {
        return;
    }
    traced.write("src/in", "1\n");
    traced.sh(SERVE);
    let first = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        traced.gives("1\n").stored();
        traced.gives("1\n").hit();
        traced.write("src/in", "2\n");
        traced.gives("2\n").missed("in changed");
    }));
    traced.sh(&format!("{{ {END}; }} 2> /dev/null"));
    first.expect("as expected");
}
