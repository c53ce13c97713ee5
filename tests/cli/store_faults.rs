//! A fault of the store costs one warning and never the command's result.

use super::harness::{Sandbox, Texts, am_root, set_mode};
use std::fs;
use std::os::unix::fs::MetadataExt;

fn sandbox() -> Sandbox {
    Sandbox::with_script("cat; echo hi")
}

/// Expects that the command runs uncached, with one warning that contains `part`.
#[track_caller]
fn runs_uncached(sandbox: &Sandbox, part: &str) {
    for _ in 0..2 {
        let before = sandbox.runs();
        sandbox.cachex("./s.sh").stdin("in ").warns("in hi\n", part);
        assert_eq!(sandbox.runs(), before + 1);
    }
    sandbox.cachex("-q ./s.sh").stdin("in ").gives("in hi\n");
    let stderr = sandbox.cachex("--only-if-cached -q ./s.sh").tells("", 124);
    assert!(stderr.starts_with("cachex: error: not cached"), "{stderr}");
}

/// The store's files with their modes.
fn modes(sandbox: &Sandbox) -> Vec<(String, u32)> {
    let mut found: Vec<_> = fs::read_dir(sandbox.store_dir())
        .expect("readable")
        .map(|file| {
            let file = file.expect("readable");
            let mode = file.metadata().expect("there").mode() & 0o777;
            (file.file_name().into_string().expect("UTF-8"), mode)
        })
        .collect();
    found.sort();
    found
}

#[test]
fn the_store_is_private() {
    let sandbox = sandbox();
    sandbox.sh("umask 000; cachex ./s.sh; cachex ./s.sh").gives("hi\nhi\n");
    let directory = fs::metadata(sandbox.store_dir()).expect("there").mode() & 0o777;
    assert_eq!(directory, 0o700);
    let files = ["cachex.db", "cachex.db-journal", "cachex.lock", "claims", "uses"];
    assert_eq!(modes(&sandbox), files.map(|name| (name.to_owned(), 0o600)));
}

#[test]
fn a_journal_that_is_not_a_regular_file_makes_runs_uncached() {
    for make in ["mkdir", "mkfifo", "ln -s /dev/zero"] {
        let sandbox = sandbox();
        sandbox.cachex("./s.sh").stdin("in ").gives("in hi\n");
        let journal = sandbox.store_dir().join("cachex.db-journal");
        sandbox.sh(&format!("rm {0}; {make} {0}", journal.display())).gives("");
        sandbox.cachex("-n ./s.sh new").warns("hi\n", "db-journal: is not a regular file");
        let doctor = sandbox.cachex("doctor").output();
        assert_eq!(doctor.status.code(), Some(1), "{make}");
    }
}

#[test]
fn a_store_directory_may_have_any_name() {
    for name in ["file:store", "file:", "a?b", "a%41#", "it's; --", ":memory:"] {
        let sandbox = sandbox();
        for _ in 0..2 {
            let call = sandbox.cachex("./s.sh").env("CACHEX_CACHE_DIR", name);
            call.gives("hi\n");
            let call = sandbox.cachex("seq 200000").env("CACHEX_CACHE_DIR", name).output();
            assert!(call.status.success() && call.stderr.is_empty(), "{name}");
        }
        assert_eq!(sandbox.runs(), 1, "{name}");
        for file in ["cachex.db", "objects"] {
            assert!(sandbox.dir.join(name).join(file).exists(), "{name}");
        }
    }
}

#[test]
fn unwritable_long_output_does_not_affect_short_entries() {
    const NOBODY: u32 = 65534;
    if !am_root() {
        return;
    }
    let sandbox = sandbox();
    let cachex = |words: &str| sandbox.by(NOBODY, words).env("CACHEX_CACHE_DIR", "own");
    cachex("seq 200000").output();
    cachex("echo x").gives("x\n");
    let objects = sandbox.dir.join("own/objects");
    set_mode(objects, 0o500);
    cachex("--refresh echo x").gives("x\n");
    cachex("clear -- echo").gives("removed 1 entry (2B)\n");
    let told = cachex("clear").tells("", 125);
    assert!(told.contains("denied"), "{told}");
}

#[test]
fn a_result_that_is_not_stored_is_reported_with_its_own_reason() {
    const NOBODY: u32 = 65534;
    if !am_root() {
        return;
    }
    let sandbox = sandbox();
    let cachex = |words: &str| sandbox.by(NOBODY, words).env("CACHEX_CACHE_DIR", "own");
    let told = cachex("-v --no-store echo x").tells("x\n", 0);
    assert!(told.ends_with("\ncachex: not stored: --no-store is set\n"), "{told}");
    set_mode(sandbox.dir.join("own"), 0o500);
    let told = cachex("-v echo x").tells("x\n", 0);
    let warning = "\ncachex: warning: the store is read-only; the result is not stored\n";
    assert!(told.contains(warning), "{told}");
    assert!(told.ends_with("\ncachex: not stored: the store is read-only\n"), "{told}");
}

#[test]
fn a_file_in_place_of_the_store_makes_runs_uncached() {
    let sandbox = sandbox();
    fs::write(sandbox.store_dir(), "").expect("written");
    runs_uncached(&sandbox, "is not a directory; move it away");
}

#[test]
fn a_directory_in_place_of_the_database_makes_runs_uncached() {
    let sandbox = sandbox();
    fs::create_dir_all(sandbox.database()).expect("made");
    set_mode(sandbox.store_dir(), 0o700);
    runs_uncached(&sandbox, "is not a regular file");
}

#[test]
fn a_store_that_others_can_write_to_is_refused() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    for mode in [0o770, 0o707] {
        set_mode(sandbox.store_dir(), mode);
        runs_uncached(&sandbox, "can be written by others; run chmod go-w on it");
    }
    set_mode(sandbox.store_dir(), 0o700);
    set_mode(sandbox.database(), 0o666);
    runs_uncached(&sandbox, "cachex.db: can be written by others");
}

#[test]
fn without_a_home_directory_runs_are_uncached() {
    let sandbox = sandbox();
    let home = sandbox.dir.join("ran").display().to_string();
    fs::write(&home, "").expect("written");
    let call = sandbox.cachex("./s.sh").without_env("CACHEX_CACHE_DIR").env("HOME", &home);
    call.warns("hi\n", "running uncached");
}

#[test]
fn the_default_store_is_in_the_users_cache_directory() {
    let sandbox = sandbox();
    let home = sandbox.dir.join("home");
    fs::create_dir(&home).expect("made");
    let home = home.display().to_string();
    for _ in 0..2 {
        let call = sandbox.cachex("./s.sh").without_env("CACHEX_CACHE_DIR").env("HOME", &home);
        call.gives("hi\n");
    }
    assert_eq!(sandbox.runs(), 1);
    let found = sandbox.sh("find home -name cachex.db").output().stdout_text();
    assert_eq!(found.lines().count(), 1);
}

#[test]
fn a_garbage_database_is_set_aside_and_replaced() {
    for garbage in [&b"garbage "[..], b"SQLite format 3\0", b"\0"] {
        let sandbox = sandbox();
        sandbox.cachex("./s.sh").gives("hi\n");
        let garbage = garbage.repeat(4096);
        fs::write(sandbox.database(), &garbage).expect("written");
        sandbox.cachex("./s.sh").warns("hi\n", "the store was damaged");
        assert_eq!(
            fs::read(sandbox.store_dir().join("cachex.db.damaged")).expect("there"),
            garbage
        );
        sandbox.cachex("./s.sh").gives("hi\n");
        assert_eq!(sandbox.runs(), 2);
    }
}

#[test]
fn a_directory_where_a_damaged_database_is_set_aside_gives_way() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    fs::create_dir_all(sandbox.store_dir().join("cachex.db.damaged/a")).expect("made");
    fs::write(sandbox.database(), "garbage ".repeat(4096)).expect("written");
    sandbox.cachex("./s.sh").warns("hi\n", "the store was damaged");
    sandbox.cachex("./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn an_empty_database_is_set_up() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    fs::write(sandbox.database(), "").expect("written");
    for _ in 0..2 {
        sandbox.cachex("./s.sh").gives("hi\n");
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn damaged_output_is_never_replayed_and_heals() {
    let sandbox = sandbox();
    for damage in [
        "UPDATE entry SET body = zeroblob(length)",
        "UPDATE entry SET exit = 1",
        "UPDATE entry SET created = created - 1",
        "UPDATE entry SET condition = x'00'",
        "UPDATE entry SET seal = zeroblob(16)",
        "UPDATE entry SET body = NULL",
    ] {
        sandbox.cachex("./s.sh").gives("hi\n");
        let before = sandbox.runs();
        let database = sandbox.connection();
        assert_eq!(database.execute(damage, []).expect("damaged"), 1);
        drop(database);
        sandbox.cachex("./s.sh").gives("hi\n");
        assert_eq!(sandbox.runs(), before + 1, "{damage}");
        sandbox.cachex("./s.sh").gives("hi\n");
        assert_eq!(sandbox.runs(), before + 1, "{damage}");
        sandbox.cachex("clear").output();
    }
}

#[test]
fn a_newer_format_is_left_untouched() {
    let sandbox = sandbox();
    sandbox.cachex("echo x").gives("x\n");
    let database = sandbox.connection();
    database
        .execute_batch("PRAGMA user_version = 999; PRAGMA application_id = 0x637803e7")
        .expect("changed");
    drop(database);
    let before = fs::read(sandbox.database()).expect("readable");
    runs_uncached(&sandbox, "written by a newer cachex (format 999); upgrade");
    sandbox.cachex("echo x").warns("x\n", "written by a newer cachex (format 999); upgrade");
    assert!(fs::read(sandbox.database()).expect("readable") == before);
}

#[test]
fn a_database_of_another_program_is_left_untouched() {
    let sandbox = sandbox();
    fs::create_dir(sandbox.store_dir()).expect("made");
    set_mode(sandbox.store_dir(), 0o700);
    let database = sandbox.connection();
    database.execute_batch("CREATE TABLE theirs (x)").expect("made");
    drop(database);
    runs_uncached(&sandbox, "is a database of another program");
}

#[test]
fn verbs_heal_a_damaged_store_too() {
    let sandbox = sandbox();
    for verb in ["list", "clear"] {
        sandbox.cachex("./s.sh").gives("hi\n");
        let size = fs::metadata(sandbox.database()).expect("there").len();
        let mut bytes = fs::read(sandbox.database()).expect("readable");
        bytes[4096..].fill(0x5a);
        assert!(size > 4096);
        fs::write(sandbox.database(), bytes).expect("written");
        assert_eq!(sandbox.cachex(verb).output().status.code(), Some(0), "{verb}");
        sandbox.cachex("./s.sh").gives("hi\n");
    }
}

#[test]
fn quiet_verbs_do_not_warn() {
    let sandbox = sandbox();
    let damage = || {
        sandbox.cachex("-q ./s.sh").gives("hi\n");
        fs::write(sandbox.database(), "garbage ".repeat(1000)).expect("written");
    };
    let shows = |verb: &str| i32::from(verb.starts_with("show")) * 125;
    for verb in ["list", "show 1", "stats", "prune", "prune --dry-run", "clear", "clear --dry-run"]
    {
        damage();
        let told = sandbox.cachex(verb).output().stderr_text();
        assert!(told.contains("warning: the store was damaged"), "{verb}: {told}");
        for call in [
            sandbox.cachex(&format!("-q {verb}")),
            sandbox.cachex(&format!("{verb} -q")),
            sandbox.cachex(verb).env("CACHEX_QUIET", "1"),
        ] {
            damage();
            let output = call.output();
            let told = output.stderr_text();
            assert!(!told.contains("warning"), "{verb}: {told}");
            assert_eq!(output.status.code(), Some(shows(verb)), "{verb}: {told}");
        }
    }
    for verb in ["explain -q -- ./s.sh", "config -q", "doctor -q"] {
        damage();
        assert_eq!(sandbox.cachex(verb).output().stderr_text(), "", "{verb}");
    }
    damage();
    sandbox.user_config("quiet = true");
    assert_eq!(sandbox.cachex("list").output().stderr_text(), "");
}

#[test]
fn an_altered_schema_is_damage() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    let database = sandbox.connection();
    database.execute_batch("ALTER TABLE entry DROP COLUMN hits").expect("altered");
    drop(database);
    sandbox.cachex("./s.sh new").warns("hi\n", "the store was damaged");
    sandbox.cachex("./s.sh new").gives("hi\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn first_use_by_many_at_once_is_safe() {
    for _ in 0..5 {
        let sandbox = Sandbox::new();
        let script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do cachex echo $i & done; wait";
        let output = sandbox.sh(script).output();
        assert_eq!(output.stderr_text(), "");
        let mut lines: Vec<i32> =
            output.stdout_text().lines().map(|line| line.parse().expect("a number")).collect();
        lines.sort_unstable();
        assert_eq!(lines, (1..=12).collect::<Vec<_>>());
    }
}

#[test]
fn a_fifo_in_place_of_a_side_file_does_not_hang() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.sh("mkfifo ../store/uses").gives("");
    sandbox.cachex("./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn with_too_few_descriptors_the_command_still_runs() {
    let sandbox = sandbox();
    for limit in 4..24 {
        let output = sandbox.sh(&format!("ulimit -n {limit}; cachex echo {limit}")).output();
        assert_eq!(output.stdout, format!("{limit}\n").as_bytes(), "{limit}");
        assert_eq!(output.status.code(), Some(0), "{limit}");
    }
}

#[test]
fn with_a_limit_on_file_size_the_command_still_runs() {
    let sandbox = sandbox();
    for _ in 0..2 {
        let stderr = sandbox.sh("ulimit -f 0; cachex echo hi").tells("hi\n", 0);
        assert!(stderr.lines().count() <= 1, "{stderr}");
    }
    let bare = sandbox.sh("seq 300000").output().stdout;
    sandbox.sh("ulimit -f 16; cachex seq 300000").warns(&bare, "running uncached");
    sandbox.cachex("echo x").gives("x\n");
    sandbox.sh("ulimit -f 400; cachex seq 300000").warns(&bare, "not stored");
}
