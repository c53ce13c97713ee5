//! A machine of a team: a checkout of the project in a directory of its own, a store of its own, perhaps a user of its own.

use crate::process::send;
use crate::s3::{ACCESS_KEY, SECRET_KEY};
use rustix::process::Signal;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A machine. What it has started in the background ends with it.
pub struct Machine {
    directory: TempDir,
    checkout: PathBuf,
    program: PathBuf,
    variables: Vec<(String, String)>,
    user: Option<u32>,
}

impl Machine {
    /// A machine that shares by the store with that address. `program` is `env!("CARGO_BIN_EXE_cachex")`.
    pub fn new(program: &str, url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let checkout = directory.path().join("project");
        fs::create_dir_all(checkout.join(".git")).expect("a project");
        let machine = Self {
            directory,
            checkout,
            program: program.into(),
            variables: Vec::new(),
            user: None,
        };
        let machine = machine
            .with("CACHEX_REMOTE", url)
            .with("CACHEX_SHARE", "1")
            .with("CACHEX_REMOTE_MODE", "read-write")
            .with("CACHEX_REMOTE_MIN_TIME", "0")
            // However busy this machine is.
            .with("CACHEX_REMOTE_TIMEOUT", "60")
            .with("CACHEX_REMOTE_KEY", &"ab".repeat(32))
            .with("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .with("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
        if url.starts_with("http") {
            machine.with("CACHEX_REMOTE_TOKEN", "writer")
        } else {
            machine
        }
    }

    /// The same with a variable in the environment, in place of one of that name.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same without a variable.
    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// The same with the checkout in another directory below the home.
    pub fn in_checkout(mut self, place: &str) -> Self {
        let checkout = self.home().join(place);
        fs::create_dir_all(checkout.parent().expect("a parent")).expect("a directory");
        fs::rename(&self.checkout, &checkout).expect("moved");
        self.checkout = checkout;
        self
    }

    /// The same as another user, who owns all of it. Only root can become one.
    pub fn owned_by(mut self, user: u32) -> Self {
        let program = self.home().join("cachex");
        fs::copy(&self.program, &program).expect("a copy that the user can reach");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("set");
        give(self.home(), user);
        (self.program, self.user) = (program, Some(user));
        self
    }

    /// The home directory.
    pub fn home(&self) -> &Path {
        self.directory.path()
    }

    /// The store.
    pub fn store(&self) -> PathBuf {
        self.home().join(".cache/cachex")
    }

    /// A file of the checkout.
    pub fn file(&self, name: &str) -> PathBuf {
        self.checkout.join(name)
    }

    /// Writes a file of the checkout.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.file(name);
        fs::write(&path, text).expect("written");
        if let Some(user) = self.user {
            give(&path, user);
        }
    }

    /// A call of cachex in the checkout.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words).current_dir(&self.checkout).env_clear();
        let path: OsString = std::env::var_os("PATH").unwrap_or_default();
        command.env("PATH", path).env("HOME", self.home()).envs(self.variables.iter().cloned());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command.stdin(Stdio::null());
        command
    }

    /// What a call of cachex in the checkout says, and how it ends.
    pub fn call(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("a call")
    }

    /// The lines that runs of commands have written to `runs` in the home directory.
    pub fn runs(&self) -> Vec<String> {
        let text = fs::read_to_string(self.home().join("runs")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until nothing waits to be pushed.
    pub fn wait_until_pushed(&self) {
        let outbox = self.store().join("outbox");
        let hang = Instant::now() + Duration::from_secs(60);
        loop {
            if let Ok(files) = fs::read_dir(&outbox) {
                let mut names = files.flatten().map(|file| file.file_name());
                if !names.any(|name| name.to_string_lossy().ends_with(".json")) {
                    return;
                }
            }
            assert!(Instant::now() < hang, "nothing is pushed");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The processes that make a transfer for this machine.
    pub fn transfers(&self) -> Vec<u32> {
        self.processes(b"__transfer")
    }

    /// The processes that push for this machine, each of which starts transfers.
    pub fn pushers(&self) -> Vec<u32> {
        self.processes(b"__push")
    }

    /// Our processes that do this.
    fn processes(&self, does: &[u8]) -> Vec<u32> {
        let home = format!("HOME={}", self.home().display()).into_bytes();
        let processes = fs::read_dir("/proc").expect("listed").filter_map(|entry| {
            let path = entry.ok()?.path();
            let number = path.file_name()?.to_str()?.parse().ok()?;
            let words = fs::read(path.join("cmdline")).ok()?;
            (words.split(|byte| *byte == 0).nth(1)? == does).then_some(())?;
            let environment = fs::read(path.join("environ")).ok()?;
            environment.split(|byte| *byte == 0).any(|line| line == home).then_some(number)
        });
        processes.collect()
    }

    /// Kills the processes that fetch and push for this machine. How many there were.
    pub fn kill_transfers(&self) -> usize {
        let processes = [self.pushers(), self.transfers()].concat();
        processes.iter().for_each(|number| send(*number, Signal::KILL));
        processes.len()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.kill_transfers();
    }
}

/// Makes a user the owner of a directory with all that is in it, or of a file.
fn give(path: &Path, user: u32) {
    chown(path, Some(user), Some(user)).expect("only root can");
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("listed") {
            give(&entry.expect("an entry").path(), user);
        }
    }
}
