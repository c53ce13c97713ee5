//! What a run wrote, found in real directories.

use super::before::OutputsBefore;
use super::collect::{CollectedOutputs, collect};
use super::fault::NotCollected;
use super::manifest::OutputKind;
use crate::output_pattern::OutputPattern;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct Collecting {
    directory: TempDir,
    patterns: Vec<OutputPattern>,
}

impl Collecting {
    fn new(patterns: &[&str]) -> Self {
        let pattern = |word: &&str| OutputPattern::parse(OsStr::new(word)).expect("a pattern");
        let directory = tempfile::tempdir().expect("a directory");
        Self { directory, patterns: patterns.iter().map(pattern).collect() }
    }

    fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(path)
    }

    fn write(&self, path: impl AsRef<Path>, content: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, content).expect("written");
    }

    /// Collects what a run wrote.
    fn run(&self, run: impl FnOnce()) -> Result<CollectedOutputs, NotCollected> {
        let before = OutputsBefore::survey(self.directory.path(), &self.patterns);
        run();
        collect(self.directory.path(), &self.patterns, &before?, &[])
    }

    fn expect_unfit(&self, path: &str, words: &str) {
        match self.run(|| ()) {
            Err(NotCollected::Unfit { path: at, reason }) => {
                assert_eq!(at, Path::new(path));
                assert!(reason.contains(words), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}

fn paths(collected: &CollectedOutputs) -> String {
    let paths = collected.manifest.entries().iter().map(|entry| entry.path.to_string_lossy());
    paths.collect::<Vec<_>>().join(" ")
}

#[test]
fn all_that_matches_is_collected_once() {
    let run = Collecting::new(&["dist", "*.log", "dist/a", "**/*.o", "dist/**"]);
    let collected = run.run(|| {
        run.write("dist/a/x", "x");
        run.write("dist/.hidden", "x");
        run.write("build.log", "log");
        run.write("sub/dir/y.o", "y");
        run.write("sub/dir/other", "other");
        run.write("x", "no output");
        symlink("/etc/passwd", run.at("dist/link")).expect("linked");
        fs::create_dir(run.at("dist/empty")).expect("made");
    });
    let collected = collected.expect("collected");
    let expected = "build.log dist dist/.hidden dist/a dist/a/x dist/empty dist/link sub/dir/y.o";
    assert_eq!(paths(&collected), expected);
    assert_eq!(collected.untouched, 0);
    let link = collected.manifest.get(Path::new("dist/link")).map(|entry| &entry.kind);
    assert_eq!(link, Some(&OutputKind::Link { target: "/etc/passwd".into() }));
    // `x` is there twice.
    assert_eq!(collected.files.len(), 3);
    for file in &collected.files {
        let mut content = Vec::new();
        let mut opened = file.open(run.directory.path()).expect("opened");
        opened.read_to_end(&mut content).expect("read");
        assert_eq!(blake3::hash(&content).as_bytes(), &file.digest.0);
        assert_eq!(content.len() as u64, file.size);
    }
}

#[test]
fn what_was_not_written_is_named() {
    let run = Collecting::new(&["dist", "*.o"]);
    run.write("dist/old", "old");
    run.write("x.o", "old");
    let wrote_nothing = |pattern: &str| Err(NotCollected::WroteNothing(pattern.into()));
    let collected = |run: Result<CollectedOutputs, _>| run.map(|collected| collected.untouched);
    assert_eq!(collected(run.run(|| ())), wrote_nothing("dist"));
    assert_eq!(collected(run.run(|| run.write("dist/new", "new"))), wrote_nothing("*.o"));
    // To remove something is not to write it.
    let removed = run.run(|| {
        fs::remove_file(run.at("dist/new")).expect("removed");
        run.write("y.o", "new");
    });
    assert_eq!(collected(removed), wrote_nothing("dist"));
    let written = run.run(|| {
        run.write("x.o", "newer");
        fs::create_dir(run.at("dist/empty")).expect("made");
    });
    assert_eq!(collected(written), Ok(3), "dist, dist/old, y.o");
    let text = wrote_nothing("dist").expect_err("nothing").to_string();
    assert_eq!(text, "said `--output dist`, wrote nothing there");
}

#[test]
fn the_same_content_written_again_counts() {
    let run = Collecting::new(&["out"]);
    run.write("out", "same");
    // Longer than a tick of the clock.
    std::thread::sleep(std::time::Duration::from_millis(20));
    let collected = run.run(|| run.write("out", "same")).expect("collected");
    assert_eq!((paths(&collected).as_str(), collected.untouched), ("out", 0));
}

#[test]
fn what_cannot_be_stored_is_named() {
    let run = Collecting::new(&["dist"]);
    run.write("dist/tool", "x");
    fs::set_permissions(run.at("dist/tool"), fs::Permissions::from_mode(0o4755)).expect("set");
    run.expect_unfit("dist/tool", "is set-user-id");
    fs::remove_file(run.at("dist/tool")).expect("removed");
    mknodat(CWD, run.at("dist/fifo"), FileType::Fifo, Mode::RUSR, 0).expect("made");
    let collected = run.run(|| run.write("dist/new", "new"));
    let text = collected.expect_err("a FIFO").to_string();
    assert_eq!(text, "output dist/fifo is a FIFO");
}

#[test]
fn links_are_not_followed() {
    let run = Collecting::new(&["out/x"]);
    let outside = tempfile::tempdir().expect("a directory");
    fs::write(outside.path().join("x"), "x").expect("written");
    symlink(outside.path(), run.at("out")).expect("linked");
    run.expect_unfit("out", "is a link, which is not followed");

    let run = Collecting::new(&["*/x"]);
    symlink(outside.path(), run.at("out")).expect("linked");
    assert_eq!(run.run(|| ()).expect_err("a link"), NotCollected::WroteNothing("*/x".into()));

    let run = Collecting::new(&["out"]);
    symlink(outside.path(), run.at("other")).expect("linked");
    let collected = run.run(|| symlink(outside.path(), run.at("out")).expect("linked"));
    assert_eq!(paths(&collected.expect("collected")), "out");
}

#[test]
fn a_file_that_changed_since_is_not_opened() {
    let run = Collecting::new(&["out"]);
    let collected = run.run(|| run.write("out", "one")).expect("collected");
    let [file] = &collected.files[..] else { panic!("{collected:?}") };
    run.write("out", "other");
    file.open(run.directory.path()).expect_err("it changed");
    fs::remove_file(run.at("out")).expect("removed");
    let gone = file.open(run.directory.path()).expect_err("it is gone");
    assert_eq!(gone.kind(), io::ErrorKind::NotFound);
}

#[test]
fn paths_are_collected_as_they_are() {
    let run = Collecting::new(&[]);
    run.write("a/x", "x");
    run.write("a/y", "y");
    run.write(OsStr::from_bytes(b"\xff"), "not UTF-8");
    let names = [&b"a"[..], b"a/x", b"gone", b"gone/too", b"\xff"];
    let names = names.map(|name| PathBuf::from(OsStr::from_bytes(name)));
    let collected =
        collect(run.directory.path(), &[], &OutputsBefore::default(), &names).expect("collected");
    assert_eq!(paths(&collected), "a a/x \u{fffd}");
    symlink("a", run.at("link")).expect("linked");
    let through = collect(run.directory.path(), &[], &OutputsBefore::default(), &["link/x".into()]);
    let text = through.expect_err("a link").to_string();
    assert_eq!(text, "output link is a link, which is not followed");
}
