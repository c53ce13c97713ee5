//! No place for a store: a full disk, no home directory, another user's directory.

use super::harness::{Call, Sandbox, Texts, am_root, set_mode, skipped};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{chown, lchown, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const NOBODY: u32 = 65534;

/// A file system of 1 MB in place of the store, visible only to calls through this.
pub struct SmallDisk<'s> {
    sandbox: &'s Sandbox,
    /// A process that keeps the mount namespace alive while its standard input is open.
    holder: Child,
    enter: &'static [&'static str],
}

impl<'s> SmallDisk<'s> {
    /// Returns `None` and reports why if mounting is not allowed.
    pub fn new(sandbox: &'s Sandbox) -> Option<Self> {
        Self::of_size(sandbox, "1m")
    }

    /// A file system of this size in place of the store.
    pub fn of_size(sandbox: &'s Sandbox, size: &str) -> Option<Self> {
        let ways: [(&str, &[&str]); 2] = [
            ("--mount", &["--mount"]),
            ("--user --map-root-user --mount", &["--user", "--preserve-credentials", "--mount"]),
        ];
        let mount = format!(
            "mkdir ../store; mount -t tmpfs -o size={size},mode=0700 none \"$PWD/../store\""
        );
        for (options, enter) in ways {
            let script = format!("exec unshare {options} sh -c '{mount} && echo ready && read x'");
            let mut call = sandbox.sh(&script);
            call.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
            let mut holder = call.command.spawn().expect("started");
            let mut answer = String::new();
            let stdout = holder.stdout.take().expect("a pipe");
            BufReader::new(stdout).read_line(&mut answer).expect("read");
            if answer == "ready\n" {
                return Some(Self { sandbox, holder, enter });
            }
            holder.wait().expect("ended");
        }
        skipped("the right to mount");
        None
    }

    /// A call of the shell with the small disk in place.
    pub fn sh(&self, script: &str) -> Call {
        let target = self.holder.id().to_string();
        let words = ["--target", &target, "sh", "-c", "cd \"$0\" && eval \"$1\""];
        let dir = self.sandbox.dir.to_str().expect("UTF-8");
        self.sandbox.program("nsenter", &[self.enter, &words, &[dir, script]].concat())
    }

    pub fn fill(&self) {
        self.sh("cat /dev/zero > ../store/filler").output();
        self.sh("df ../store | grep -q 100%").gives("");
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

/// Prints as many bytes as its first argument says.
fn sandbox() -> Sandbox {
    Sandbox::with_script("yes 0123456789 | head -c $1")
}

#[test]
fn on_a_full_disk_the_command_still_runs() {
    let sandbox = sandbox();
    let Some(disk) = SmallDisk::new(&sandbox) else { return };
    let bare = |words: &str| sandbox.sh(&format!("./s.sh {words}")).output();
    let call = |words: &str| disk.sh(&format!("cachex ./s.sh {words}")).matches(&bare(words));
    for _ in 0..2 {
        assert_eq!(call("100"), "");
        assert_eq!(call("300000"), "");
        let warning = call("3000000");
        assert!(warning.contains("No space left on device"), "{warning}");
    }
    let full = (0..5).map(|name| call(&format!("300000 {name}"))).find(|told| !told.is_empty());
    assert!(full.is_some_and(|told| told.contains("disk is full; the result is not stored")));
    disk.fill();
    call("100 new");
    call("3000000");
    let before = sandbox.runs();
    disk.sh("cachex ./s.sh 100").matches(&bare("100"));
    disk.sh("cachex ./s.sh 300000").matches(&bare("300000"));
    assert_eq!(sandbox.runs(), before + 2, "the bare ones");
}

#[test]
fn list_works_on_a_full_disk() {
    let sandbox = sandbox();
    let Some(disk) = SmallDisk::new(&sandbox) else { return };
    // The use of the hit is in the side file and cannot be folded into the database.
    disk.sh("cachex ./s.sh 10; cachex ./s.sh 10").gives("0123456789".repeat(2));
    disk.fill();
    let output = disk.sh("cachex list").output();
    assert_eq!(output.stderr_text(), "");
    assert_eq!(output.status.code(), Some(0));
    let listed = output.stdout_text();
    assert!(listed.contains("./s.sh 10"), "{listed}");
}

#[test]
fn clear_works_on_a_full_disk() {
    let sandbox = sandbox();
    let Some(disk) = SmallDisk::new(&sandbox) else { return };
    for clear in ["clear", "clear -- ./s.sh", "clear -- ./s.sh 300000 a"] {
        let removed = match clear {
            "clear -- ./s.sh 300000 a" => "removed 1 entry (300.0kB)\n",
            _ => "removed 2 entries (600.0kB)\n",
        };
        disk.sh("cachex ./s.sh 300000 a && cachex ./s.sh 300000 b").output();
        disk.fill();
        disk.sh(&format!("cachex {clear}")).gives(removed);
        let before = sandbox.runs();
        for _ in 0..2 {
            disk.sh("cachex ./s.sh 10").gives("0123456789");
        }
        assert_eq!(sandbox.runs(), before + 1);
        disk.sh("rm ../store/filler; cachex clear").output();
    }
}

#[test]
fn clear_removes_long_output_on_a_full_disk() {
    let sandbox = sandbox();
    let Some(disk) = SmallDisk::of_size(&sandbox, "4m") else { return };
    for clear in ["clear", "clear -- ./s.sh"] {
        disk.sh("cachex ./s.sh 1500000 && cachex ./s.sh 1600000").output();
        disk.fill();
        disk.sh(&format!("cachex {clear}")).gives("removed 2 entries (3.1MB)\n");
        disk.sh("ls -A ../store/objects").gives("");
        disk.sh("rm ../store/filler; cachex doctor | grep -c '^ok *objects'").gives("1\n");
    }
}

#[test]
fn a_disk_with_room_for_long_output_and_little_else_keeps_whole_entries_only() {
    let sandbox = sandbox();
    let Some(disk) = SmallDisk::of_size(&sandbox, "4m") else { return };
    let bare = sandbox.sh("./s.sh 1500000").output();
    let mut stored = Vec::new();
    for pages in 0..16 {
        // The output itself takes 367 pages.
        disk.sh(&format!(
            "cachex ./s.sh 10; free=$(($(stat -f -c %a ../store) - 367 - {pages}));
             head -c $((free * 4096)) /dev/zero > ../store/filler"
        ))
        .gives("0123456789");
        disk.sh("cachex ./s.sh 1500000").matches(&bare);
        disk.sh("rm ../store/filler").gives("");
        let hit = disk.sh("cachex -q --only-if-cached ./s.sh 1500000").output();
        stored.push(hit.status.success());
        // A directory that is not there has no files without an entry.
        disk.sh("cachex doctor | grep -c '^ok *objects'").gives("1\n");
        disk.sh("cachex clear; ls -A ../store/objects").output();
    }
    assert!(stored.contains(&true) && stored.contains(&false), "{stored:?}");
}

#[test]
fn a_disk_that_is_full_from_the_start_makes_runs_uncached() {
    let sandbox = sandbox();
    let Some(disk) = SmallDisk::new(&sandbox) else { return };
    disk.fill();
    for bytes in ["100", "300000", "3000000"] {
        let bare = sandbox.sh(&format!("./s.sh {bytes}")).output();
        for _ in 0..2 {
            let warning = disk.sh(&format!("cachex ./s.sh {bytes}")).matches(&bare);
            assert!(!warning.is_empty());
        }
    }
    disk.sh("rm ../store/filler").gives("");
    let before = sandbox.runs();
    for _ in 0..2 {
        disk.sh("cachex ./s.sh 10").gives("0123456789");
    }
    assert_eq!(sandbox.runs(), before + 1);
}

#[test]
fn a_disk_without_inodes_is_named_as_such() {
    for inodes in 1..8 {
        let sandbox = sandbox();
        let room = format!("9m,nr_inodes={inodes}");
        let Some(disk) = SmallDisk::of_size(&sandbox, &room) else { return };
        for bytes in ["10", "3000000"] {
            let bare = sandbox.sh(&format!("./s.sh {bytes}")).output();
            let warning = disk.sh(&format!("cachex ./s.sh {bytes}")).matches(&bare);
            assert!(warning.lines().count() <= 1, "{inodes}: {warning}");
            let tells = ["inodes", "cachex doctor", "No space left"];
            let is_told = tells.iter().any(|part| warning.contains(part));
            assert!(warning.is_empty() || is_told, "{inodes}: {warning}");
            assert!(!warning.contains("--cache-dir"), "{inodes}: {warning}");
            if !warning.is_empty() {
                let found = disk.sh("cachex doctor").output().stdout_text();
                assert!(found.contains("inodes free: few"), "{inodes}: {found}");
            }
        }
    }
}

/// A call with the default store, by a user who can read the sandbox and has no home directory.
fn by(user: u32, sandbox: &Sandbox) -> Call {
    sandbox.by(user, "./s.sh 10").without_env("CACHEX_CACHE_DIR")
}

#[test]
fn without_a_home_directory_runs_are_uncached() {
    if !am_root() {
        return;
    }
    // The home directory of the first user does not exist. The second user has none.
    for user in [NOBODY, 54_321] {
        let sandbox = sandbox();
        for _ in 0..2 {
            by(user, &sandbox).without_env("HOME").warns("0123456789", "running uncached");
        }
        assert_eq!(sandbox.runs(), 2);
    }
}

#[test]
fn with_an_unwritable_home_directory_runs_are_uncached() {
    if !am_root() {
        return;
    }
    let sandbox = sandbox();
    for home in ["/", "/proc", "/nonexistent"] {
        let before = sandbox.runs();
        for _ in 0..2 {
            by(NOBODY, &sandbox).env("HOME", home).warns("0123456789", "running uncached");
        }
        assert_eq!(sandbox.runs(), before + 2);
    }
}

#[test]
fn a_missing_home_directory_is_not_created() {
    let sandbox = sandbox();
    for (missing, cache) in
        [("not/there", None), ("not", Some("not/cache")), ("no", Some("no/a/b"))]
    {
        let path = |name: &str| sandbox.dir.join(name).display().to_string();
        for variable in ["XDG_CACHE_HOME", "CACHEX_CACHE_DIR"] {
            let call = sandbox.cachex("./s.sh 10").without_env("CACHEX_CACHE_DIR");
            let call = call.env("HOME", &path(missing));
            let call = match cache {
                Some(cache) => call.env(variable, &path(cache)),
                None => call,
            };
            call.warns("0123456789", "does not exist, and cachex creates no home directory");
        }
        assert!(!sandbox.dir.join(missing.split('/').next().expect("a part")).exists());
    }
}

#[test]
fn missing_parents_of_the_store_directory_are_created() {
    for variable in ["XDG_CACHE_HOME", "CACHEX_CACHE_DIR"] {
        let sandbox = sandbox();
        let named = sandbox.dir.join("not/there").display().to_string();
        for _ in 0..2 {
            let call = sandbox.cachex("./s.sh 10").without_env("CACHEX_CACHE_DIR");
            call.env(variable, &named).gives("0123456789");
        }
        assert_eq!(sandbox.runs(), 1);
    }
}

#[test]
fn nothing_is_created_below_another_users_directory() {
    if !am_root() {
        return;
    }
    let sandbox = sandbox();
    let theirs = sandbox.dir.join("theirs");
    // The directory below is ours, as after a `mkdir` with sudo.
    fs::create_dir_all(theirs.join("ours")).expect("made");
    symlink("theirs", sandbox.dir.join("link")).expect("made");
    chown(&theirs, Some(NOBODY), None).expect("given");
    let before = files_below(&sandbox.dir);
    for home in ["theirs", "theirs/ours", "link", "link/ours"] {
        let home = sandbox.dir.join(home).display().to_string();
        for variable in ["HOME", "XDG_CACHE_HOME", "CACHEX_CACHE_DIR"] {
            let call = sandbox.cachex("./s.sh 10").without_env("CACHEX_CACHE_DIR");
            let call = call.env(variable, &format!("{home}/"));
            if variable == "CACHEX_CACHE_DIR" && home.ends_with("ours") {
                // An existing directory of ours may be used anywhere.
                continue;
            }
            call.warns("0123456789", "belongs to another user");
        }
    }
    assert_eq!(files_below(&sandbox.dir), before);
}

/// The names of all files below a directory, except the log of runs.
fn files_below(directory: &Path) -> Vec<String> {
    let found = Command::new("find").arg(directory).output().expect("started").stdout;
    let mut found: Vec<_> = String::from_utf8_lossy(&found).lines().map(str::to_owned).collect();
    found.retain(|name| !name.ends_with("/ran"));
    found.sort();
    found
}

#[test]
fn a_link_of_another_user_to_the_store_is_refused() {
    if !am_root() {
        return;
    }
    let sandbox = sandbox();
    let open = sandbox.dir.join("open");
    for directory in ["open", "ours", "ours/store"] {
        fs::create_dir(sandbox.dir.join(directory)).expect("made");
        set_mode(sandbox.dir.join(directory), 0o700);
    }
    set_mode(&open, 0o1777);
    symlink(sandbox.dir.join("ours"), open.join("link")).expect("made");
    symlink(open.join("link"), sandbox.dir.join("by-way-of")).expect("made");
    let stores = [open.join("link/store"), sandbox.dir.join("by-way-of/store")];
    for store in &stores {
        let store = store.display().to_string();
        sandbox.cachex_words(["--cache-dir", &store, "./s.sh", "10"]).gives("0123456789");
    }
    assert_eq!(sandbox.runs(), 1);
    lchown(open.join("link"), Some(NOBODY), None).expect("given");
    for store in &stores {
        let store = store.display().to_string();
        let call = sandbox.cachex_words(["--cache-dir", &store, "./s.sh", "10"]);
        // The kernel itself may refuse to follow it.
        let told = call.tells("0123456789", 0);
        assert!(told.contains("belongs to another user") || told.contains("denied"), "{told}");
    }
    assert_eq!(sandbox.runs(), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_store_of_a_user_outside_of_the_namespace_is_refused() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh 10").gives("0123456789");
    if !sandbox.sh("unshare --user true").output().status.success() {
        return skipped("the right to make a namespace");
    }
    // In this namespace both we and the owner of the store appear as nobody.
    let call = sandbox.sh("exec unshare --user cachex ./s.sh 10");
    call.warns("0123456789", "belongs to another user");
}

#[test]
fn a_store_of_another_user_is_refused() {
    if !am_root() {
        return;
    }
    let sandbox = sandbox();
    sandbox.cachex("./s.sh 10").gives("0123456789");
    let give = |path: &Path, user| chown(path, Some(user), None).expect("given");
    for path in [sandbox.store_dir(), sandbox.database()] {
        give(&path, NOBODY);
        for _ in 0..2 {
            let before = sandbox.runs();
            sandbox.cachex("./s.sh 10").warns("0123456789", "belongs to another user");
            assert_eq!(sandbox.runs(), before + 1);
        }
        let stderr = sandbox.cachex("list").tells("", 125);
        assert!(stderr.contains("belongs to another user"), "{stderr}");
        give(&path, 0);
    }
    let before = sandbox.runs();
    sandbox.cachex("./s.sh 10").gives("0123456789");
    assert_eq!(sandbox.runs(), before);
}
