//! `cachex trust`: a project file counts once its user trusts exactly this path and content.

use super::config::{default_store, in_force, is_in_force, sandbox};
use super::harness::{Call, Sandbox, Texts, am_root, set_mode};
use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::{Path, PathBuf};

const STRANGER: u32 = 12345;

/// Writes an untrusted project file.
fn cloned(sandbox: &Sandbox, content: &str) -> PathBuf {
    sandbox.write(".cachex.toml", content)
}

fn records(sandbox: &Sandbox) -> PathBuf {
    let mac = cfg!(target_os = "macos");
    let state = if mac { "Library/Application Support/cachex" } else { ".local/state/cachex" };
    sandbox.dir.with_file_name(state).join("trust")
}

/// Expects an uncached run with a warning that says what to type.
#[track_caller]
fn runs_uncached(sandbox: &Sandbox, call: Call, why: &str) {
    let before = sandbox.runs();
    let directory = sandbox.dir.display();
    let told =
        format!("{directory}/.cachex.toml {why}; review it, then run: cachex trust {directory}");
    call.ends("hi \n", format!("cachex: warning: {told}; running uncached\n"), 0);
    assert_eq!(sandbox.runs(), before + 1);
}

#[test]
fn until_a_file_is_trusted_the_command_runs_uncached() {
    let sandbox = sandbox();
    // An untrusted file can neither consume the input of a loop nor merge two calls.
    let path = cloned(&sandbox, "ignore-arg = '*'\nstdin = true\npure-env = true\n");
    for _ in 0..2 {
        runs_uncached(&sandbox, sandbox.cachex("./s.sh"), "is not trusted");
    }
    sandbox.sh("echo in | (cachex -q ./s.sh; cat)").gives("hi \nin\n");
    sandbox.cachex("--only-if-cached -q ./s.sh").tells("", 124);
    assert!(!sandbox.store_dir().exists() && !records(&sandbox).exists());
    let shown =
        format!("ignore-arg  *\npure-env    true\nstdin       true\ntrusted: {}\n", path.display());
    for _ in 0..2 {
        sandbox.cachex("trust").gives(&shown);
    }
    for argument in ["a", "b"] {
        sandbox.cachex(&format!("./s.sh {argument}")).gives("hi \n");
    }
    assert_eq!(sandbox.runs(), 4);
}

#[test]
fn an_edited_file_is_untrusted() {
    let sandbox = sandbox();
    let path = sandbox.project_config("ttl = 5");
    sandbox.cachex("./s.sh").gives("hi \n");
    fs::write(&path, "ttl = 6").expect("written");
    runs_uncached(&sandbox, sandbox.cachex("./s.sh"), "has changed since it was trusted");
    // The old content is still trusted.
    fs::write(&path, "ttl = 5").expect("written");
    sandbox.cachex("./s.sh").gives("hi \n");
    fs::write(&path, "ttl = 6").expect("written");
    sandbox.trust(&sandbox.dir);
    sandbox.cachex("./s.sh").gives("hi \n");
    fs::write(&path, "ttl = 5").expect("written");
    runs_uncached(&sandbox, sandbox.cachex("./s.sh"), "has changed since it was trusted");
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn a_copy_elsewhere_is_not_trusted() {
    let sandbox = sandbox();
    sandbox.project_config("ttl = 5");
    let copy = sandbox.write("copy/.cachex.toml", "ttl = 5");
    let at = copy.parent().expect("a parent");
    let told = sandbox.cachex("true").in_dir(at).tells("", 0);
    assert!(told.contains("copy/.cachex.toml is not trusted"), "{told}");
}

#[test]
fn trust_can_be_revoked() {
    let sandbox = sandbox();
    let path = sandbox.project_config("ttl = 5");
    let path = path.display();
    sandbox.cachex("trust --revoke").gives(format!("no longer trusted: {path}\n"));
    sandbox.cachex("trust --revoke").gives(format!("was not trusted: {path}\n"));
    runs_uncached(&sandbox, sandbox.cachex("./s.sh"), "is not trusted");
    // Even if the file or the whole project is gone.
    let gone = sandbox.write("gone/.cachex.toml", "ttl = 5");
    let directory = gone.parent().expect("a parent");
    sandbox.trust(directory);
    fs::remove_dir_all(directory).expect("removed");
    sandbox.cachex("trust --list").gives(format!("gone  {}\n", gone.display()));
    let revoke = sandbox.cachex("trust --revoke gone");
    revoke.gives(format!("no longer trusted: {}\n", gone.display()));
    sandbox.cachex("trust --list").gives("nothing is trusted\n");
}

#[test]
fn trusted_files_can_be_listed() {
    let sandbox = sandbox();
    let path = |name: &str| sandbox.write(&format!("{name}/.cachex.toml"), "ttl = 5");
    let [changed, gone, same] = ["changed", "gone", "same"].map(path);
    for path in [&changed, &gone, &same] {
        sandbox.trust(path);
    }
    fs::write(&changed, "ttl = 6").expect("written");
    fs::remove_file(&gone).expect("removed");
    sandbox.cachex("trust --list").gives(format!(
        "changed  {}\ngone     {}\ntrusted  {}\n",
        changed.display(),
        gone.display(),
        same.display()
    ));
    let shown = sandbox.cachex("trust --list --json").output();
    let answer: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let record = |file: &Path, state: &str| serde_json::json!({ "file": file, "state": state });
    let expected = [record(&changed, "changed"), record(&gone, "gone"), record(&same, "trusted")];
    assert_eq!(answer, serde_json::json!(expected));
    sandbox.cachex("trust --json").tells("", 2);
    sandbox.cachex("trust --list x").tells("", 2);
}

#[test]
fn a_directory_may_be_spelled_in_any_way() {
    let sandbox = sandbox();
    let path = sandbox.write("a b/.cachex.toml", "ttl = 5");
    symlink("a b", sandbox.dir.join("link")).expect("linked");
    for name in ["a b", "a b/", "./link/", "link/../a b", "link/.cachex.toml", "~/work/a b"] {
        let shown = sandbox
            .cachex_words(["trust", name])
            .tells(format!("ttl  5\ntrusted: {}\n", path.display()), 0);
        assert_eq!(shown, "");
        sandbox.cachex("true").in_dir(&sandbox.dir.join("link")).gives("");
        let revoked = format!("no longer trusted: {}\n", path.display());
        sandbox.cachex_words(["trust", "--revoke", name]).gives(revoked);
    }
    let told = sandbox.cachex("true").in_dir(&sandbox.dir.join("a b")).tells("", 0);
    assert!(
        told.contains(&format!(
            "run: cachex trust '{}'",
            path.parent().expect("a parent").display()
        )),
        "{told}"
    );
}

#[test]
fn a_missing_file_cannot_be_trusted() {
    let sandbox = sandbox();
    let told = sandbox.cachex("trust").tells("", 125);
    assert!(told.contains("no usable .cachex.toml in the working directory or above"), "{told}");
    for name in [".", "none"] {
        let told = sandbox.cachex(&format!("trust {name}")).tells("", 125);
        assert!(told.contains("No such file or directory"), "{told}");
    }
    sandbox.cachex("trust --revoke").tells("", 125);
    let rule = "[[rule]]\ncommand = 'x'\nno-stdin = true\nstdin = true";
    for content in ["ttl = 'banana'", "[[", "stdin = true\nno-stdin = true", rule] {
        let path = cloned(&sandbox, content);
        let told = sandbox.cachex("trust").tells("", 125);
        assert!(told.contains(&path.display().to_string()), "{told}");
    }
    assert!(!records(&sandbox).exists());
}

#[test]
fn a_variable_trusts_all_files_below_a_directory() {
    let sandbox = sandbox();
    cloned(&sandbox, "ttl = 5");
    let dir = sandbox.dir.display().to_string();
    let call = |trust: &str| sandbox.cachex("./s.sh").env("CACHEX_TRUST", trust);
    let root = sandbox.dir.parent().expect("a parent").display().to_string();
    for trust in [&dir, &root, &format!("/nowhere:{dir}/"), "~/work", "~"] {
        call(trust).gives("hi \n");
    }
    assert_eq!(sandbox.runs(), 1);
    for trust in ["", ".", "work", "..", &format!("{dir}/.cachex.toml/x"), &dir[..dir.len() - 1]] {
        runs_uncached(&sandbox, call(trust), "is not trusted");
    }
    assert!(!records(&sandbox).exists());
    // A file that the variable trusts can also be recorded.
    sandbox.cachex("trust").env("CACHEX_TRUST", &dir).output();
    sandbox.cachex("./s.sh").gives("hi \n");
}

#[test]
fn trust_covers_the_rules_of_a_file() {
    let sandbox = sandbox();
    let content = "ttl = 5\nrefresh = false\nhash-with = 'stdin=cat'\n[[rule]]\ncommand = '\u{1b}x'\nenv = ['A*', '\u{1b}']\n";
    let path = cloned(&sandbox, &content.replace('\'', "\"").replace('\u{1b}', "\\u001b"));
    sandbox.cachex("trust").gives(format!(
        "ttl        5\n\
         refresh    its default\n\
         env        A*, \\x1b                                        rule \"\\x1bx\"\n\
         hash-with  ignored: only the user's own file may set that\n\
         trusted: {}\n",
        path.display()
    ));
}

#[test]
fn config_shows_untrusted_options() {
    let sandbox = sandbox();
    let user = sandbox.user_config("ttl = 60");
    let path = cloned(&sandbox, "ttl = 5\n[[rule]]\ncommand = 'x'\nenv = ['A', 'B']");
    let (path, directory) = (path.display(), sandbox.dir.display());
    let request = format!("{path} is not trusted; review it, then run: cachex trust {directory}");
    let store = default_store(&sandbox);
    let call = |words: &str| sandbox.cachex(words).without_env("CACHEX_CACHE_DIR");
    let shown = format!(
        "ttl  60    {user}\n\
         env  A, B  not in force: {path} rule \"x\"\n\
         ttl  5     not in force: {path}\n\n\
         file       {user}\n\
         untrusted  {request}\n\
         store      {store}\n",
        user = user.display(),
    );
    let warning = format!("cachex: warning: {request}; runs are uncached\n");
    call("config -- x y").ends(shown, warning, 0);
    let shown = call("config --json -- x y").output();
    let answer: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let expected = serde_json::json!({
        "file": sandbox.dir.join(".cachex.toml"),
        "options": [
            { "option": "env", "value": ["A", "B"], "rule": "x" },
            { "option": "ttl", "value": "5", "rule": null },
        ],
    });
    assert_eq!(answer["untrusted"], expected);
    assert_eq!(answer["files"], serde_json::json!([user]));
    assert_eq!(answer["problem"], serde_json::json!(request));
    sandbox.trust(&sandbox.dir);
    is_in_force(sandbox.cachex("config -- x y"), "ttl", "5", sandbox.dir.join(".cachex.toml"));
    assert_eq!(in_force(sandbox.cachex("config"), "env"), None);
}

#[test]
fn explain_names_an_untrusted_file_and_its_effect() {
    let sandbox = sandbox();
    let path = cloned(&sandbox, "ttl = 5\n[[rule]]\ncommand = './s.sh'\nenv = ['A', 'B']");
    let shown = sandbox.cachex("explain ./s.sh").output();
    assert_eq!(shown.status.code(), Some(0));
    let shown = shown.stdout_text();
    let path = path.display();
    assert!(shown.starts_with(&format!("uncached: {path} is not trusted; review it")), "{shown}");
    let env = format!("note: if it were trusted, {path} rule \"./s.sh\" would set env to A, B\n");
    let ttl = format!("note: if it were trusted, {path} would set ttl to 5\n");
    assert!(shown.contains(&env) && shown.contains(&ttl), "{shown}");
}

#[test]
fn the_records_are_private() {
    let sandbox = sandbox();
    sandbox.project_config("ttl = 5");
    let records = records(&sandbox);
    let mode = |path: &Path| fs::metadata(path).expect("there").mode() & 0o777;
    assert_eq!(mode(&records), 0o700);
    let record = fs::read_dir(&records).expect("readable").next().expect("a record");
    let record = record.expect("readable").path();
    assert_eq!(mode(&record), 0o600);
    for path in [&records, &record] {
        let before = mode(path);
        set_mode(path, before | 0o022);
        sandbox.cachex("./s.sh").warns("hi \n", "can be written by others");
        set_mode(path, before);
        if am_root() {
            chown(path, Some(STRANGER), None).expect("given");
            sandbox.cachex("./s.sh").warns("hi \n", "belongs to another user");
            chown(path, Some(0), None).expect("given");
        }
    }
    assert_eq!(sandbox.runs(), if am_root() { 4 } else { 2 });
    // `clear` does not remove records.
    sandbox.cachex("clear").gives("removed nothing\n");
    sandbox.cachex("./s.sh").gives("hi \n");
    // A record is for one file, whatever its name is.
    let other = sandbox.write("other/.cachex.toml", "ttl = 5");
    sandbox.trust(&other);
    for path in fs::read_dir(&records).expect("readable").map(|it| it.expect("readable").path()) {
        fs::write(&path, fs::read(&record).expect("readable")).expect("written");
    }
    let told = sandbox.cachex("true").in_dir(&sandbox.dir.join("other")).tells("", 0);
    assert!(told.contains("is not trusted"), "{told}");
}

#[test]
fn concurrent_trusts_are_all_recorded() {
    let sandbox = sandbox();
    for name in 0..8 {
        sandbox.write(&format!("{name}/.cachex.toml"), "ttl = 5");
    }
    let script =
        "for i in 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7; do cachex trust $i >/dev/null & done; wait";
    sandbox.sh(script).gives("");
    let shown = sandbox.cachex("trust --list").output().stdout_text();
    assert_eq!(shown.matches("trusted  ").count(), 8, "{shown}");
    assert_eq!(fs::read_dir(records(&sandbox)).expect("readable").count(), 8);
}

#[test]
fn nothing_is_recorded_in_another_users_home() {
    if !am_root() {
        return;
    }
    let sandbox = sandbox();
    cloned(&sandbox, "ttl = 5");
    let home = sandbox.dir.join("home");
    fs::create_dir(&home).expect("made");
    chown(&home, Some(STRANGER), None).expect("given");
    let call = |words: &str| sandbox.cachex(words).env("HOME", &home.display().to_string());
    let told = call("trust").tells("ttl  5\n", 125);
    assert!(
        told.contains("belongs to another user, and cachex creates nothing below it"),
        "{told}"
    );
    runs_uncached(&sandbox, call("./s.sh"), "is not trusted");
    assert_eq!(fs::read_dir(&home).expect("readable").count(), 0);
}

#[test]
fn with_cachex_off_no_file_is_asked_about() {
    let sandbox = sandbox();
    cloned(&sandbox, "ttl = 5");
    sandbox.cachex("--no-cache ./s.sh").gives("hi \n");
    sandbox.cachex("./s.sh").env("CACHEX_NO_CACHE", "1").gives("hi \n");
}

#[test]
fn the_users_own_options_count_while_a_file_is_untrusted() {
    let sandbox = sandbox();
    sandbox.user_config("quiet = true");
    cloned(&sandbox, "ttl = 5");
    sandbox.cachex("./s.sh").gives("hi \n");
}

#[test]
fn a_trusted_file_that_others_can_write_to_is_refused() {
    let sandbox = sandbox();
    let path = sandbox.project_config("ttl = 5");
    let set_mode = |mode| set_mode(&path, mode);
    let own_group = fs::metadata(&path).expect("there");
    let is_own_group = own_group.gid() == own_group.uid();
    for mode in [0o666, 0o646, 0o602] {
        set_mode(mode);
        sandbox.cachex("./s.sh").warns("hi \n", "can be written by others");
    }
    set_mode(0o664);
    if is_own_group {
        sandbox.cachex("./s.sh").gives("hi \n");
    }
    if am_root() {
        chown(&path, None, Some(STRANGER)).expect("given");
        set_mode(0o664);
        sandbox.cachex("./s.sh").warns("hi \n", "can be written by others");
        let told = sandbox.cachex("trust").tells("", 125);
        assert!(told.contains("can be written by others"), "{told}");
        set_mode(0o644);
        sandbox.cachex("./s.sh").gives("hi \n");
    }
}
