//! Secrets in the user's own configuration file: they count there, only there, and nothing shows them.

use super::machine::{checkout, key, wait_until_pushed};
use super::secret::{PUBLIC, SEED};
use super::server::Server;
use crate::harness::{Call, Sandbox, Texts as _};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("changed");
}

/// A machine whose user has a file with all that sharing needs, and more.
fn machine(server: &Server, more: &str) -> Sandbox {
    let sandbox = checkout("cat x");
    let file = sandbox.user_config(&format!(
        "share = true\nremote = '{}'\nremote-mode = 'read-write'\nremote-min-time = 0\n\
         remote-timeout = 60\nremote-key = '{}'\n{more}",
        server.url(),
        key()
    ));
    set_mode(&file, 0o600);
    sandbox
}

/// All that a call prints.
fn told(call: Call) -> String {
    let output = call.output();
    format!("{}{}", output.stdout_text(), output.stderr_text())
}

#[test]
fn results_are_shared_and_pushed_with_the_secrets_of_the_file() {
    let signing = format!("remote-sign-key = '{SEED}'\nremote-trust = ['{PUBLIC}']\n");
    let server = Server::new();
    let (one, other) = (machine(&server, &signing), machine(&server, &signing));
    one.write("x", "1");
    one.cachex("./s.sh").gives("1");
    wait_until_pushed(&one);
    assert_eq!(server.objects().len(), 1);
    other.cachex("./s.sh").gives("1");
    assert_eq!(other.runs(), 0);
    let told = told(other.cachex("remote check"));
    assert!(told.contains("this machine signs, and trusts 1 key"), "{told}");
    other.cachex("remote flush").gives("pushed 0, refused 0, waiting 0\n");
}

#[test]
fn a_token_of_the_file_is_sent() {
    let server = Server::new();
    server.demand("Bearer of-the-file");
    let denied = told(machine(&server, "").cachex("remote check"));
    assert!(denied.contains("401"), "{denied}");
    let by_token = machine(&server, "remote-token = 'of-the-file'\n");
    by_token.cachex("remote check").output().status.success().then_some(()).expect("a token");
    let by_file = machine(&server, "remote-token-file = 'token'\n");
    let file = by_file.user_config(&fs::read_to_string(user_file(&by_file)).expect("read"));
    fs::write(file.with_file_name("token"), "of-the-file\n").expect("written");
    set_mode(&file, 0o600);
    assert!(by_file.cachex("remote check").output().status.success());
    // A variable goes before.
    let wrong = by_token.cachex("remote check").env("CACHEX_REMOTE_TOKEN", "another");
    assert!(told(wrong).contains("401"));
}

fn user_file(sandbox: &Sandbox) -> std::path::PathBuf {
    let told = sandbox.cachex("config").output().stdout_text();
    let line = told.lines().find(|line| line.starts_with("file ")).expect("a file");
    line.trim_start_matches("file").trim().into()
}

#[test]
fn nothing_shows_them() {
    let server = Server::new();
    let secrets = format!("remote-sign-key = '{SEED}'\nremote-token = 'hunter2hunter2'\n");
    let sandbox = machine(&server, &secrets);
    sandbox.write("x", "1");
    for words in [
        "config",
        "config --all",
        "config --json",
        "config --json --all -- ./s.sh",
        "explain -- ./s.sh",
        "explain --json -- ./s.sh",
        "-v ./s.sh",
        "remote check",
        "remote flush",
        "doctor",
        "stats",
    ] {
        let told = told(sandbox.cachex(words));
        for secret in [&key(), SEED, "hunter2"] {
            assert!(!told.contains(secret), "{words}: {told}");
        }
    }
    let told = told(sandbox.cachex("config"));
    let line = told.lines().find(|line| line.starts_with("remote-key ")).expect("a line");
    assert!(line.contains(" set ") && line.contains("config.toml"), "{line}");
}

#[test]
fn a_file_that_others_can_read_holds_no_secret() {
    let server = Server::new();
    let sandbox = machine(&server, "");
    sandbox.write("x", "1");
    set_mode(&user_file(&sandbox), 0o640);
    let told = sandbox.cachex("./s.sh").tells("1", 0);
    assert!(told.contains("remote-key is ignored") && told.contains("chmod 600"), "{told}");
    assert!(!told.contains(&key()), "{told}");
    assert_eq!(server.requests(""), 0);
    // What is no secret counts.
    let shown = sandbox.cachex("config").output().stdout_text();
    assert!(shown.contains("remote-mode") && !shown.contains("remote-key  set"), "{shown}");
}

#[test]
fn they_are_neither_flags_nor_keys_of_a_project() {
    let sandbox = checkout("echo out");
    for name in ["key", "sign-key", "trust", "token", "token-file", "ca"] {
        let told = sandbox.cachex(&format!("--remote-{name} abcdef ./s.sh")).tells("", 2);
        assert!(told.contains("unexpected argument"), "{told}");
        sandbox.project_config(&format!("remote-{name} = 'abcdef'\n"));
        let told = sandbox.cachex("./s.sh").tells("out\n", 0);
        assert!(told.contains(&format!("remote-{name} is ignored")), "{told}");
        assert!(!told.contains("abcdef"), "{told}");
    }
    let help = sandbox.cachex("--help").output().stdout_text();
    assert!(!help.contains("--remote-key") && !help.contains("--remote-token"), "{help}");
}

#[test]
fn a_bad_value_is_not_quoted() {
    let sandbox = checkout("echo out");
    for value in ["12345678", "['12345678']", "12345678x", "'12345678"] {
        let file = sandbox.user_config(&format!("remote-key = {value}\n"));
        set_mode(&file, 0o600);
        let told = sandbox.cachex("./s.sh").tells("out\n", 0);
        assert!(told.contains("config.toml:1") && !told.contains("12345678"), "{told}");
    }
}

#[test]
fn a_bad_key_is_named_as_that_of_the_file() {
    let server = Server::new();
    let sandbox = machine(&server, "remote-token-file = 'nowhere'\n");
    sandbox.write("x", "1");
    let call = |words: &str| sandbox.cachex(words).env("CACHEX_REMOTE_TOKEN", "token");
    let file = user_file(&sandbox);
    let told_of = |key: &str, problem: &str| format!("{}: {key} {problem}", file.display());
    let text = fs::read_to_string(&file).expect("read");
    fs::write(&file, text.replace(&key(), "c0ffee")).expect("written");
    let expected = told_of("remote-key", "is shorter than 32 bytes");
    for words in ["./s.sh", "explain ./s.sh", "remote check", "remote flush", "doctor"] {
        let told = told(call(words));
        // Where lines are broken does not matter.
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(&expected) && !told.contains("CACHEX_REMOTE_KEY"), "{words}: {told}");
    }
    // The variable goes before.
    let told = told(call("./s.sh a").env("CACHEX_REMOTE_KEY", "c0ffee"));
    assert!(told.contains("warning: CACHEX_REMOTE_KEY is shorter"), "{told}");
    let told = self::told(sandbox.cachex("remote flush"));
    assert!(told.contains(&format!("{}: remote-token-file: ", file.display())), "{told}");
}

#[test]
fn a_file_that_others_can_read_holds_no_password_either() {
    let sandbox = checkout("echo out");
    let file = sandbox.user_config("remote = 'redis://user:hunter2@localhost'\n");
    let told = |mode| {
        set_mode(&file, mode);
        sandbox.cachex("./s.sh").output().stderr_text()
    };
    assert!(!told(0o600).contains("ignored"));
    let told_of_it = told(0o644);
    assert!(told_of_it.contains("remote is ignored") && told_of_it.contains("chmod 600"));
    assert!(!told_of_it.contains("hunter2"), "{told_of_it}");
    // A user is no secret.
    sandbox.user_config("remote = 'redis://user@localhost'\n");
    assert!(!told(0o644).contains("ignored"));
}
