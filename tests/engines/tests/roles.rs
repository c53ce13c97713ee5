//! A job of a pull request: it can read and cannot write, and what it writes nevertheless nobody believes.

use cachex_engines::machine::Machine;
use cachex_engines::nginx::Nginx;
use cachex_engines::redis::Redis;
use cachex_engines::s3::{READER_KEY, READER_SECRET, S3};

/// The seed of the team's signer, and its public key.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

/// The seed of a stranger.
const FOREIGN_SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const FOREIGN_PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";

const CALL: [&str; 2] = ["sh", "s.sh"];

/// A checkout whose undeclared `data` is this.
fn machine(url: &str, data: &str) -> Machine {
    let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), url);
    machine.write("s.sh", "echo $1 >> $HOME/runs; cat data\n");
    machine.write("data", data);
    let machine = machine.without("CACHEX_REMOTE_TOKEN");
    machine.with("CACHEX_REMOTE_TRUST", PUBLIC)
}

/// A store with two logins.
struct Store<'s> {
    writer: &'s dyn Fn(&str) -> Machine,
    reader: &'s dyn Fn(&str) -> Machine,
}

fn call(machine: &Machine, word: &str) -> String {
    let output = machine.call(&[CALL[0], CALL[1], word]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What is said of a call that gives this.
fn told(machine: &Machine, word: &str, expected: &str) -> String {
    let output = machine.call(&["-v", CALL[0], CALL[1], word]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{told}");
    told
}

fn is_kept_out(store: &Store) {
    let protected = (store.writer)("good").with("CACHEX_REMOTE_SIGN_KEY", SEED);
    assert_eq!(call(&protected, "old"), "good");
    protected.wait_until_pushed();
    reads_and_gives_nothing(store);
    is_refused_by_the_store(store);
    is_refused_by_readers(store);
    // A signer takes the place of what was refused.
    assert_eq!(call(&protected, "new"), "good");
    protected.wait_until_pushed();
    let developer = (store.reader)("other");
    assert_eq!((call(&developer, "new"), developer.runs().len()), ("good".to_owned(), 0));
}

/// With what a job of a pull request has, it reads, and does not even try to write.
fn reads_and_gives_nothing(store: &Store) {
    let job = (store.reader)("evil");
    assert_eq!((call(&job, "old"), job.runs().len()), ("good".to_owned(), 0));
    let told = told(&job, "new", "evil");
    assert!(told.contains("not shared: this machine has no CACHEX_REMOTE_SIGN_KEY"), "{told}");
    let developer = (store.reader)("good");
    assert_eq!(call(&developer, "new"), "good");
}

/// It signs with a key of its own, and the store takes nothing from its login.
fn is_refused_by_the_store(store: &Store) {
    let job = (store.reader)("evil").with("CACHEX_REMOTE_SIGN_KEY", FOREIGN_SEED);
    let job = job.with("CACHEX_REMOTE_TRUST", FOREIGN_PUBLIC);
    // Neither a new result nor one in place of that of the team.
    assert!(told(&job, "new", "evil").contains("shared: it waits to be pushed"));
    assert!(told(&job, "old", "evil").contains("shared: it waits to be pushed"));
    let flush = job.call(&["remote", "flush", "--timeout", "60s"]);
    assert_eq!(String::from_utf8_lossy(&flush.stdout), "pushed 0, refused 2, waiting 0\n");
    assert!(String::from_utf8_lossy(&flush.stderr).contains("no access: "), "{flush:?}");
    let developer = (store.reader)("mine");
    assert_eq!((call(&developer, "old"), developer.runs().len()), ("good".to_owned(), 0));
    let told = told(&developer, "new", "mine");
    assert!(!told.contains("refused"), "the store has it: {told}");
}

/// The store takes it, and nobody replays it.
fn is_refused_by_readers(store: &Store) {
    let stranger = (store.writer)("evil").with("CACHEX_REMOTE_SIGN_KEY", FOREIGN_SEED);
    let stranger = stranger.with("CACHEX_REMOTE_TRUST", FOREIGN_PUBLIC);
    // Whoever holds the key of the team and no other seals with that.
    let member = (store.writer)("evil").without("CACHEX_REMOTE_TRUST");
    for (forger, why) in [
        (stranger, "signed with a key that is not in CACHEX_REMOTE_TRUST"),
        (member, "its seal is of another kind"),
    ] {
        told(&forger, "new", "evil");
        forger.wait_until_pushed();
        let developer = (store.reader)("mine");
        let told = told(&developer, "new", "mine");
        assert!(told.contains("what the remote has is refused") && told.contains(why), "{told}");
        assert_eq!(developer.runs().len(), 1);
    }
}

#[test]
fn a_pull_request_cannot_write_in_redis() {
    let redis = Redis::of_the_docs();
    let at = |user: &str, data: &str| {
        let url = format!("redis://{user}@127.0.0.1:{}", redis.server.port);
        machine(&url, data).with("CACHEX_REMOTE_TOKEN", user)
    };
    is_kept_out(&Store { writer: &|data| at("writer", data), reader: &|data| at("reader", data) });
}

#[test]
fn a_pull_request_cannot_write_by_http() {
    let nginx = Nginx::of_the_docs();
    is_kept_out(&Store {
        writer: &|data| machine(&nginx.url("writer:writer@"), data),
        reader: &|data| machine(&nginx.url(""), data),
    });
}

#[test]
fn a_pull_request_cannot_write_in_s3() {
    let s3 = S3::start(env!("CARGO_BIN_EXE_s3-server"));
    is_kept_out(&Store {
        writer: &|data| machine(&s3.url(), data),
        reader: &|data| {
            let machine = machine(&s3.url(), data).with("AWS_ACCESS_KEY_ID", READER_KEY);
            machine.with("AWS_SECRET_ACCESS_KEY", READER_SECRET)
        },
    });
}
