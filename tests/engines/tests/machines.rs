//! Two machines and a store between them: what one has run, the other replays.

use cachex_engines::nginx::Nginx;
use cachex_engines::redis::Redis;
use cachex_engines::s3::{ACCESS_KEY, S3, SECRET_KEY};
use std::fs;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A checkout of the project, and a store of its own.
struct Machine {
    directory: TempDir,
    url: String,
}

impl Machine {
    fn new(url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let project = directory.path().join("project");
        fs::create_dir_all(project.join(".git")).expect("a project");
        let script = "echo ran >> ../runs\nhead -c \"$1\" /dev/zero | tr '\\0' x\necho to-stderr >&2\nexit 0\n";
        fs::write(project.join("s.sh"), script).expect("written");
        Self { directory, url: url.to_owned() }
    }

    fn call(&self, words: &[&str]) -> Output {
        let home = self.directory.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cachex"));
        command.args(words).current_dir(home.join("project")).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home);
        command.env("CACHEX_SHARE", "1").env("CACHEX_REMOTE", &self.url);
        command.env("CACHEX_REMOTE_MODE", "read-write").env("CACHEX_REMOTE_MIN_TIME", "0");
        command.env("CACHEX_REMOTE_TIMEOUT", "60").env("CACHEX_REMOTE_KEY", "ab".repeat(32));
        command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
        if self.url.starts_with("http") {
            command.env("CACHEX_REMOTE_TOKEN", "writer");
        }
        command.stdin(Stdio::null()).output().expect("a call")
    }

    fn runs(&self) -> usize {
        fs::read_to_string(self.directory.path().join("runs")).unwrap_or_default().lines().count()
    }

    /// Waits until nothing waits to be pushed.
    fn wait_until_pushed(&self) {
        let outbox = self.directory.path().join(".cache/cachex/outbox");
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
}

#[test]
fn what_one_machine_has_run_another_replays() {
    let (redis, nginx) = (Redis::start(&[]), Nginx::start(""));
    let s3 = S3::start(env!("CARGO_BIN_EXE_s3-server"));
    for url in [
        format!("redis://127.0.0.1:{}", redis.server.port),
        format!("http://127.0.0.1:{}/cache", nginx.server.port),
        format!("s3+http://127.0.0.1:{}/bucket/prefix", s3.server.port),
    ] {
        let (one, other) = (Machine::new(&url), Machine::new(&url));
        for length in ["0", "10", "5000000"] {
            let first = one.call(&["sh", "s.sh", length]);
            assert!(first.status.success(), "{url}: {first:?}");
            one.wait_until_pushed();
            let second = other.call(&["sh", "s.sh", length]);
            assert!(first == second, "{url}: {length} bytes");
            assert_eq!(String::from_utf8_lossy(&second.stderr), "to-stderr\n");
            assert_eq!(second.stdout.len().to_string(), length);
        }
        assert_eq!((one.runs(), other.runs()), (3, 0), "{url}");
    }
}

#[test]
fn a_store_that_is_away_changes_nothing() {
    let mut redis = Redis::start(&[]);
    let one = Machine::new(&format!("redis://127.0.0.1:{}", redis.server.port));
    redis.server.kill();
    let first = one.call(&["sh", "s.sh", "3"]);
    assert_eq!((first.status.code(), &first.stdout[..]), (Some(0), &b"xxx"[..]));
    let told = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(told.contains("to-stderr\n"), "{told}");
    assert_eq!(told.matches("cachex: warning: ").count(), 1, "one warning: {told}");
    // While the outage lasts nothing is said any more.
    let second = one.call(&["sh", "s.sh", "4"]);
    assert_eq!(String::from_utf8_lossy(&second.stderr), "to-stderr\n");
}
