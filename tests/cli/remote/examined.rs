//! `doctor` says what is set for a remote, whether it is left alone, and what waits. It asks nobody.

use super::failing::nobody;
use super::machine::{checkout, key, sharing, sharing_by, wait_until_pushed};
use super::server::Server;
use crate::harness::{Call, Texts as _, wait_until};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

/// The state and the text of each subject that has to do with a remote.
#[track_caller]
fn findings(call: Call) -> Vec<[String; 3]> {
    let output = call.output();
    let told = output.stdout_text();
    assert_eq!((output.stderr_text(), output.status.code()), (String::new(), Some(0)), "{told}");
    let subjects =
        ["remote", "key", "asking", "pushing", "credentials", "outbox", "refused", "clock"];
    let finding = |line: &str| {
        let (state, rest) = line.split_once(' ')?;
        let (subject, text) = rest.trim_start().split_once(' ')?;
        let is_meant = subjects.contains(&subject);
        is_meant.then(|| [state, subject, text.trim_start()].map(str::to_owned))
    };
    told.lines().filter_map(finding).collect()
}

#[track_caller]
fn finds(findings: &[[String; 3]], subject: &str, state: &str, part: &str) {
    let is_it = |finding: &&[String; 3]| {
        finding[0] == state && finding[1] == subject && finding[2].contains(part)
    };
    assert!(findings.iter().any(|finding| is_it(&finding)), "{subject} {part}: {findings:?}");
}

#[test]
fn without_a_remote_nothing_is_said_of_one() {
    let one = checkout("echo out");
    one.cachex("./s.sh").gives("out\n");
    assert_eq!(findings(one.cachex("doctor")), [[""; 3]; 0]);
}

#[test]
fn a_remote_that_works_is_told_of_without_a_question() {
    let (server, one) = (Server::new(), checkout("echo out"));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    let asked = server.requests("");
    let found = findings(sharing(&one, &server, "doctor"));
    let text = format!("{}: results are read and written in namespace main", server.url());
    finds(&found, "remote", "ok", &text);
    finds(&found, "key", "ok", "set; every machine that has it and may write is trusted");
    finds(&found, "asking", "ok", "no outage");
    finds(&found, "pushing", "ok", "no outage");
    finds(&found, "outbox", "ok", "nothing waits to be pushed");
    assert_eq!((found.len(), server.requests("")), (5, asked));
}

#[test]
fn the_outbox_is_a_directory_of_the_store() {
    let (server, one) = (Server::new(), checkout("echo out"));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    let files = || {
        let told = one.cachex("doctor").output().stdout_text();
        told.lines().find(|line| line.contains(" files ")).expect("a line").to_owned()
    };
    assert!(files().contains("all private"), "{}", files());
    let outbox = one.store_dir().join("outbox");
    fs::set_permissions(&outbox, fs::Permissions::from_mode(0o755)).expect("changed");
    assert!(files().contains("outbox: is open to others; chmod 700 it"), "{}", files());
    // Whoever cannot share hears where that is.
    fs::set_permissions(&outbox, fs::Permissions::from_mode(0o777)).expect("changed");
    let path = format!("{}: can be written by others; run chmod go-w", outbox.display());
    let told = sharing(&one, &server, "./s.sh another").tells("out\n", 0);
    assert!(told.contains(&path), "{told}");
}

#[test]
fn missing_secrets_and_rights_are_told() {
    let (server, one) = (Server::new(), checkout("echo out"));
    let doctor = || sharing(&one, &server, "doctor");
    let found = findings(doctor().without_env("CACHEX_REMOTE_KEY"));
    finds(&found, "key", "warning", "CACHEX_REMOTE_KEY is not set");
    let found = findings(doctor().env("CACHEX_REMOTE_KEY", "c0ffee"));
    finds(&found, "key", "warning", "CACHEX_REMOTE_KEY is shorter");
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let reader = || doctor().env("CACHEX_REMOTE_TRUST", public);
    let missing = "trusts 1 key, and gives nothing: CACHEX_REMOTE_SIGN_KEY is not set";
    finds(&findings(reader()), "key", "warning", missing);
    let found = findings(reader().env("CACHEX_REMOTE_MODE", "read"));
    finds(&found, "key", "ok", "this machine only reads, and trusts 1 key");
    assert!(!found.iter().any(|[_, subject, _]| subject == "pushing"), "{found:?}");
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let found = findings(reader().env("CACHEX_REMOTE_SIGN_KEY", seed));
    finds(&found, "key", "ok", "this machine signs, and trusts 1 key");
    let found = findings(doctor().env("CACHEX_REMOTE_MODE", "off"));
    finds(&found, "remote", "warning", "--remote-mode is off");
    let found = findings(doctor().env("CACHEX_REMOTE_TOKEN_FILE", "/nowhere/token"));
    finds(&found, "remote", "warning", "CACHEX_REMOTE_TOKEN_FILE");
    assert_eq!(server.requests(""), 0);
}

#[test]
fn a_directory_that_may_keep_no_credentials_is_told() {
    let one = checkout("echo out");
    let user = rustix::process::geteuid().as_raw();
    let kept = one.dir.join(format!("cachex-{user}"));
    fs::create_dir(&kept).expect("made");
    let doctor = |url: &str| {
        let call = sharing_by(&one, url, "doctor").env("AWS_ROLE_ARN", "role");
        findings(call.env("TMPDIR", &one.dir.to_string_lossy()))
    };
    let told_of = |mode, url: &str| {
        fs::set_permissions(&kept, fs::Permissions::from_mode(mode)).expect("set");
        let found = doctor(url).into_iter();
        found.filter(|[_, subject, _]| subject == "credentials").collect::<Vec<_>>()
    };
    let bucket = "s3+http://127.0.0.1:1/bucket";
    let found = told_of(0o777, bucket);
    let text = format!("{}: can be written by others", kept.display());
    finds(&found, "credentials", "warning", &text);
    assert_eq!(told_of(0o700, bucket), [[""; 3]; 0]);
    assert_eq!(told_of(0o777, "http://127.0.0.1:1/"), [[""; 3]; 0]);
}

#[test]
fn an_outage_and_what_waits_are_told_and_stay_as_they_are() {
    let (url, one) = (nobody(), checkout("echo out"));
    sharing_by(&one, &url, "./s.sh").warns("out\n", "cannot be reached");
    let outbox = one.store_dir().join("outbox");
    let notes = || {
        let files = fs::read_dir(&outbox).expect("listed").flatten().map(|file| file.path());
        let mut notes: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|it| it == "json")).collect();
        notes.sort();
        notes
    };
    let doctor = || findings(sharing_by(&one, &url, "doctor"));
    wait_until("the push failed too", || {
        doctor().iter().any(|[state, subject, _]| state == "warning" && subject == "pushing")
    });
    let before = notes();
    let found = doctor();
    for subject in ["asking", "pushing"] {
        finds(&found, subject, "warning", "the remote is left alone for another ");
    }
    finds(&found, "outbox", "ok", "waiting to be pushed: 1 result, for up to ");
    // A day later.
    let file = fs::File::options().write(true).open(&before[0]).expect("opened");
    file.set_modified(SystemTime::now() - Duration::from_hours(24)).expect("aged");
    let found = doctor();
    finds(&found, "outbox", "warning", "1 result, for up to 1d; `cachex remote flush` says");
    // Another remote is set, or none.
    let text = format!("all for {}, which is not set", url.trim_end_matches('/'));
    let other = findings(sharing_by(&one, "http://127.0.0.1:1/other", "doctor"));
    finds(&other, "outbox", "ok", "nothing waits");
    finds(&other, "outbox", "warning", &text);
    let none = findings(one.cachex("doctor"));
    finds(&none, "outbox", "warning", &text);
    assert_eq!(notes(), before);
}

#[test]
fn what_was_refused_is_told_with_the_reason() {
    let one = checkout("echo out");
    let url = super::failing::saying(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    sharing_by(&one, &url, "./s.sh").warns("out\n", "no access");
    wait_until_pushed(&one);
    let found = findings(sharing_by(&one, &url, "doctor"));
    finds(&found, "refused", "warning", "refused by the remote: 1 result: no access");
    // Another remote is set, or none.
    let text = format!("refused by {}: 1 result: no access", url.trim_end_matches('/'));
    let other = findings(sharing_by(&one, "http://127.0.0.1:1/other", "doctor"));
    finds(&other, "refused", "warning", &text);
    finds(&findings(one.cachex("doctor")), "refused", "warning", &text);
}

#[test]
fn a_clock_that_is_wrong_is_told_as_far_as_it_is_known() {
    let (url, one) = (nobody(), checkout("echo out"));
    sharing_by(&one, &url, "./s.sh").warns("out\n", "cannot be reached");
    let outbox = one.store_dir().join("outbox");
    let files = || fs::read_dir(&outbox).expect("listed").flatten().map(|file| file.path());
    let is_note = |path: &std::path::Path| path.extension().is_some_and(|it| it == "json");
    let path = files().find(|path| is_note(path)).expect("a note");
    let mut note: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
    let created = note["result"]["created"].as_i64().expect("a time");
    note["result"]["ended"] = (created + 60_000).into();
    fs::write(&path, note.to_string()).expect("written");
    let found = findings(sharing_by(&one, &url, "doctor"));
    finds(&found, "clock", "warning", "was 1m ahead of the one of this machine");
}

#[test]
fn no_secret_and_no_login_is_told_by_doctor() {
    let one = checkout("echo out");
    let call = one.cachex("doctor").env("CACHEX_REMOTE", "redis://loginname:pass%40word@localhost");
    let call = call.env("CACHEX_REMOTE_KEY", &key()).env("CACHEX_REMOTE_TOKEN", "tokentoken");
    let told = call.output().stdout_text();
    assert!(told.contains("localhost"), "{told}");
    for secret in ["loginname", "pass%40word", "tokentoken", &key()] {
        assert!(!told.contains(secret), "{told}");
    }
}
