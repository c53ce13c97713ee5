//! What a restore leaves.

use super::fixture::{Restoring, left_over, seen, set_mode, states, write, write_tree};
use crate::outputs::fault::NotRestored;
use crate::outputs::manifest::OutputKind;
use crate::outputs::restore::prepare::{RestoredCounts, prepare};
use crate::outputs::walk::STAGING;
use proptest::prelude::*;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt, symlink};
use std::path::Path;

#[test]
fn everything_comes_back_where_nothing_is() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["dist", "report.txt"], write_tree);
    let counts = restoring.restore(&outputs).expect("restored");
    assert_eq!(counts, RestoredCounts { written: outputs.entries().len(), untouched: 0 });
    let other = tempfile::tempdir().expect("a directory");
    write_tree(other.path());
    assert_eq!(seen(&restoring.there()), seen(other.path()));
}

#[test]
fn what_is_equal_is_not_touched() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["dist", "report.txt"], write_tree);
    write_tree(&restoring.there());
    let before = states(&restoring.there());
    let top = restoring.there().metadata().expect("there").mtime_nsec();
    let counts = restoring.restore(&outputs).expect("restored");
    assert_eq!(counts, RestoredCounts { written: 0, untouched: outputs.entries().len() });
    assert_eq!(states(&restoring.there()), before);
    assert_eq!(restoring.there().metadata().expect("there").mtime_nsec(), top);
}

#[test]
fn what_a_killed_restore_left_beside_an_output_is_removed() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["dist"], write_tree);
    write_tree(&restoring.there());
    // Where the topmost directory cannot be used.
    write(restoring.at(format!("dist/deep/er/{STAGING}7/0")), "left");
    write(restoring.at("dist/deep/er/data"), "other");
    restoring.restore(&outputs).expect("restored");
    assert!(left_over(&restoring.there()).is_empty());
}

#[test]
fn only_what_differs_is_written_and_what_is_no_output_stays() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["dist", "report.txt"], write_tree);
    write_tree(&restoring.there());
    write(restoring.at("dist/mine"), "mine");
    write(restoring.at("dist/index.js"), "INDEX");
    write(restoring.at("dist/deep/er/data"), "short");
    set_mode(restoring.at("dist/tool"), 0o644);
    fs::remove_file(restoring.at("dist/link")).expect("removed");
    symlink("elsewhere", restoring.at("dist/link")).expect("linked");
    fs::remove_dir_all(restoring.at("dist/empty")).expect("removed");
    let top = restoring.there().metadata().expect("there").mtime_nsec();
    let counts = restoring.restore(&outputs).expect("restored");
    assert_eq!(counts.written, 6, "{counts:?}");
    assert_eq!(fs::read(restoring.at("dist/mine")).expect("read"), b"mine");
    fs::remove_file(restoring.at("dist/mine")).expect("removed");
    let other = tempfile::tempdir().expect("a directory");
    write_tree(other.path());
    assert_eq!(seen(&restoring.there()), seen(other.path()));
    let now = restoring.there().metadata().expect("there").mtime_nsec();
    assert_eq!(now, top, "the working directory was not touched");
}

#[test]
fn an_old_file_keeps_its_other_names_and_readers() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["out"], |at| write(at.join("out"), "new"));
    write(restoring.at("out"), "old");
    fs::hard_link(restoring.at("out"), restoring.at("other name")).expect("linked");
    let reader = File::open(restoring.at("out")).expect("opened");
    restoring.restore(&outputs).expect("restored");
    assert_eq!(fs::read(restoring.at("out")).expect("read"), b"new");
    assert_eq!(fs::read(restoring.at("other name")).expect("read"), b"old");
    let mut there = [0; 3];
    reader.read_exact_at(&mut there, 0).expect("read");
    assert_eq!(&there, b"old");
}

#[test]
fn an_object_is_no_hard_link_of_an_output() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["out"], |at| write(at.join("out"), "content"));
    restoring.restore(&outputs).expect("restored");
    assert_eq!(restoring.at("out").metadata().expect("there").nlink(), 1);
}

#[test]
fn what_was_private_stays_private() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["keys"], |at| {
        write(at.join("keys/key"), "secret");
        write(at.join("keys/read only"), "read");
        set_mode(at.join("keys/key"), 0o600);
        set_mode(at.join("keys/read only"), 0o444);
        set_mode(at.join("keys"), 0o700);
    });
    restoring.restore(&outputs).expect("restored");
    let mode = |path: &str| restoring.at(path).metadata().expect("there").mode() & 0o777;
    assert_eq!(mode("keys"), 0o700);
    assert_eq!(mode("keys/key"), 0o600);
    assert_eq!(mode("keys/read only"), 0o444);
}

#[test]
fn nothing_is_changed_before_the_commit_nor_without_it() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["dist", "report.txt"], write_tree);
    write(restoring.at("report.txt"), "older");
    let before = seen(&restoring.there());
    let open = |digest| restoring.open(digest);
    let there = restoring.there();
    let prepared = prepare(&there, &outputs, &open).expect("prepared");
    assert_eq!(fs::read(restoring.at("report.txt")).expect("read"), b"older");
    assert!(!restoring.at("dist").exists());
    assert_eq!(left_over(&there).len(), 1, "it is readied there");
    drop(prepared);
    assert_eq!(seen(&there), before);
}

#[test]
fn damaged_objects_are_told_before_anything_is_changed() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["dist"], write_tree);
    let before = states(&restoring.there());
    let digest = outputs.entries().iter().rev().find_map(|entry| match entry.kind {
        OutputKind::File { digest, size: 1.., .. } => Some(digest),
        _ => None,
    });
    let digest = digest.expect("a file");
    let object = restoring.object(digest);
    let content = fs::read(&object).expect("read");
    let mut flipped = content.clone();
    flipped[0] ^= 1;
    for damage in
        [Some(flipped), Some(content[1..].to_vec()), Some([&content, &content[..]].concat()), None]
    {
        match damage {
            Some(bytes) => fs::write(&object, bytes).expect("written"),
            None => fs::remove_file(&object).expect("removed"),
        }
        assert_eq!(restoring.restore(&outputs), Err(NotRestored::Damaged(digest)));
        assert_eq!(states(&restoring.there()), before);
    }
    // An object that nobody needs may be damaged.
    write_tree(&restoring.there());
    restoring.restore(&outputs).expect("restored");
}

#[test]
fn a_large_file_with_holes_takes_neither_memory_nor_room() {
    const SIZE: u64 = 512 << 20;
    let restoring = Restoring::new();
    let before = memory_peak();
    let outputs = restoring.outputs(&["large"], |at| {
        let file = File::create(at.join("large")).expect("made");
        file.set_len(SIZE).expect("extended");
        file.write_all_at(b"end", SIZE - 3).expect("written");
    });
    restoring.restore(&outputs).expect("restored");
    // Other tests run beside this one.
    let grown = memory_peak() - before;
    assert!(grown < 128 << 10, "{grown} KiB");
    let metadata = restoring.at("large").metadata().expect("there");
    assert_eq!(metadata.len(), SIZE);
    assert!(metadata.blocks() * 512 < 10 << 20, "{} blocks", metadata.blocks());
}

/// The most memory that this process has used, in KiB.
fn memory_peak() -> u64 {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return 0 };
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok());
    peak.unwrap_or(0)
}

#[derive(Clone, Debug)]
enum Thing {
    File(Vec<u8>, bool),
    Link(String),
    Directory,
}

fn things() -> impl Strategy<Value = Vec<(String, Thing)>> {
    let path = proptest::collection::vec("[ab]", 1..4).prop_map(|names| names.join("/"));
    let thing = prop_oneof![
        (proptest::collection::vec(any::<u8>(), 0..3), any::<bool>())
            .prop_map(|(content, executable)| Thing::File(content, executable)),
        "[ab]".prop_map(Thing::Link),
        Just(Thing::Directory),
    ];
    proptest::collection::vec((path, thing), 0..12)
}

/// Makes what can be made.
fn make(top: &Path, things: &[(String, Thing)]) {
    let top = top.canonicalize().expect("there");
    for (path, thing) in things {
        let path = top.join("out").join(path);
        // Nothing is written through a link.
        let parent = path.parent().expect("a parent");
        if fs::create_dir_all(parent).is_err()
            || parent.canonicalize().ok()
                != top
                    .canonicalize()
                    .ok()
                    .map(|top| top.join(parent.strip_prefix(&top).unwrap_or(parent)))
            || path.symlink_metadata().is_ok()
        {
            continue;
        }
        match thing {
            Thing::File(content, executable) => {
                write(&path, content);
                set_mode(&path, if *executable { 0o755 } else { 0o644 });
            }
            Thing::Link(target) => symlink(target, &path).expect("linked"),
            Thing::Directory => fs::create_dir(&path).expect("made"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_restore_gives_all_outputs_or_changes_nothing(recorded in things(), there in things()) {
        let restoring = Restoring::new();
        let outputs = restoring.outputs(&["out"], |at| {
            fs::create_dir(at.join("out")).expect("made");
            make(at, &recorded);
        });
        make(&restoring.there(), &there);
        let before = states(&restoring.there());
        match restoring.restore(&outputs) {
            Ok(_) => {
                let again = restoring.restore(&outputs).expect("restored");
                prop_assert_eq!(again.untouched, outputs.entries().len());
                let now = states(&restoring.there());
                for state in before {
                    let path = state.0.strip_prefix(restoring.there()).expect("below");
                    prop_assert!(outputs.get(path).is_some() || now.contains(&state));
                }
            }
            Err(NotRestored::Obstacle { path, .. }) => {
                prop_assert!(restoring.at(path).symlink_metadata().is_ok());
                prop_assert_eq!(states(&restoring.there()), before);
            }
            Err(fault) => prop_assert!(false, "{:?}", fault),
        }
        prop_assert!(left_over(&restoring.there()).is_empty());
    }
}
