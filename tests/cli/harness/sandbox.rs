//! A sandbox: a directory for scripts with a store of its own.

use super::deadline::Deadline;
use super::{Call, aging};
use cachex::entry::Description;
use cachex::store::{Selection, Store};
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A shell ignores these signals for what it starts in the background, a run of the tests included.
#[allow(unsafe_code)]
fn heed_interrupts() {
    for signal in [libc::SIGINT, libc::SIGQUIT] {
        // SAFETY: no handler of this process is replaced: it has none for them.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// A directory for scripts, and a store beside it.
pub struct Sandbox {
    /// The working directory of calls.
    pub dir: PathBuf,
    _deadline: Deadline,
    root: tempfile::TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        heed_interrupts();
        let root = tempfile::tempdir().expect("a directory");
        let dir = fs::canonicalize(root.path()).expect("canonical").join("work");
        fs::create_dir(&dir).expect("made");
        Self { _deadline: Deadline::new(dir.clone()), dir, root }
    }

    /// A sandbox with the script `s.sh`.
    pub fn with_script(body: &str) -> Self {
        let sandbox = Self::new();
        sandbox.script("s.sh", body);
        sandbox
    }

    /// The directory of the store.
    pub fn store_dir(&self) -> PathBuf {
        self.root.path().join("store")
    }

    pub fn database(&self) -> PathBuf {
        self.store_dir().join("cachex.db")
    }

    /// The files of output above a megabyte.
    pub fn objects(&self) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(self.store_dir().join("objects")) else { return Vec::new() };
        let mut objects: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
        objects.sort();
        objects
    }

    /// The only such file.
    #[track_caller]
    pub fn object(&self) -> PathBuf {
        let objects: [PathBuf; 1] = self.objects().try_into().expect("one object");
        objects.into_iter().next().expect("one object")
    }

    /// The size of the database and the objects in bytes.
    pub fn store_size(&self) -> u64 {
        let size = |path| fs::symlink_metadata(path).map_or(0, |metadata| metadata.len());
        size(self.database()) + self.objects().into_iter().map(size).sum::<u64>()
    }

    /// The names of the objects that entries own.
    pub fn owned_objects(&self) -> Vec<String> {
        let database = self.connection();
        let sql = "SELECT DISTINCT lower(hex(digest)) FROM object JOIN entry ON entry.id = entry ORDER BY 1";
        let mut statement = database.prepare(sql).expect("prepared");
        let names = statement.query_map([], |row| row.get(0)).expect("listed");
        names.collect::<Result<_, _>>().expect("read")
    }

    /// Expects that every object has an owner and every owner its object.
    #[track_caller]
    pub fn objects_are_those_owned(&self) {
        let name =
            |path: &PathBuf| path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
        let found: Vec<_> = self.objects().iter().map(name).collect();
        assert_eq!(found, self.owned_objects());
    }

    /// A connection to the database of the store.
    pub fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.database()).expect("opened")
    }

    /// Runs SQL statements on that database.
    pub fn sql(&self, statements: &str) {
        self.connection().execute_batch(statements).expect("done");
    }

    pub fn store(&self) -> Store {
        Store::open(&self.store_dir()).expect("a store")
    }

    /// The stored entries, the newest first.
    pub fn entries(&self) -> Vec<Description> {
        let mut store = self.store();
        let selected = store.select(&Selection::all()).expect("selected");
        store.describe(&selected).expect("described")
    }

    /// Makes every entry older, or younger if negative.
    pub fn age(&self, seconds: i64) {
        self.age_by_millis(seconds * 1000);
    }

    /// Makes every entry this many milliseconds older, or younger if negative.
    pub fn age_by_millis(&self, millis: i64) {
        aging::age(&self.store_dir(), millis);
    }

    /// Adds this many commands without entries, each in its own scope.
    pub fn fill_with_idle_commands(&self, count: u32) {
        let idle = format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             INSERT INTO command (scope, name, hits, misses, saved, idle, used)
             SELECT 'scope ' || i, zeroblob(40), 0, 1, 0, 1, i FROM n"
        );
        self.sql(&idle);
    }

    /// The content of a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(name)).expect(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(&path, content).expect("written");
        path
    }

    /// Writes the user's configuration file.
    pub fn user_config(&self, content: &str) -> PathBuf {
        let mac = cfg!(target_os = "macos");
        let directory = if mac { "Library/Application Support/cachex" } else { ".config/cachex" };
        let home = fs::canonicalize(self.root.path()).expect("canonical");
        self.write(&home.join(directory).join("config.toml").display().to_string(), content)
    }

    /// Writes and trusts the project's configuration file.
    pub fn project_config(&self, content: &str) -> PathBuf {
        let path = self.write(".cachex.toml", content);
        // An invalid file cannot be trusted.
        let _ = self.cachex("trust").output();
        path
    }

    /// Trusts the configuration file of this directory.
    #[track_caller]
    pub fn trust(&self, directory: &Path) {
        let output = self.cachex_words([OsStr::new("trust"), directory.as_os_str()]).output();
        assert!(output.status.success(), "{}", output.stderr.escape_ascii());
    }

    /// Writes an executable `/bin/sh` script that also logs its runs.
    pub fn script(&self, name: &str, body: &str) -> PathBuf {
        let ran = self.dir.join("ran").display().to_string();
        let path = self.dir.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        // In another process: a child that another test forks at the same time would inherit our writable
        // descriptor, and then the script could not be executed.
        self.program("sh", &["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh", name])
            .stdin(format!("#!/bin/sh\necho {name} >> '{ran}'\n{body}\n"))
            .gives("");
        path
    }

    /// Lets a script continue that waits for a line from the FIFO `go`, or for a file of that name.
    pub fn go(&self) {
        self.go_with("");
    }

    /// Like [`go`](Self::go), with a text in that line.
    pub fn go_with(&self, text: &str) {
        fs::write(self.dir.join("go"), format!("{text}\n")).expect("written");
    }

    /// The number of runs of scripts.
    pub fn runs(&self) -> usize {
        fs::read_to_string(self.dir.join("ran")).unwrap_or_default().lines().count()
    }

    /// A call of cachex with these words, split at spaces.
    pub fn cachex(&self, words: &str) -> Call {
        self.cachex_words(words.split(' ').filter(|word| !word.is_empty()))
    }

    /// A call of cachex with exactly these words.
    pub fn cachex_words<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Call {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cachex"));
        command.args(words);
        self.call(command)
    }

    /// A call of a shell that finds `cachex` in `PATH`.
    pub fn sh(&self, script: &str) -> Call {
        self.program("sh", &["-c", script])
    }

    /// A call of cachex as a background job, which ignores other signals than a foreground job.
    pub fn in_background(&self, words: &str) -> Call {
        self.sh(&format!("cachex {words} & wait $!"))
    }

    /// A call of any program.
    pub fn program(&self, name: &str, words: &[&str]) -> Call {
        let mut command = Command::new(name);
        command.args(words);
        self.call(command)
    }

    /// A call of cachex by another user, who becomes the owner of the directory. Only for root.
    pub fn by(&self, user: u32, words: &str) -> Call {
        if !self.dir.join("cachex").exists() {
            // The build directory may be closed to other users. In another process, as for scripts.
            self.program("cp", &[env!("CARGO_BIN_EXE_cachex"), "cachex"]).gives("");
        }
        let root = self.dir.parent().expect("a parent");
        fs::set_permissions(root, Permissions::from_mode(0o755)).expect("set");
        chown(&self.dir, Some(user), Some(user)).expect("given");
        let user = user.to_string();
        let cachex = self.dir.join("cachex").display().to_string();
        let become_user = ["--reuid", &user, "--regid", &user, "--clear-groups", &cachex];
        let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
        self.program("setpriv", &[&become_user, &words[..]].concat())
    }

    fn call(&self, mut command: Command) -> Call {
        let bin = Path::new(env!("CARGO_BIN_EXE_cachex")).parent().expect("a directory");
        let path = std::env::join_paths(
            std::iter::once(bin.to_owned())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        for (name, _) in std::env::vars_os().filter(|(n, _)| n.as_bytes().starts_with(b"CACHEX")) {
            command.env_remove(name);
        }
        command
            .current_dir(&self.dir)
            .env("CACHEX_CACHE_DIR", self.store_dir())
            .env("HOME", fs::canonicalize(self.root.path()).expect("canonical"))
            .env("PATH", path.expect("a path"))
            .env_remove("XDG_CACHE_HOME")
            .env_remove("XDG_STATE_HOME")
            .env_remove("XDG_CONFIG_HOME");
        Call::new(command)
    }
}
