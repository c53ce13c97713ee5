//! Calls of programs, and checks of their results.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A call that is being put together.
pub struct Call {
    pub command: Command,
    stdin: Option<Vec<u8>>,
}

impl Call {
    pub fn new(command: Command) -> Self {
        Self { command, stdin: None }
    }

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
