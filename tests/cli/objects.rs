//! Objects: files of long output, which entries share. They count for the size limit and heal when damaged.

use super::harness::{Sandbox, Texts, am_root, set_mode, skipped};
use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// The name of a damage, and a function that does it.
type Damage<'d> = (&'d str, &'d dyn Fn(&Path));

/// A sandbox whose command prints 3 MB, which depend only on the argument up to its first `-`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "yes \"${1%%-*}\" | head -c 3000000");
    sandbox
}

fn printed(word: &str) -> Vec<u8> {
    format!("{word}\n").bytes().cycle().take(3_000_000).collect()
}

#[test]
fn equal_output_has_one_object_that_lasts_as_long_as_its_entries() {
    let sandbox = sandbox();
    for word in ["x-1", "x-2"] {
        sandbox.cachex(&format!("./s.sh {word}")).gives(printed("x"));
    }
    let object = sandbox.object();
    sandbox.cachex("./s.sh y").gives(printed("y"));
    assert_eq!(sandbox.objects().len(), 2);
    sandbox.objects_are_those_owned();
    sandbox.cachex("clear -- ./s.sh x-1").gives("removed 1 entry (3.0MB)\n");
    sandbox.cachex("--only-if-cached ./s.sh x-2").gives(printed("x"));
    sandbox.cachex("clear -- ./s.sh y").gives("removed 1 entry (3.0MB)\n");
    assert_eq!(sandbox.object(), object);
    sandbox.cachex("clear -- ./s.sh x-2").gives("removed 1 entry (3.0MB)\n");
    assert!(sandbox.objects().is_empty());
}

#[test]
fn objects_are_private() {
    let sandbox = sandbox();
    sandbox.sh("umask 000; cachex ./s.sh x").gives(printed("x"));
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let object = sandbox.object();
    assert_eq!((mode(&object), mode(object.parent().expect("objects"))), (0o600, 0o700));
}

#[test]
fn the_size_of_the_store_counts_each_object_once() {
    let sandbox = sandbox();
    for word in ["x-1", "x-2", "y", "z"] {
        sandbox.cachex(&format!("--max-size 7MB ./s.sh {word}")).output();
        assert!(sandbox.store_size() <= 7_000_000, "{}", sandbox.store_size());
        sandbox.age(1);
    }
    sandbox.objects_are_those_owned();
    let cached = |word: &str| {
        let call = format!("-q --only-if-cached ./s.sh {word}");
        sandbox.cachex(&call).output().status.code() == Some(0)
    };
    assert_eq!(["x-1", "x-2", "y", "z"].map(cached), [false, false, true, true]);
    let stats = sandbox.cachex("stats").output().stdout;
    assert!(
        String::from_utf8_lossy(&stats).contains("on disk   6.1MB\n"),
        "{}",
        stats.escape_ascii()
    );
    sandbox.cachex("prune --max-size 4MB").gives("removed 1 entry (3.0MB)\n");
    assert_eq!(sandbox.objects().len(), 1);
    sandbox.cachex("--max-entries 1 ./s.sh w").gives(printed("w"));
    sandbox.object();
    sandbox.objects_are_those_owned();
}

#[test]
fn equal_output_evicts_nothing() {
    let sandbox = sandbox();
    let store = |word: &str| sandbox.cachex(&format!("--max-size 4MB ./s.sh {word}"));
    for word in ["x-1", "x-2", "x-3"] {
        store(word).gives(printed("x"));
        sandbox.age(1);
    }
    for word in ["x-1", "x-2", "x-3"] {
        sandbox.cachex(&format!("--only-if-cached ./s.sh {word}")).gives(printed("x"));
    }
    store("y").gives(printed("y"));
    sandbox.cachex("clear").gives("removed 1 entry (3.0MB)\n");
}

#[test]
fn a_damaged_object_is_never_replayed_and_heals() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh x").gives(printed("x"));
    let flip = |path: &Path| {
        let mut bytes = fs::read(path).expect("read");
        bytes[2_000_000] ^= 1;
        fs::write(path, bytes).expect("written");
    };
    let cut = |path: &Path| {
        let file = fs::OpenOptions::new().write(true).open(path).expect("opened");
        file.set_len(2_999_999).expect("cut");
    };
    let lengthen = |path: &Path| {
        let bytes = fs::read(path).expect("read");
        fs::write(path, [&bytes[..], b"x"].concat()).expect("written");
    };
    let replace = |path: &Path| fs::remove_file(path).expect("removed");
    let link = |path: &Path| {
        let elsewhere = path.with_file_name("elsewhere");
        fs::rename(path, &elsewhere).expect("moved");
        symlink(elsewhere, path).expect("linked");
    };
    let fifo = |path: &Path| {
        replace(path);
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, path, mode).expect("made");
    };
    let directory = |path: &Path| {
        replace(path);
        fs::create_dir_all(path.join("with/more")).expect("made");
    };
    let damages: [Damage<'_>; 9] = [
        ("flipped", &flip),
        ("cut", &cut),
        ("longer", &lengthen),
        ("empty", &|path| fs::write(path, "").expect("emptied")),
        ("missing", &replace),
        ("open to others", &|path| set_mode(path, 0o666)),
        ("a link", &link),
        ("a FIFO", &fifo),
        ("a directory", &directory),
    ];
    for (what, damage) in damages {
        let object = sandbox.object();
        let before = sandbox.runs();
        damage(&object);
        sandbox.cachex("./s.sh x").gives(printed("x"));
        assert_eq!(sandbox.runs(), before + 1, "{what}");
        sandbox.cachex("--only-if-cached ./s.sh x").gives(printed("x"));
        sandbox.cachex("prune").gives("removed nothing\n");
        assert_eq!(sandbox.object(), object, "{what}");
        assert!(fs::symlink_metadata(&object).expect("there").is_file(), "{what}");
    }
}

#[test]
fn a_wrong_file_in_place_of_an_object_is_harmless() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh x").gives(printed("x"));
    let object = sandbox.object();
    for what in ["garbage", "directory", "replacement"] {
        sandbox.cachex("clear").output();
        match what {
            "garbage" => fs::write(&object, "garbage").expect("written"),
            "directory" => fs::create_dir_all(object.join("a")).expect("made"),
            _ => fs::write(object.with_file_name("replacement"), "left").expect("written"),
        }
        for call in ["./s.sh x", "--refresh ./s.sh x", "--only-if-cached ./s.sh x"] {
            sandbox.cachex(call).gives(printed("x"));
        }
        assert_eq!(sandbox.object(), object, "{what}");
    }
}

#[test]
fn a_wrong_file_in_place_of_the_directory_does_not_affect_short_entries() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh short | head -c 1").output();
    let objects = sandbox.store_dir().join("objects");
    for what in ["a file", "a link", "a link to nowhere"] {
        let _ = fs::remove_dir_all(&objects);
        match what {
            "a file" => fs::write(&objects, "").expect("written"),
            "a link" => symlink("/tmp", &objects).expect("linked"),
            _ => symlink("/nowhere/at/all", &objects).expect("linked"),
        }
        for _ in 0..2 {
            sandbox.cachex("./s.sh x").warns(printed("x"), "the result is not stored");
        }
        sandbox.cachex(&format!("echo {}", what.len())).gives(format!("{}\n", what.len()));
        sandbox
            .cachex(&format!("--only-if-cached echo {}", what.len()))
            .gives(format!("{}\n", what.len()));
        fs::remove_file(&objects).expect("removed");
    }
    for call in ["./s.sh x", "--only-if-cached ./s.sh x"] {
        sandbox.cachex(call).gives(printed("x"));
    }
}

#[test]
fn a_read_only_directory_of_objects_still_serves_hits() {
    const NOBODY: u32 = 65534;
    if !am_root() {
        return;
    }
    let sandbox = sandbox();
    let cachex = |words: &str| sandbox.by(NOBODY, words).env("CACHEX_CACHE_DIR", "own");
    cachex("./s.sh x").gives(printed("x"));
    let objects = sandbox.dir.join("own/objects");
    set_mode(&objects, 0o500);
    cachex("--only-if-cached ./s.sh x").gives(printed("x"));
    cachex("./s.sh y").warns(printed("y"), "the result is not stored");
    cachex("clear -- ./s.sh").tells("removed 1 entry (3.0MB)\n", 0);
    set_mode(&objects, 0o700);
    cachex("prune").gives("removed nothing\n");
    assert_eq!(fs::read_dir(&objects).expect("listed").count(), 0);
}

#[test]
fn objects_without_an_entry_are_removed() {
    let sandbox = sandbox();
    let names = ["0".repeat(64), "replacement".to_owned(), format!("{}.copy", "1".repeat(64))];
    for call in ["prune", "clear"] {
        sandbox.cachex("./s.sh x").gives(printed("x"));
        for name in &names {
            fs::write(sandbox.store_dir().join("objects").join(name), "left").expect("written");
        }
        sandbox.cachex(call).output();
        sandbox.objects_are_those_owned();
    }
    // A process that is killed before or after its commit leaves such a file and a note of it. The next stored result
    // removes the file.
    sandbox.cachex("./s.sh x").gives(printed("x"));
    let left = "0".repeat(64);
    fs::write(sandbox.store_dir().join("objects").join(&left), "left").expect("written");
    // The other note is damaged.
    let notes = format!("(6, x'{left}', 0, x''), (6, x'da', 0, x'')");
    sandbox.sql(&format!("INSERT INTO note VALUES {notes}"));
    sandbox.cachex("echo short").gives("short\n");
    sandbox.objects_are_those_owned();
    sandbox.cachex("--only-if-cached ./s.sh x").gives(printed("x"));
}

#[test]
fn prune_corrects_a_wrong_total_size() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh x").gives(printed("x"));
    for wrong in ["0", "-5", "9000000000000000000"] {
        sandbox.sql(&format!("UPDATE note SET at = {wrong} WHERE kind = 7"));
        sandbox.cachex("prune").output();
        let total = "SELECT at FROM note WHERE kind = 7";
        let database = sandbox.connection();
        let total: i64 = database.query_row(total, [], |row| row.get(0)).expect("found");
        let length = sandbox.object().metadata().expect("there").len();
        assert_eq!(u64::try_from(total), Ok(length));
    }
}

/// Forbids changes to a directory, for root too. Allows them again on drop.
struct Frozen(File);

impl Frozen {
    /// Returns `None` and reports why if the file system does not have this attribute.
    fn new(directory: &Path) -> Option<Self> {
        let frozen = Self(File::open(directory).expect("opened"));
        set_mode(directory, 0o500);
        if rustix::process::geteuid().is_root() && frozen.set(IFlags::IMMUTABLE).is_err() {
            skipped("a file system with attributes");
            return None;
        }
        Some(frozen)
    }

    fn set(&self, flag: IFlags) -> rustix::io::Result<()> {
        let others = ioctl_getflags(&self.0)?.difference(IFlags::IMMUTABLE);
        ioctl_setflags(&self.0, others | flag)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = self.set(IFlags::empty());
        let _ = self.0.set_permissions(Permissions::from_mode(0o700));
    }
}

#[test]
fn a_file_that_cannot_be_removed_is_named() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh x").gives(printed("x"));
    let object = sandbox.object();
    let Some(frozen) = Frozen::new(object.parent().expect("objects")) else { return };
    let told = sandbox.cachex("clear").tells("", 125);
    let reason = if am_root() { "Operation not permitted" } else { "Permission denied" };
    let expected = format!("cachex: error: {}: {reason}", object.display());
    assert!(told.starts_with(&expected), "{told}");
    assert!(!am_root() || told.contains("chattr -ia"), "{told}");
    let told = sandbox.cachex("./s.sh y").output().stderr_text();
    assert!(told.contains(reason) && told.contains("objects/"), "{told}");
    drop(frozen);
    sandbox.cachex("clear").gives("removed nothing\n");
    assert!(sandbox.objects().is_empty());
}

#[test]
fn long_output_of_the_previous_format_is_removed() {
    let sandbox = sandbox();
    sandbox.cachex("echo short").gives("short\n");
    sandbox.cachex("./s.sh x").gives(printed("x"));
    sandbox.sql(
        "DROP TRIGGER entry_added; DROP TRIGGER entry_removed; DROP INDEX entry_by_call;
         DROP INDEX entry_by_command; CREATE INDEX entry_by_command ON entry (command, created);
         DROP INDEX entry_by_use; CREATE INDEX entry_by_use ON entry (used);
         ALTER TABLE command DROP COLUMN entries; ALTER TABLE command DROP COLUMN output;
         DROP TABLE object; DELETE FROM note WHERE kind > 5;
         PRAGMA user_version = 8; PRAGMA application_id = 0x63780008",
    );
    fs::remove_dir_all(sandbox.store_dir().join("objects")).expect("removed");
    for name in ["outputs.db", "outputs.db-journal"] {
        fs::write(sandbox.store_dir().join(name), "blocks").expect("written");
    }
    sandbox.cachex("--only-if-cached echo short").gives("short\n");
    for name in ["outputs.db", "outputs.db-journal"] {
        assert!(!sandbox.store_dir().join(name).exists());
    }
    let before = sandbox.runs();
    for _ in 0..2 {
        sandbox.cachex("./s.sh x").gives(printed("x"));
    }
    assert_eq!(sandbox.runs(), before + 1);
    // An older cachex that was running may have left it again.
    let left = sandbox.store_dir().join("outputs.db");
    fs::write(&left, "blocks").expect("written");
    sandbox.cachex("prune").gives(format!("removed {} (6B)\n", left.display()));
    let found = sandbox.cachex("doctor").output().stdout;
    assert!(!String::from_utf8_lossy(&found).contains("problem"), "{}", found.escape_ascii());
}

#[test]
fn a_new_store_keeps_no_old_objects() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh x").gives(printed("x"));
    fs::write(sandbox.database(), "garbage ".repeat(1000)).expect("written");
    sandbox.cachex("echo short").warns("short\n", "the store was damaged");
    assert!(sandbox.objects().is_empty());
    sandbox.cachex("./s.sh x").gives(printed("x"));
    sandbox.cachex("--only-if-cached ./s.sh x").gives(printed("x"));
}
