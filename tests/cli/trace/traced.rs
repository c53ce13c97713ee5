//! A shell script that is called with `--trace -v`, and the messages of the call.

use super::super::harness::{Call, Sandbox, Texts};
use std::fs;
use std::io::Read;
use std::process::{Child, Output};

/// Calls of `sh -c SCRIPT` under `--trace`. The files that the script uses are in the working directory.
pub struct Traced {
    pub sandbox: Sandbox,
    script: String,
    options: Vec<String>,
}

/// The outcome of a call.
#[must_use]
pub struct Told {
    stderr: String,
    script: String,
}

/// A call that runs.
pub struct Running {
    child: Child,
    script: String,
}

impl Traced {
    pub fn new(script: &str) -> Self {
        Self::within(Sandbox::new(), script)
    }

    pub fn within(sandbox: Sandbox, script: &str) -> Self {
        let options = ["--trace", "-v"].map(str::to_owned).to_vec();
        Self { sandbox, script: script.to_owned(), options }
    }

    /// These calls with more options, separated by spaces.
    pub fn with(mut self, options: &str) -> Self {
        self.options.extend(options.split(' ').map(str::to_owned));
        self
    }

    pub fn call(&self) -> Call {
        let words = self.options.iter().map(String::as_str).chain(["--", "sh", "-c", &self.script]);
        self.sandbox.cachex_words(words)
    }

    /// The output of a call. A signal may come between two steps of the kernel, such as the one at the end of every
    /// child of a shell. Such a run is not stored, so it is repeated.
    fn output(&self) -> Output {
        const ATTEMPTS: usize = 5;
        let is_undisturbed = |output: &Output| {
            !output.stderr_text().contains("not stored: a signal interrupted a call")
        };
        let mut outputs = (1..ATTEMPTS).map(|_| self.call().output());
        outputs.find(is_undisturbed).unwrap_or_else(|| self.call().output())
    }

    /// Calls, and expects this output and success.
    #[track_caller]
    pub fn gives(&self, stdout: &str) -> Told {
        self.told(&self.output(), stdout, 0)
    }

    /// Calls, and expects no output and this exit code.
    #[track_caller]
    pub fn ends(&self, code: i32) -> Told {
        self.told(&self.output(), "", code)
    }

    #[track_caller]
    pub fn told(&self, output: &Output, stdout: &str, code: i32) -> Told {
        let stderr = output.stderr_text();
        let seen = (output.stdout_text(), output.status.code());
        assert_eq!(seen, (stdout.to_owned(), Some(code)), "{}: {stderr}", self.script);
        Told { stderr, script: self.script.clone() }
    }

    pub fn spawn(&self) -> Running {
        Running { child: self.call().spawn(), script: self.script.clone() }
    }

    pub fn write(&self, name: &str, content: &str) {
        self.sandbox.write(name, content);
    }

    #[track_caller]
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.sandbox.dir.join(name)).expect("removed");
    }

    /// Changes the world by a shell script, silently.
    #[track_caller]
    pub fn sh(&self, script: &str) {
        self.sandbox.sh(script).gives("");
    }
}

impl Running {
    /// Waits for a line of the command's output, which is taken.
    #[track_caller]
    pub fn prints(&mut self, line: &str) {
        let output = self.child.stdout.as_mut().expect("a pipe");
        let mut seen = vec![0; line.len()];
        output.read_exact(&mut seen).expect("printed");
        assert_eq!(String::from_utf8_lossy(&seen), line, "{}", self.script);
    }

    pub fn end(self) -> Told {
        let stderr = self.child.wait_with_output().expect("ended").stderr_text();
        Told { stderr, script: self.script }
    }
}

impl Told {
    #[track_caller]
    fn tells(&self, begin: &str, part: &str) {
        let tells =
            |line: &str| line.starts_with(&format!("cachex: {begin}")) && line.contains(part);
        assert!(self.stderr.lines().any(tells), "{}: {begin}…{part}: {}", self.script, self.stderr);
    }

    /// Expects that the result was stored.
    #[track_caller]
    pub fn stored(self) {
        self.tells("stored; traced: ", "");
    }

    #[track_caller]
    pub fn hit(self) {
        self.tells("hit: ", "");
    }

    /// Expects a miss for this reason.
    #[track_caller]
    pub fn missed(self, reason: &str) {
        self.tells("miss: ", reason);
    }

    /// Expects a miss that is not stored for this reason.
    #[track_caller]
    pub fn unstored(self, reason: &str) {
        self.tells("not stored: ", reason);
    }
}
