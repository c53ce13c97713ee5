//! Objects that are rightly sealed, and of no use: each is a miss, and the next result takes its place.

use super::machine::{checkout, key, sharing, wait_until_pushed};
use super::server::Server;
use cachex::entry::Condition;
use cachex::remote::{
    Marker, ObjectKind, ObjectName, PackHead, PackWriter, PackedFiles, ResultRoute, SealedWriter,
    Secrets,
};
use cachex::terminal::Stream;
use cachex::time::Timestamp;
use std::io::Write as _;
use std::time::Duration;

fn sealed(name: &str, kind: ObjectKind, content: &[u8]) -> Vec<u8> {
    let (_, name) = name.split_once("/cache/").expect("a path of this store");
    let name: ObjectName = name.parse().expect("a name");
    let secrets = Secrets::new(|name| (name == "CACHEX_REMOTE_KEY").then(key)).expect("secrets");
    let mut object = SealedWriter::new(Vec::new(), kind, &name, &secrets).expect("begun");
    object.write_all(content).expect("written");
    object.finish().expect("sealed")
}

fn head() -> PackHead {
    PackHead {
        exit: 0,
        ended: Timestamp::now(),
        elapsed: Duration::from_secs(1),
        condition: Condition::StdinAbsent,
        output: 4,
        files: None,
    }
}

fn pack(head: &PackHead) -> Vec<u8> {
    let mut pack = PackWriter::new(Vec::new(), head).expect("begun");
    let output = vec![b'!'; usize::try_from(head.output).expect("small")];
    pack.output(Stream::Stdout, &output).expect("written");
    pack.end_output().expect("written");
    pack.finish().expect("packed")
}

/// A result of one machine is exchanged for this object. The result of a second machine reaches a third one.
#[track_caller]
fn is_replaced(place: &str, object: impl Fn(&str) -> Vec<u8>) {
    let [one, other, third] = [0; 3].map(|_| checkout("echo out"));
    let server = Server::new();
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    let name = server.objects().into_keys().next().expect("an object");
    server.put(&name, object(&name));
    sharing(&other, &server, "-v ./s.sh").output();
    wait_until_pushed(&other);
    assert_eq!(other.runs(), 1, "{place}: it is a miss");
    sharing(&third, &server, "-v ./s.sh").output();
    assert_eq!(third.runs(), 0, "{place}: the new result lies there");
}

#[test]
fn what_cannot_be_read_is_replaced() {
    for (kind, place) in [
        (ObjectKind::Pack, "a pack"),
        (ObjectKind::Marker, "a marker"),
        (ObjectKind::Tombstone, "a tombstone"),
    ] {
        is_replaced(place, |name| sealed(name, kind, b"\x01nonsense"));
        is_replaced(place, |name| sealed(name, kind, b""));
    }
    let packed = pack(&head());
    let cut = &packed[..packed.len() / 2];
    is_replaced("half a pack", |name| sealed(name, ObjectKind::Pack, cut));
    let longer = [&packed[..], b"more"].concat();
    is_replaced("a pack and more", |name| sealed(name, ObjectKind::Pack, &longer));
}

#[test]
fn what_does_not_fit_the_call_is_replaced() {
    let condition = Condition::StdinClosed;
    let files = Some(PackedFiles { manifest: Vec::new(), contents: Vec::new() });
    for (place, head) in [
        ("another standard input", PackHead { condition, ..head() }),
        ("other files", PackHead { files, ..head() }),
    ] {
        is_replaced(place, |name| sealed(name, ObjectKind::Pack, &pack(&head)));
    }
}

#[test]
fn what_is_too_long_for_this_machine_is_replaced() {
    let output = 300_000;
    let long = pack(&PackHead { output, ..head() });
    for (place, length) in [("a long result", None), ("a long object", Some(34 << 20))] {
        let [one, other, third] = [0; 3].map(|_| checkout("echo out"));
        let server = Server::new();
        let call = |sandbox| {
            let call = sharing(sandbox, &server, "-v ./s.sh").env("CACHEX_MAX_SIZE", "200kB");
            let told = call.tells("out\n", 0);
            wait_until_pushed(sandbox);
            told
        };
        call(&one);
        let name = server.objects().into_keys().next().expect("an object");
        let object = sealed(&name, ObjectKind::Pack, &long);
        server.put(&name, length.map_or(object, |length| vec![0; length]));
        let told = call(&other);
        assert!(told.contains("too long") || told.contains("larger"), "{place}: {told}");
        sharing(&third, &server, "./s.sh").gives("out\n");
        assert_eq!((other.runs(), third.runs()), (1, 0), "{place}");
    }
}

#[test]
fn what_a_newer_version_wrote_stays() {
    let [one, other] = [0; 2].map(|_| checkout("echo out"));
    let server = Server::new();
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    // The format stands behind the mark.
    server.change(|object| object[9] = 1);
    let newer = server.objects();
    for _ in 0..2 {
        sharing(&other, &server, "./s.sh").gives("out\n");
        wait_until_pushed(&other);
    }
    assert_eq!(server.objects(), newer);
    server.change(|object| object[8..10].fill(0));
    let [third, last] = [0; 2].map(|_| checkout("echo out"));
    sharing(&third, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&third);
    sharing(&last, &server, "./s.sh").gives("out\n");
    assert_eq!(last.runs(), 0, "a newer version takes the place of an older one");
}

#[test]
fn what_a_marker_leads_to_is_replaced() {
    let [one, other, third] = [0; 3].map(|_| checkout("cat"));
    let server = Server::new();
    sharing(&one, &server, "./s.sh").stdin("in").gives("in");
    wait_until_pushed(&one);
    for name in server.objects().into_keys() {
        server.put(&name, sealed(&name, ObjectKind::Pack, b"nonsense"));
    }
    sharing(&other, &server, "./s.sh").stdin("in").gives("in");
    wait_until_pushed(&other);
    sharing(&third, &server, "./s.sh").stdin("in").gives("in");
    assert_eq!((other.runs(), third.runs()), (1, 0));
    let routes = vec![ResultRoute { stdin: Some(2), ..ResultRoute::default() }; 9];
    let marker = Marker { routes, cleared: None }.encode();
    for name in server.objects().into_keys() {
        server.put(&name, sealed(&name, ObjectKind::Marker, &marker));
    }
    let [other, third] = [0; 2].map(|_| checkout("cat"));
    sharing(&other, &server, "./s.sh").stdin("in").gives("in");
    wait_until_pushed(&other);
    sharing(&third, &server, "./s.sh").stdin("in").gives("in");
    assert_eq!((other.runs(), third.runs()), (1, 0));
}
