//! What was stored is sealed and pushed later, from the store, by a process that nobody waits for.

use super::machine::{
    checkout, flush, key, outbox_files, sharing, sharing_later, wait_until_pushed,
};
use super::server::Server;
use crate::harness::{Sandbox, wait_until};
use std::fs::{self, File};
use std::os::unix::fs::symlink;

/// Writes 3 MB that hardly get smaller.
const LONG: &str = "head -c 2250000 /dev/urandom | base64 -w 0 | tee long";

#[test]
fn a_call_leaves_a_note_and_the_bytes_stay_in_the_store() {
    let (server, one, other) = (Server::new(), checkout(LONG), checkout(LONG));
    sharing_later(&one, &server, "./s.sh");
    let waiting = outbox_files(&one, ".json");
    let [note] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!(outbox_files(&one, "").len(), 3);
    let note = fs::read_to_string(one.store_dir().join("outbox").join(note)).expect("read");
    assert!(note.len() < 2000 && !note.contains(&key()), "{note}");
    flush(&one, &server, "").gives("pushed 1, refused 0, waiting 0\n");
    sharing(&other, &server, "./s.sh").gives(one.read("long"));
    assert_eq!(other.runs(), 0);
    assert_eq!(outbox_files(&one, "").len(), 2);
}

#[test]
fn a_long_key_reaches_the_process_that_pushes() {
    let (server, one) = (Server::new(), checkout("echo out"));
    let long = "ab".repeat(50_000);
    sharing(&one, &server, "./s.sh").env("CACHEX_REMOTE_KEY", &long).gives("out\n");
    wait_until_pushed(&one);
    assert_eq!(server.objects().len(), 1);
}

#[test]
fn what_was_cleared_or_evicted_before_is_not_pushed() {
    for verb in ["clear", "clear -- ./s.sh", "prune --max-size 0"] {
        let (server, one) = (Server::new(), checkout("echo out"));
        sharing_later(&one, &server, "./s.sh");
        one.cachex(verb).output();
        flush(&one, &server, "").gives("pushed 0, refused 0, waiting 0\n");
        assert_eq!(server.requests("PUT"), 0, "{verb}");
        assert_eq!(outbox_files(&one, ".json").len(), 0);
    }
}

#[test]
fn what_is_no_file_in_the_outbox_is_left_alone_and_holds_nothing_up() {
    let (server, one) = (Server::new(), checkout("echo out"));
    sharing_later(&one, &server, "./s.sh");
    one.write("elsewhere", "no note");
    let outbox = one.store_dir().join("outbox");
    let fifos = ["fifo.json", "fifo.refused"].map(|name| outbox.join(name));
    one.sh(&format!("mkfifo {} {}", fifos[0].display(), fifos[1].display())).gives("");
    fs::create_dir(outbox.join("directory.json")).expect("made");
    symlink("/dev/zero", outbox.join("endless.json")).expect("made");
    symlink(one.dir.join("elsewhere"), outbox.join("link.json")).expect("made");
    flush(&one, &server, "").gives("pushed 1, refused 0, waiting 0\n");
    assert_eq!(server.objects().len(), 1);
    assert_eq!(one.read("elsewhere"), "no note");
    sharing(&one, &server, "./s.sh another").gives("out\n");
    wait_until("it is pushed", || outbox_files(&one, ".json").len() == 4);
    assert_eq!(server.objects().len(), 2);
}

#[test]
fn of_a_result_that_was_replaced_the_new_one_is_pushed() {
    let (server, one, other) = (Server::new(), checkout("cat x"), checkout("cat x"));
    for content in ["old", "new"] {
        one.write("x", content);
        sharing_later(&one, &server, "--refresh ./s.sh");
    }
    flush(&one, &server, "").gives("pushed 1, refused 0, waiting 0\n");
    sharing(&other, &server, "./s.sh").gives("new");
}

#[test]
fn a_killed_push_leaves_nothing_but_the_note() {
    let (server, one) = (Server::new(), checkout(LONG));
    sharing_later(&one, &server, "./s.sh");
    server.hold(Some("PUT"));
    let mut pushing = flush(&one, &server, "").spawn();
    wait_until("it is asked", || server.requests("PUT") > 0);
    pushing.kill().expect("killed");
    pushing.wait().expect("ended");
    assert_eq!(server.objects().len(), 0);
    assert_eq!(outbox_files(&one, "").len(), 3);
    server.hold(None);
    flush(&one, &server, "").gives("pushed 1, refused 0, waiting 0\n");
    assert_eq!((server.objects().len(), outbox_files(&one, "").len()), (1, 2));
}

#[test]
fn files_are_pushed_as_they_were_stored() {
    let body = "mkdir -p out; echo 1 > out/x; cp out/x out/y";
    let (server, one, other) = (Server::new(), checkout(body), checkout(body));
    sharing_later(&one, &server, "--output out ./s.sh");
    one.write("out/x", "changed since");
    flush(&one, &server, "").gives("pushed 1, refused 0, waiting 0\n");
    sharing(&other, &server, "--output out ./s.sh").gives("");
    assert_eq!(
        (other.runs(), other.read("out/x"), other.read("out/y")),
        (0, "1\n".into(), "1\n".into())
    );
}

#[test]
fn long_output_that_names_a_place_of_the_machine_stays_there() {
    let body = "head -c 2000000 /dev/zero; pwd; head -c 2000000 /dev/zero";
    let (server, one) = (Server::new(), checkout(body));
    sharing_later(&one, &server, "./s.sh");
    flush(&one, &server, "").gives("pushed 0, refused 0, waiting 0\n");
    assert_eq!(server.requests("PUT"), 0);
}

#[test]
fn another_team_on_this_machine_does_not_push_it() {
    let (server, one) = (Server::new(), checkout("echo out"));
    sharing_later(&one, &server, "./s.sh");
    let other = flush(&one, &server, "").env("CACHEX_REMOTE_KEY", &"cd".repeat(32));
    other.gives("pushed 0, refused 0, waiting 0\n");
    flush(&one, &server, "").gives("pushed 1, refused 0, waiting 0\n");
}

#[test]
fn what_cannot_be_sealed_keeps_nothing_else_from_being_pushed() {
    let damages: [fn(&Sandbox); 3] = [
        |one| drop(File::create(one.object()).expect("emptied")),
        |one| fs::write(one.object(), "x\n").expect("changed"),
        |one| {
            let note = one.store_dir().join("outbox").join(&outbox_files(one, ".json")[0]);
            let text = fs::read_to_string(&note).expect("read").replace("\"v1/", "\"v0/");
            fs::write(note, text).expect("changed");
        },
    ];
    for (number, damage) in damages.iter().enumerate() {
        let body = "mkdir -p out; echo $1 > out/file";
        let (server, one) = (Server::new(), checkout(body));
        sharing_later(&one, &server, "--output out ./s.sh a");
        damage(&one);
        sharing_later(&one, &server, "./s.sh b");
        flush(&one, &server, "").gives("pushed 1, refused 0, waiting 0\n");
        assert_eq!(server.objects().len(), 1, "{number}");
    }
}

#[test]
fn a_push_that_takes_too_long_keeps_nothing_else_from_being_pushed() {
    let (server, one) = (Server::new(), checkout("echo $1"));
    for word in ["a", "b", "c"] {
        sharing_later(&one, &server, &format!("./s.sh {word}"));
    }
    server.never_answer("PUT");
    let told = flush(&one, &server, "--timeout 8s").tells("pushed 2, refused 0, waiting 1\n", 1);
    assert!(told.contains("too slow"), "{told}");
    // It stays for later, and later ones go first.
    sharing_later(&one, &server, "./s.sh d");
    server.answer_once("PUT", "503 Service Unavailable");
    server.answer_before(1);
    flush(&one, &server, "").tells("pushed 1, refused 0, waiting 1\n", 1);
    flush(&one, &server, "").gives("pushed 1, refused 0, waiting 0\n");
    assert_eq!(server.objects().len(), 4);
}

#[test]
fn a_store_that_is_named_from_the_working_directory_pushes_too() {
    let (server, one, other) = (Server::new(), checkout("cat x"), checkout("cat x"));
    one.write("x", "1");
    let call = |sandbox| sharing(sandbox, &server, "./s.sh").env("CACHEX_CACHE_DIR", "own");
    call(&one).gives("1");
    wait_until("it is pushed", || server.objects().len() == 1);
    call(&other).gives("1");
}
