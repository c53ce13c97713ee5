//! Somebody changes what lies in a real server: nobody replays it.

use cachex_engines::machine::Machine;
use cachex_engines::nginx::Nginx;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

/// A machine whose undeclared `data` is this, so that its output tells whose result it is.
fn machine(nginx: &Nginx, data: &str) -> Machine {
    let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), &nginx.url(""));
    machine.write("s.sh", "cat data\n");
    machine.write("data", data);
    machine
}

/// A server that has this machine's result of a call with each of these words.
fn served(words: &[&str]) -> Nginx {
    let nginx = Nginx::start("");
    let theirs = machine(&nginx, "theirs");
    for word in words {
        assert_eq!(theirs.call(&["sh", "s.sh", word]).stdout, b"theirs");
    }
    theirs.wait_until_pushed();
    nginx
}

/// Each file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("listed").map(|it| it.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn objects(nginx: &Nginx) -> Vec<PathBuf> {
    files(&nginx.directory.path().join("objects"))
}

/// What a new machine gets, and what is said of it. It only reads.
fn asked(nginx: &Nginx, words: &[&str]) -> (String, String) {
    let reader = machine(nginx, "mine").with("CACHEX_REMOTE_MODE", "read");
    let output = reader.call(&[&["-v"], words, &["sh", "s.sh", "a"]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr))
}

fn is_refused(nginx: &Nginx, place: &str) {
    let (gives, told) = asked(nginx, &[]);
    let is_told = told.contains("remote: miss: what the remote has is refused: ");
    assert!(gives == "mine" && is_told, "{place}: {gives}: {told}");
}

#[test]
fn a_bit_that_flips_in_any_byte_is_noticed() {
    let nginx = served(&["a"]);
    let [object] = &objects(&nginx)[..] else { panic!("one object") };
    let bytes = fs::read(object).expect("read");
    assert_eq!(asked(&nginx, &[]).0, "theirs");
    // Another bit in each byte. A test of the library flips all of them.
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        fs::write(object, changed).expect("written");
        is_refused(&nginx, &format!("byte {at} of {}", bytes.len()));
    }
    for changed in [&bytes[..bytes.len() - 1], &[], &[&bytes[..], b"x"].concat(), &bytes.repeat(2)]
    {
        fs::write(object, changed).expect("written");
        is_refused(&nginx, &format!("{} bytes", changed.len()));
    }
    fs::write(object, bytes).expect("written");
    assert_eq!(asked(&nginx, &[]).0, "theirs");
}

#[test]
fn an_object_that_was_copied_to_another_name_is_noticed() {
    let nginx = served(&["a", "b"]);
    let [one, other] = &objects(&nginx)[..] else { panic!("two objects") };
    let (first, second) = (fs::read(one).expect("read"), fs::read(other).expect("read"));
    fs::write(one, second).expect("written");
    fs::write(other, first).expect("written");
    is_refused(&nginx, "an object of the same namespace");
}

#[test]
fn an_object_that_was_copied_to_another_namespace_is_noticed() {
    let nginx = Nginx::start("");
    let request = machine(&nginx, "evil").with("CACHEX_REMOTE_NAMESPACE", "pull-requests");
    let team = machine(&nginx, "good");
    for (machine, expected) in [(&request, b"evil"), (&team, b"good")] {
        assert_eq!(machine.call(&["sh", "s.sh", "a"]).stdout, expected);
        machine.wait_until_pushed();
    }
    assert_eq!(asked(&nginx, &["--remote-namespace=pull-requests"]).0, "evil");
    let objects = objects(&nginx);
    let below = |part: &str| {
        let found = objects.iter().find(|path| path.to_string_lossy().contains(part));
        found.unwrap_or_else(|| panic!("{part} in {objects:?}"))
    };
    fs::copy(below("/v1/pull-requests/"), below("/v1/main/")).expect("copied");
    is_refused(&nginx, "an object of a pull request");
}

#[test]
fn forty_machines_are_not_confused_by_a_server_that_changes_its_mind() {
    let nginx = served(&["a"]);
    let [object] = &objects(&nginx)[..] else { panic!("one object") };
    let bytes = fs::read(object).expect("read");
    let end = bytes.len() - 1;
    let mut changed = bytes.clone();
    changed[end] ^= 1;
    thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..10).map(|_| asked(&nginx, &[])).collect::<Vec<_>>()))
            .collect();
        // Not by a new file with that name, but under the eyes of those who read.
        while !readers.iter().all(thread::ScopedJoinHandle::is_finished) {
            fs::write(object, &changed).expect("written");
            fs::write(object, &bytes).expect("written");
        }
        for reader in readers {
            for (gives, told) in reader.join().expect("no panic") {
                assert!(gives == "theirs" || gives == "mine", "{gives}: {told}");
            }
        }
    });
}
