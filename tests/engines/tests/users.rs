//! Two checkouts in two directories, of two users: what one has run, the other replays.

use cachex_engines::machine::Machine;
use cachex_engines::nginx::Nginx;
use cachex_engines::redis::Redis;
use cachex_engines::s3::S3;
use std::fs;
use std::os::unix::fs::MetadataExt;

/// Users that nothing else belongs to.
const USERS: [u32; 2] = [61_301, 61_302];

/// A checkout of one project, where a user has it.
fn checkout(url: &str, place: &str, user: u32) -> Machine {
    let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), url).in_checkout(place);
    fs::create_dir(machine.file("sub")).expect("a directory");
    machine.write("data", "42\n");
    machine.write(
        "count.sh",
        "echo $1 >> $HOME/runs; mkdir -p out; tee out/$1 < data; echo told >&2\n",
    );
    // Other than root can only be themselves.
    let is_root = fs::metadata(machine.home()).expect("a directory").uid() == 0;
    if is_root { machine.owned_by(user) } else { machine }
}

fn share(url: &str) {
    let one = checkout(url, "work/project", USERS[0]);
    let other = checkout(url, "src/github.com/us/project-2", USERS[1]);
    for (word, gives, takes) in [("a", &one, &other), ("b", &other, &one)] {
        let words = ["--file", "data", "--output", "out", "sh", "count.sh", word];
        let first = gives.call(&words);
        assert_eq!((&first.stdout[..], &first.stderr[..]), (&b"42\n"[..], &b"told\n"[..]));
        gives.wait_until_pushed();
        assert_eq!(takes.call(&words), first, "{url}");
        assert_eq!(takes.runs(), if word == "a" { Vec::new() } else { vec!["a"] }, "{url}");
        let file = takes.file("out").join(word);
        assert_eq!(fs::read_to_string(&file).expect("brought back"), "42\n");
        let owner = |path| fs::metadata(path).expect("there").uid();
        assert_eq!(owner(file), owner(takes.file("data")), "whose files are these");
    }
    // What differs is not shared, wherever it is.
    other.write("data", "43\n");
    let differs = other.call(&["--file", "data", "--output", "out", "sh", "count.sh", "a"]);
    assert_eq!((&differs.stdout[..], other.runs().len()), (&b"43\n"[..], 2), "{url}");
}

#[test]
fn users_share_by_redis() {
    share(&Redis::start(&[]).url());
}

#[test]
fn users_share_by_http() {
    share(&Nginx::start("").url(""));
}

#[test]
fn users_share_by_s3() {
    share(&S3::start(env!("CARGO_BIN_EXE_s3-server")).url());
}
