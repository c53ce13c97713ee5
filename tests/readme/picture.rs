//! The picture in the README equals a new recording.

use crate::session::{comparable, skipped};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The final text of a picture.
fn text(picture: &str) -> String {
    let lines = picture.lines().filter(|line| line.starts_with("<g style"));
    let lines = lines.map(|line| {
        let pieces = line.split("<text ").skip(1).filter_map(|piece| {
            let (_, text) = piece.split_once('>')?;
            text.split_once("</text>").map(|(text, _)| text)
        });
        pieces.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_picture_is_up_to_date() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/picture");
    let record = directory.join("record.py");
    if Command::new("python3").arg("--version").output().is_err() {
        return skipped("docs/picture/record.py", "python3");
    }
    let scratch = tempfile::tempdir().expect("a directory");
    let status = Command::new("python3")
        .arg(record)
        .args(["--cachex", env!("CARGO_BIN_EXE_cachex"), "--output"])
        .arg(scratch.path())
        .status()
        .expect("started");
    assert!(status.success(), "the recording failed: {status}");
    let picture = |directory: &Path, name| {
        let picture = fs::read_to_string(directory.join(name)).expect("a picture");
        text(&picture)
    };
    let [shown, happens] = [directory.as_path(), scratch.path()].map(|at| picture(at, "light.svg"));
    assert_eq!(shown, picture(&directory, "dark.svg"));
    assert!(happens.contains("cachex: miss"), "nothing was recorded:\n{happens}");
    assert!(
        comparable(&shown) == comparable(&happens),
        "record it again with docs/picture/record.py\n--- it shows\n{shown}\n--- it would show\n{happens}"
    );
}
