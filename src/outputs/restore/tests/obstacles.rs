//! What stands in the way of a restore.

use super::fixture::{Restoring, set_mode, states, write, write_tree};
use crate::outputs::fault::NotRestored;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Puts something at a path.
type Make = fn(&Path);

/// Tells the test that it is the process that must not write.
const UNPRIVILEGED: &str = "CACHEX_TEST_UNPRIVILEGED_RESTORE";

#[test]
fn another_kind_is_an_obstacle() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["dist", "report.txt"], write_tree);
    let fifo: Make = |at| mknodat(CWD, at, FileType::Fifo, Mode::RUSR, 0).expect("made");
    let directory: Make = |at| fs::create_dir(at).expect("made");
    let file: Make = |at| write(at, "x");
    let link: Make = |at| symlink("/etc", at).expect("linked");
    let to_itself: Make = |at| symlink("dist", at).expect("linked");
    for (path, make, words) in [
        ("report.txt", directory, "is a directory"),
        ("report.txt", link, "is a link"),
        ("report.txt", fifo, "is a FIFO"),
        ("dist", file, "is a file"),
        ("dist", link, "is a link"),
        ("dist", to_itself, "is a link"),
        ("dist/link", file, "is a file"),
        ("dist/link", directory, "is a directory"),
        ("dist/deep", file, "is a file"),
        ("dist/deep/er", link, "is a link"),
        ("dist/index.js", fifo, "is a FIFO"),
    ] {
        let at = restoring.at(path);
        fs::create_dir_all(at.parent().expect("a parent")).expect("made");
        make(&at);
        restoring.expect_obstacle(&outputs, path, words);
        fs::remove_dir_all(restoring.there()).expect("removed");
        fs::create_dir(restoring.there()).expect("made");
    }
}

#[test]
fn a_link_on_the_way_is_not_followed() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["a/b/*.txt"], |at| write(at.join("a/b/x.txt"), "x"));
    let outside = tempfile::tempdir().expect("a directory");
    fs::create_dir(outside.path().join("b")).expect("made");
    symlink(outside.path(), restoring.at("a")).expect("linked");
    restoring.expect_obstacle(&outputs, "a", "is a link, which is not followed");
    fs::remove_file(restoring.at("a")).expect("removed");
    write(restoring.at("a"), "a file");
    restoring.expect_obstacle(&outputs, "a", "is not a directory");
    fs::remove_file(restoring.at("a")).expect("removed");
    fs::create_dir(restoring.at("a")).expect("made");
    symlink(outside.path().join("b"), restoring.at("a/b")).expect("linked");
    restoring.expect_obstacle(&outputs, "a/b", "is a link, which is not followed");
    assert_eq!(states(outside.path()).len(), 1);
}

#[test]
fn a_working_directory_that_is_gone_is_an_obstacle() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["report.txt"], write_tree);
    fs::remove_dir(restoring.there()).expect("removed");
    assert!(matches!(restoring.restore(&outputs), Err(NotRestored::Obstacle { .. })));
}

#[test]
fn a_device_is_an_obstacle() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["out"], |at| write(at.join("out"), ""));
    let made = mknodat(CWD, restoring.at("out"), FileType::CharacterDevice, Mode::RUSR, 0x103);
    if made.is_ok() {
        restoring.expect_obstacle(&outputs, "out", "is a device");
    } else {
        let _ = fs::remove_file(restoring.at("out"));
        let null = Path::new("/dev/null");
        assert!(null.exists(), "no device can be made here, which takes root");
    }
}

/// What cannot be written without privileges, in a process that has none.
#[test]
fn what_may_not_be_written_is_an_obstacle() {
    if env::var_os(UNPRIVILEGED).is_none() && rustix::process::geteuid().is_root() {
        let mut again = Command::new(env::current_exe().expect("known"));
        again.args(["--exact", "--nocapture"]);
        again.arg("outputs::restore::tests::obstacles::what_may_not_be_written_is_an_obstacle");
        let scratch = tempfile::tempdir().expect("a directory");
        set_mode(scratch.path(), 0o777);
        again.env("TMPDIR", scratch.path()).env(UNPRIVILEGED, "1").uid(65_534).gid(65_534);
        match again.status() {
            Ok(status) => assert!(status.success()),
            // The directory of the tests may be closed to others.
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
        }
        return;
    }
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["dist", "report.txt"], write_tree);
    write_tree(&restoring.there());
    write(restoring.at("dist/index.js"), "other");
    let refused = "ermission denied";
    set_mode(restoring.at("dist"), 0o555);
    restoring.expect_obstacle(&outputs, "dist", refused);
    set_mode(restoring.at("dist"), 0o755);
    write(restoring.at("dist/deep/er/data"), "other");
    set_mode(restoring.at("dist/deep/er"), 0o555);
    restoring.expect_obstacle(&outputs, "dist/deep/er/data", refused);
    set_mode(restoring.at("dist/deep/er"), 0o755);
    restoring.restore(&outputs).expect("restored");
    set_mode(restoring.at("report.txt"), 0o000);
    assert!(restoring.restore(&outputs).is_err());
    set_mode(restoring.at("report.txt"), 0o644);
    fs::remove_file(restoring.at("report.txt")).expect("removed");
    set_mode(restoring.there(), 0o555);
    restoring.expect_obstacle(&outputs, "", refused);
    set_mode(restoring.there(), 0o755);
}
