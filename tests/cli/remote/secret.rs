//! Secrets: who may read and write, and where nothing may be seen of them.

use super::machine::{checkout, key, processes, sharing, wait_until_pushed, with_remote};
use super::server::Server;
use crate::harness::{Call, Sandbox, Texts as _, wait_until};
use std::fs;

/// The seed of a signer.
pub const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
/// Its public key.
pub const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

fn reader(call: Call) -> Call {
    call.env("CACHEX_REMOTE_TRUST", PUBLIC)
}

fn writer(call: Call) -> Call {
    reader(call).env("CACHEX_REMOTE_SIGN_KEY", SEED)
}

#[test]
fn what_a_reader_pushes_nobody_believes() {
    let (server, protected, pull_request, developer) =
        (Server::new(), checkout("cat x"), checkout("cat x"), checkout("cat x"));
    pull_request.write("x", "evil");
    protected.write("x", "good");
    developer.write("x", "good");
    // It is not even sealed.
    reader(sharing(&pull_request, &server, "./s.sh")).gives("evil");
    assert_eq!(server.requests("PUT"), 0);
    // Nor is it believed with the key of the team alone.
    sharing(&pull_request, &server, "--refresh ./s.sh").gives("evil");
    wait_until_pushed(&pull_request);
    let told = reader(sharing(&developer, &server, "-v ./s.sh")).tells("good", 0);
    assert!(told.contains("is refused: its seal is of another kind"), "{told}");
    // A signer takes its place.
    writer(sharing(&protected, &server, "./s.sh")).gives("good");
    wait_until_pushed(&protected);
    let another = checkout("cat x");
    reader(sharing(&another, &server, "./s.sh")).gives("good");
    assert_eq!(another.runs(), 0);
}

#[test]
fn changed_and_copied_objects_are_refused_and_replaced() {
    let (server, one) = (Server::new(), checkout("echo $1"));
    for word in ["a", "b"] {
        sharing(&one, &server, &format!("./s.sh {word}")).gives(format!("{word}\n"));
    }
    wait_until_pushed(&one);
    let objects: Vec<_> = server.objects().into_iter().collect();
    // The results change places.
    server.put(&objects[0].0, objects[1].1.clone());
    server.put(&objects[1].0, objects[0].1.clone());
    let other = checkout("echo $1");
    for word in ["a", "b"] {
        sharing(&other, &server, &format!("./s.sh {word}")).gives(format!("{word}\n"));
    }
    assert_eq!(other.runs(), 2);
    wait_until_pushed(&other);
    let third = checkout("echo $1");
    sharing(&third, &server, "./s.sh a").gives("a\n");
    assert_eq!(third.runs(), 0);
    server.change(|object| object[60] ^= 1);
    let fourth = checkout("echo $1");
    sharing(&fourth, &server, "./s.sh a").gives("a\n");
    server.change(|object| object.truncate(40));
    sharing(&fourth, &server, "./s.sh b").gives("b\n");
    assert_eq!(fourth.runs(), 2);
}

#[test]
fn what_lies_under_another_namespace_decides_nothing_about_the_own_one() {
    let machine = || checkout("echo out");
    let (server, one, branch, reader, last) =
        (Server::new(), machine(), machine(), machine(), machine());
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    sharing(&branch, &server, "--remote-namespace pr ./s.sh").gives("out\n");
    wait_until_pushed(&branch);
    // The first one is damaged, and the other one of a format to come, which has to stay.
    for (name, mut object) in server.objects() {
        let at = if name.contains("/pr/") { 8 } else { object.len() - 1 };
        object[at] ^= 4;
        server.put(&name, object);
    }
    sharing(&reader, &server, "--remote-read pr ./s.sh").gives("out\n");
    wait_until_pushed(&reader);
    sharing(&last, &server, "./s.sh").gives("out\n");
    assert_eq!((reader.runs(), last.runs()), (1, 0));
}

#[test]
fn nothing_can_be_read_in_the_store() {
    let (server, one) = (Server::new(), checkout("echo a secret of the team"));
    sharing(&one, &server, "./s.sh").gives("a secret of the team\n");
    wait_until_pushed(&one);
    for (name, object) in server.objects() {
        assert!(!name.contains("s.sh"), "{name}");
        assert!(!object.windows(6).any(|bytes| bytes == b"secret"));
    }
}

#[test]
fn without_a_key_the_command_runs_and_a_warning_says_what_is_missing() {
    let (server, one) = (Server::new(), checkout("echo out"));
    let call = sharing(&one, &server, "./s.sh").without_env("CACHEX_REMOTE_KEY");
    call.warns("out\n", "CACHEX_REMOTE_KEY is not set");
    let call = sharing(&one, &server, "./s.sh a").env("CACHEX_REMOTE_KEY", "c0ffee");
    let told = call.tells("out\n", 0);
    assert!(told.contains("CACHEX_REMOTE_KEY is shorter") && !told.contains("c0ffee"), "{told}");
}

#[test]
fn config_shows_no_password_and_no_key() {
    let one = checkout("echo out");
    for words in ["config", "config --json", "explain -- ./s.sh"] {
        let call = one.cachex(words).env("CACHEX_REMOTE", "redis://user:pass%40word@localhost/0");
        let output = call.env("CACHEX_REMOTE_KEY", &key()).env("CACHEX_SHARE", "1").output();
        let told = format!("{}{}", output.stdout_text(), output.stderr_text());
        assert!(!told.contains("pass%40word") && !told.contains(&key()), "{told}");
    }
    let told = one.cachex("--remote ftp://user:password@host ./s.sh").tells("", 2);
    assert!(!told.contains("password") && told.contains("--remote"), "{told}");
}

#[test]
fn a_project_may_ask_for_sharing_and_not_say_where() {
    let (server, one) = (Server::new(), checkout("echo out"));
    one.project_config(&format!("share = true\nremote = '{}'\n", server.url()));
    let told = one.cachex("./s.sh").env("CACHEX_REMOTE_KEY", &key()).tells("out\n", 0);
    assert!(told.contains("remote is ignored"), "{told}");
    assert_eq!(server.requests(""), 0);
}

#[test]
fn an_empty_list_of_trusted_keys_believes_nobody() {
    let (server, writer, reader) = (Server::new(), checkout("cat x"), checkout("cat x"));
    writer.write("x", "theirs");
    reader.write("x", "ours");
    sharing(&writer, &server, "./s.sh").gives("theirs");
    wait_until_pushed(&writer);
    let call = sharing(&reader, &server, "./s.sh").env("CACHEX_REMOTE_TRUST", "");
    let told = call.tells("ours", 0);
    assert!(told.contains("CACHEX_REMOTE_TRUST names no public key"), "{told}");
}

/// The most bytes of a core file of each process of this machine that was started with this word.
fn core_limits(sandbox: &Sandbox, word: &str) -> Vec<u64> {
    let limit = |process: std::path::PathBuf| {
        let limits = fs::read_to_string(process.join("limits")).expect("read");
        let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size"));
        let limit = line.expect("a line").split_whitespace().next().expect("a limit");
        limit.parse().unwrap_or(u64::MAX)
    };
    processes(sandbox, word).into_iter().map(limit).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn no_process_that_has_secrets_leaves_a_core_file() {
    let (server, one) = (Server::new(), checkout("echo out"));
    server.hold(Some("GET"));
    let call = one.sh("ulimit -c $(ulimit -H -c); exec cachex ./s.sh");
    let call = with_remote(call, &server.url()).spawn();
    wait_until("it asks", || server.requests("GET") == 1);
    let asking = core_limits(&one, "__transfer");
    server.hold(Some("PUT"));
    wait_until("it pushes", || server.requests("PUT") == 1);
    let pushing = ["__push", "__transfer"].map(|word| core_limits(&one, word));
    server.hold(None);
    assert!(call.wait_with_output().expect("ended").status.success());
    for limits in [&asking, &pushing[0], &pushing[1]] {
        assert!(limits.len() == 1 && limits[0] <= 1, "{asking:?} {pushing:?}");
    }
}
