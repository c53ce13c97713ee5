//! Ownership of configuration files, and options that a project file may not set.

use super::config::{by_default, default_store, in_force, is_in_force, sandbox};
use super::harness::{Sandbox, am_root, skipped};
#[cfg(target_os = "linux")]
use super::harness::{Texts, set_mode};
use std::fs;
use std::os::unix::fs::{lchown, symlink};
use std::path::Path;

const STRANGER: u32 = 12345;
const NOBODY: u32 = 65534;

fn give_away(path: &Path) {
    lchown(path, Some(STRANGER), None).expect("given");
}

#[test]
fn files_of_other_users_are_refused() {
    if !am_root() {
        return;
    }
    let sandbox = sandbox();
    let path = sandbox.project_config("ttl = 1");
    give_away(&path);
    sandbox.cachex("./s.sh").warns("hi \n", "belongs to another user");
    assert!(!sandbox.store_dir().exists());
    // Directories above theirs are not searched either.
    fs::remove_file(path).expect("gone");
    let path = sandbox.project_config("ttl = 1");
    let theirs = sandbox.dir.join("theirs");
    let below = theirs.join("below");
    fs::create_dir_all(&below).expect("made");
    assert!(in_force(sandbox.cachex("config").in_dir(&below), "ttl").is_some());
    give_away(&theirs);
    assert_eq!(in_force(sandbox.cachex("config").in_dir(&below), "ttl"), None);
    assert_eq!(in_force(sandbox.cachex("config").in_dir(&theirs), "ttl"), None);
    is_in_force(sandbox.cachex("config"), "ttl", "1", path);
}

/// A sandbox in the caller's own directory, below a directory that everybody can write to.
fn below_a_directory_for_everybody() -> Sandbox {
    let sandbox = sandbox();
    sandbox.script("own/s.sh", "echo hi");
    set_mode(&sandbox.dir, 0o1777);
    sandbox
}

#[test]
fn another_users_file_in_a_sticky_directory_is_ignored() {
    if !am_root() {
        return;
    }
    let plant = |kind: &str, path: &Path, own: &Path| {
        match kind {
            "file" => fs::write(path, "ttl = 0\n[[").expect("written"),
            "directory" => fs::create_dir(path).expect("made"),
            "link to a file of ours" => symlink(own, path).expect("linked"),
            _ => symlink("/dev/zero", path).expect("linked"),
        }
        give_away(path);
    };
    for kind in ["file", "directory", "link to a file of ours", "link to a device"] {
        let sandbox = below_a_directory_for_everybody();
        let own = sandbox.write("elsewhere/config", "ttl = 0");
        let path = sandbox.dir.join(".cachex.toml");
        plant(kind, &path, &own);
        let call = |words: &str| sandbox.cachex(words).in_dir(&sandbox.dir.join("own"));
        for _ in 0..2 {
            call("./s.sh").gives("hi\n");
            sandbox.cachex("own/s.sh").gives("hi\n");
        }
        assert_eq!(sandbox.runs(), 2, "{kind}");
        let why = "it belongs to another user, in a directory that everyone can write to";
        let told = call("-v ./s.sh").tells("hi\n", 0);
        assert!(told.contains(&format!("{} is ignored: {why}\n", path.display())), "{told}");
        let store = sandbox.store_dir();
        let shown = call("config").output();
        assert_eq!(
            shown.stdout_text(),
            format!(
                "cache-dir  {store}  variable CACHEX_CACHE_DIR\n\n\
                 ignored  {}: {why}\nstore    {store}\n",
                path.display(),
                store = store.display()
            )
        );
        let shown = call("config --json").output();
        let answer: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
        assert_eq!(answer["ignored"], serde_json::json!([path]));
        // A file above it counts.
        let above = sandbox.dir.with_file_name(".cachex.toml");
        fs::write(&above, "ttl = 5").expect("written");
        sandbox.trust(above.parent().expect("a parent"));
        is_in_force(call("config"), "ttl", "5", above);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn files_of_users_outside_of_the_namespace_are_refused() {
    let sandbox = sandbox();
    sandbox.project_config("ttl = 5");
    if !sandbox.sh("unshare --user true").output().status.success() {
        return skipped("the right to make a namespace");
    }
    // In this namespace both we and the owner of the file appear as nobody.
    let call = || sandbox.sh("exec unshare --user cachex ./s.sh");
    let call = |trust: &Path| call().env("CACHEX_TRUST", &trust.display().to_string());
    call(&sandbox.dir).warns("hi \n", "belongs to another user and is not read");
    fs::remove_file(sandbox.dir.join(".cachex.toml")).expect("removed");
    sandbox.user_config("ttl = 5");
    call(&sandbox.dir).warns("hi \n", "belongs to another user and is not read");
}

#[test]
fn another_users_file_need_not_be_readable() {
    if !am_root() {
        return;
    }
    let sandbox = below_a_directory_for_everybody();
    let path = sandbox.project_config("ttl = 0");
    give_away(&path);
    set_mode(&path, 0);
    for _ in 0..2 {
        sandbox.by(NOBODY, "--cache-dir own-store own/s.sh").gives("hi\n");
    }
    assert_eq!(sandbox.runs(), 1);
    // In a directory that is not for everybody, the file may be meant for us.
    set_mode(&sandbox.dir, 0o755);
    sandbox.by(NOBODY, "--cache-dir own-store own/s.sh").warns("hi\n", "cannot read");
}

#[test]
fn a_project_below_an_unreadable_directory_has_its_file() {
    if !am_root() {
        return;
    }
    let sandbox = sandbox();
    for depth in ["closed/project", "closed/project/below"] {
        let path = sandbox.write("closed/project/.cachex.toml", "ttl = 5");
        let here = sandbox.dir.join(depth);
        fs::create_dir_all(&here).expect("made");
        set_mode(sandbox.dir.join("closed"), 0o700);
        let call = sandbox.by(NOBODY, "config").in_dir(&here);
        let call = call.env("CACHEX_TRUST", &sandbox.dir.display().to_string());
        is_in_force(call, "ttl", "5", path);
    }
}

#[test]
fn our_own_file_in_a_sticky_directory_counts() {
    let sandbox = below_a_directory_for_everybody();
    let path = sandbox.project_config("ttl = 5");
    is_in_force(sandbox.cachex("config").in_dir(&sandbox.dir.join("own")), "ttl", "5", path);
}

#[test]
fn another_users_file_elsewhere_makes_runs_uncached() {
    if !am_root() {
        return;
    }
    for mode in [0o755, 0o777, 0o1775] {
        let sandbox = below_a_directory_for_everybody();
        give_away(&sandbox.project_config("env = \"V\""));
        set_mode(&sandbox.dir, mode);
        let warning = "belongs to another user and is not read; make it yours with chown; running";
        sandbox.cachex("./s.sh").warns("hi \n", warning);
        assert!(!sandbox.store_dir().exists());
    }
}

#[test]
fn a_project_file_cannot_set_options_of_the_user() {
    let sandbox = sandbox();
    let path =
        sandbox.project_config("env = \"V\"\n\ncache-dir = \"/nowhere\"\n").display().to_string();
    for (key, line) in [
        ("cache-dir", "cache-dir = \"x\""),
        ("max-size", "max-size = 1"),
        ("hash-with", "hash-with = \"stdin=rm x\""),
    ] {
        sandbox.project_config(&format!("env = \"V\"\n\n{line}\n"));
        let warning = format!("{path}:3: {key} is ignored: only the user's own file may set that");
        sandbox.cachex("./s.sh").env("V", key).warns(format!("hi {key}\n"), &warning);
        sandbox.cachex("./s.sh").env("V", key).warns(format!("hi {key}\n"), &warning);
        sandbox.project_config(&format!("env = \"V\"\n[[rule]]\ncommand = \"*\"\n{line}\n"));
        sandbox
            .cachex("./s.sh")
            .env("V", key)
            .warns(format!("hi {key}\n"), &format!("{key} is ignored"));
        let store = default_store(&sandbox);
        by_default(&sandbox, "config -- ./s.sh").warns(
            format!(
                "env  V  {path}\n\n\
                 file     {path}\n\
                 refused  {path}:4: {key}: only the user's own file may set that\n\
                 store    {store}\n"
            ),
            key,
        );
    }
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn all_refused_keys_are_named_at_once() {
    let sandbox = sandbox();
    let user = sandbox
        .user_config("[[rule]]\ncommand = \"*\"\nmax-size = 1\ncache-dir = \"x\"\n")
        .display()
        .to_string();
    let project = sandbox
        .project_config(
            "warm = true\nenv = \"V\"\nquiet = true\nmax-size = 1\nonly-if-cached = true\n\
             hash-with = [5]\n[[rule]]\ncommand = \"x\"\nwarm = true\ncache-dir = \"x\"\n",
        )
        .display()
        .to_string();
    let warning = format!(
        "cachex: warning: {user}:3: max-size, cache-dir are ignored: a rule cannot set that; \
         {project}:1: warm, quiet, max-size, only-if-cached, hash-with, cache-dir are ignored: \
         only the user's own file may set that\n"
    );
    sandbox.cachex("./s.sh").ends("hi \n", &warning, 0);
    sandbox.cachex("-q ./s.sh").gives("hi \n");
    assert_eq!(sandbox.runs(), 1);
    let shown = sandbox.cachex("config --json").output();
    let answer: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let refused = |option: &str, file: &str, line: usize, reason: &str| serde_json::json!({ "option": option, "file": file, "line": line, "reason": reason });
    let of_rule = |option, line| refused(option, &user, line, "a rule cannot set that");
    let of_project =
        |option, line| refused(option, &project, line, "only the user's own file may set that");
    let expected = [
        of_rule("max-size", 3),
        of_rule("cache-dir", 4),
        of_project("warm", 1),
        of_project("quiet", 3),
        of_project("max-size", 4),
        of_project("only-if-cached", 5),
        of_project("hash-with", 6),
        of_project("warm", 9),
        of_project("cache-dir", 10),
    ];
    assert_eq!(answer["refused"], serde_json::json!(expected));
}
