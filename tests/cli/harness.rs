//! The harness of the tests: a sandbox with its own store, and calls whose exit code and every
//! byte of both streams are checked.

use super::aging;
use super::deadline::{Deadline, LIMIT};
use cachex::entry::Description;
use cachex::store::{Selection, Store};
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A directory for scripts, and a store beside it.
pub struct Sandbox {
    /// The working directory of calls.
    pub dir: PathBuf,
    _deadline: Deadline,
    root: tempfile::TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
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

    /// The files that hold output of more than a megabyte.
    pub fn objects(&self) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(self.store_dir().join("objects")) else { return Vec::new() };
        let mut objects: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
        objects.sort();
        objects
    }

    /// The only file that holds output of more than a megabyte.
    #[track_caller]
    pub fn object(&self) -> PathBuf {
        let objects: [PathBuf; 1] = self.objects().try_into().expect("one object");
        objects.into_iter().next().expect("one object")
    }

    /// Bytes of the database and of the objects beside it.
    pub fn store_size(&self) -> u64 {
        let size = |path| fs::symlink_metadata(path).map_or(0, |metadata| metadata.len());
        size(self.database()) + self.objects().into_iter().map(size).sum::<u64>()
    }

    /// The names of the objects that entries own.
    pub fn owned_objects(&self) -> Vec<String> {
        let database = rusqlite::Connection::open(self.database()).expect("opened");
        let sql = "SELECT DISTINCT lower(hex(digest)) FROM object JOIN entry ON entry.id = entry ORDER BY 1";
        let mut statement = database.prepare(sql).expect("prepared");
        let names = statement.query_map([], |row| row.get(0)).expect("listed");
        names.collect::<Result<_, _>>().expect("read")
    }

    /// Every object has an owner, and every owner has its object.
    #[track_caller]
    pub fn objects_are_those_owned(&self) {
        let name =
            |path: &PathBuf| path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
        let found: Vec<_> = self.objects().iter().map(name).collect();
        assert_eq!(found, self.owned_objects());
    }

    pub fn store(&self) -> Store {
        Store::open(&self.store_dir()).expect("a store")
    }

    /// The stored entries, the newest first.
    pub fn entries(&self) -> Vec<Description> {
        self.store().list(&Selection::all()).expect("listed")
    }

    /// Makes every entry older, or younger if negative.
    pub fn age(&self, seconds: i64) {
        self.age_by_millis(seconds * 1000);
    }

    /// The same in milliseconds.
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
        let database = rusqlite::Connection::open(self.database()).expect("opened");
        database.execute_batch(&idle).expect("filled");
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

    /// The same with a text in that line.
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
        Call { command, stdin: None }
    }
}

/// A call that is being put together.
pub struct Call {
    pub command: Command,
    stdin: Option<Vec<u8>>,
}

impl Call {
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub fn in_dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Starts the call with no input and with pipes for its output.
    pub fn spawn(mut self) -> Child {
        let command = self.command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(Stdio::piped()).spawn().expect("started")
    }

    /// Runs the call and returns its output and exit status.
    pub fn output(mut self) -> Output {
        let Some(bytes) = self.stdin else {
            return self.command.stdin(Stdio::null()).output().expect("started");
        };
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("started");
        let mut pipe = child.stdin.take().expect("a pipe");
        let writer = std::thread::spawn(move || {
            // A command that does not read everything closes the pipe.
            let _ = pipe.write_all(&bytes);
        });
        let output = child.wait_with_output().expect("waited for");
        writer.join().expect("written");
        output
    }

    /// Expects success, this output and nothing on standard error.
    #[track_caller]
    pub fn gives(self, stdout: impl AsRef<[u8]>) {
        self.ends(stdout, "", 0);
    }

    /// Expects exactly this output and exit code.
    #[track_caller]
    pub fn ends(self, stdout: impl AsRef<[u8]>, stderr: impl AsRef<[u8]>, code: i32) {
        let output = self.output();
        let seen = (Shown(&output.stdout), Shown(&output.stderr), output.status.code());
        assert_eq!(seen, (Shown(stdout.as_ref()), Shown(stderr.as_ref()), Some(code)));
    }

    /// Expects this output and exit code, and returns standard error.
    #[track_caller]
    pub fn tells(self, stdout: impl AsRef<[u8]>, code: i32) -> String {
        let output = self.output();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let seen = (Shown(&output.stdout), output.status.code());
        assert_eq!(seen, (Shown(stdout.as_ref()), Some(code)), "stderr: {stderr}");
        stderr
    }

    /// Expects the result of the bare command and at most one warning beside it, and
    /// returns the warning.
    #[track_caller]
    pub fn matches(self, bare: &Output) -> String {
        let output = self.output();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            stderr.split_inclusive('\n').partition(|line| line.starts_with("cachex: "));
        let seen = (Shown(&output.stdout), output.status);
        assert_eq!(seen, (Shown(&bare.stdout), bare.status), "stderr: {stderr}");
        assert_eq!(Shown(theirs.concat().as_bytes()), Shown(&bare.stderr));
        assert!(ours.len() <= 1, "{stderr}");
        assert!(ours.iter().all(|line| line.starts_with("cachex: warning: ")), "{stderr}");
        ours.concat()
    }

    /// Expects this output, success, and one warning that contains `part`.
    #[track_caller]
    pub fn warns(self, stdout: impl AsRef<[u8]>, part: &str) {
        let stderr = self.tells(stdout, 0);
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.starts_with("cachex: warning: ") && stderr.contains(part), "{stderr}");
    }
}

/// The streams of an output as text.
pub trait Texts {
    fn stdout_text(&self) -> String;
    fn stderr_text(&self) -> String;
}

impl Texts for Output {
    fn stdout_text(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("UTF-8")
    }

    fn stderr_text(&self) -> String {
        String::from_utf8(self.stderr.clone()).expect("UTF-8")
    }
}

/// Bytes that a failed assertion shows as text.
#[derive(PartialEq)]
struct Shown<'b>(&'b [u8]);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// A word of any bytes.
pub fn word(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

/// Prints to standard error, which the test runner shows if the test fails.
#[allow(clippy::print_stderr, reason = "helps to understand a failure")]
pub fn say(what: impl std::fmt::Display) {
    eprintln!("{what}");
}

/// Waits until a condition holds; fails if it never does.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < LIMIT, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether the process with this id is running and no zombie (Linux).
pub fn is_running(id: &str) -> bool {
    fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// The path of a program in `PATH`.
pub fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_program = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(is_program)
}

/// Whether this machine has a program. Reports that the test is skipped if not.
pub fn has(program: &str) -> bool {
    let has = found(program).is_some();
    if !has {
        skipped(program);
    }
    has
}

/// Reports that the running test is skipped, even if it passes: the test runner captures only the output of macros.
pub fn skipped(missing: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    let _ = writeln!(std::io::stderr(), "skipped for lack of {missing}: {test}");
}

/// Whether this process can change to another user. Reports that the test is skipped if not.
pub fn am_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skipped("the rights of root");
    }
    is_root
}

/// Random numbers that can be reproduced by `SEED=… cargo test …`.
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        let given = std::env::var("SEED").ok().map(|seed| seed.parse().expect("a number"));
        let now = std::time::UNIX_EPOCH.elapsed().expect("a date after 1970");
        let seed = given.unwrap_or_else(|| u64::from(now.subsec_nanos()));
        say(format_args!("SEED={seed}"));
        Self(seed)
    }

    /// The next number of a `SplitMix64` generator.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("64 bits");
        usize::try_from(self.next() % limit).expect("small")
    }

    pub fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.next().to_le_bytes()[0]);
    }
}
