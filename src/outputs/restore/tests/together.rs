//! Restores that meet in one directory.

use super::fixture::{Restoring, left_over, seen, write, write_tree};
use crate::outputs::restore::prepare::prepare;
use std::fs;
use std::path::Path;
use std::thread;

#[test]
fn many_restores_in_one_directory_are_as_one() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["dist", "report.txt"], write_tree);
    let other = tempfile::tempdir().expect("a directory");
    write_tree(other.path());
    for round in 0..30 {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| restoring.restore(&outputs).expect("restored"));
            }
        });
        assert_eq!(seen(&restoring.there()), seen(other.path()));
        assert!(left_over(&restoring.there()).is_empty());
        match round % 3 {
            0 => fs::remove_dir_all(restoring.at("dist")).expect("removed"),
            1 => write(restoring.at("dist/index.js"), "other"),
            _ => fs::remove_dir_all(restoring.at("dist/deep")).expect("removed"),
        }
    }
}

#[test]
fn each_output_is_one_or_the_other_whole() {
    let restoring = Restoring::new();
    let tree = |letter: u8| {
        move |at: &Path| {
            for number in 0..20 {
                write(at.join(format!("out/{number}")), vec![letter; 50_000]);
            }
        }
    };
    let outputs = [b'a', b'b'].map(|letter| restoring.outputs(&["out"], tree(letter)));
    thread::scope(|scope| {
        for outputs in &outputs {
            scope.spawn(|| {
                for _ in 0..10 {
                    restoring.restore(outputs).expect("restored");
                }
            });
        }
        for _ in 0..200 {
            for number in 0..20 {
                let Ok(content) = fs::read(restoring.at(format!("out/{number}"))) else { continue };
                assert_eq!(content.len(), 50_000);
                assert!(content.iter().all(|byte| *byte == content[0]), "torn");
            }
        }
    });
    assert!(left_over(&restoring.there()).is_empty());
}

#[test]
fn what_others_put_there_meanwhile_is_looked_at_again() {
    let restoring = Restoring::new();
    let outputs = restoring.outputs(&["dist", "report.txt"], write_tree);
    let (open, there) = (|digest| restoring.open(digest), restoring.there());
    let prepared = || prepare(&there, &outputs, &open).expect("prepared");
    let waiting = prepared();
    write(restoring.at("dist/mine"), "mine");
    write(restoring.at("report.txt"), "other");
    let counts = waiting.commit().expect("restored");
    assert_eq!((counts.written, counts.untouched), (outputs.entries().len() - 1, 1));
    assert_eq!(fs::read(restoring.at("dist/mine")).expect("read"), b"mine");

    write(restoring.at("report.txt"), "other");
    let waiting = prepared();
    fs::remove_file(restoring.at("report.txt")).expect("removed");
    waiting.commit().expect("restored");
    assert_eq!(fs::read(restoring.at("report.txt")).expect("read"), b"report");

    write(restoring.at("dist/index.js"), "other");
    write(restoring.at("report.txt"), "other");
    let waiting = prepared();
    fs::remove_file(restoring.at("report.txt")).expect("removed");
    write(restoring.at("report.txt/precious"), "precious");
    waiting.commit().expect_err("there is a directory");
    assert_eq!(fs::read(restoring.at("report.txt/precious")).expect("read"), b"precious");
    assert_eq!(fs::read(restoring.at("dist/index.js")).expect("read"), b"other", "undone");
    assert!(left_over(&there).is_empty());
}
