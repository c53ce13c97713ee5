//! A remote as the tests use it: each request is a process, as it is with cachex.

use cachex::remote::child::{RemoteAnswer, read_answer};
use cachex::remote::engine::RemoteFault;
use cachex::time::Timestamp;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// The most bytes of an object in tests.
pub const BOUND: u64 = 1 << 20;

/// What a remote answers.
pub type Answer = Result<RemoteAnswer, RemoteFault>;

/// A remote.
#[derive(Clone)]
pub struct Remote {
    program: String,
    url: String,
    variables: Vec<(String, String)>,
}

impl Remote {
    /// The remote with that address. `program` is `env!("CARGO_BIN_EXE_transfer")`.
    pub fn at(program: &str, url: &str) -> Self {
        Self { program: program.to_owned(), url: url.to_owned(), variables: Vec::new() }
    }

    /// The same with a variable in the environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same without a variable.
    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// The same with a token.
    pub fn with_token(self, token: &str) -> Self {
        self.with("TOKEN", token)
    }

    /// The same with other roots.
    pub fn with_ca(self, ca: &Path) -> Self {
        self.with("CA", ca.to_str().expect("UTF-8"))
    }

    /// Makes a transfer: the answer, and the object if it was found.
    pub fn run(&self, operation: &str, name: &str, object: &[u8]) -> (Answer, Vec<u8>) {
        let mut command = Command::new(&self.program);
        command.args([&self.url, operation, name]);
        // Neither a proxy of this machine nor credentials of its user.
        let is_foreign = |name: &str| {
            name.to_lowercase().ends_with("_proxy")
                || name.starts_with("AWS_")
                || name.starts_with("ACTIONS_")
        };
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        for name in names.filter(|name| is_foreign(name)) {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().cloned());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("a process");
        let mut input = process.stdin.take().expect("a pipe");
        let output = thread::scope(|scope| {
            scope.spawn(move || {
                // One that does not put does not read.
                let _ = input.write_all(object);
            });
            process.wait_with_output().expect("a process")
        });
        let answer = read_answer(&output.stderr)
            .unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (answer, output.stdout)
    }

    /// The bytes of an object.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, RemoteFault> {
        let (answer, bytes) = self.run("get", name, b"");
        Ok(match answer? {
            RemoteAnswer::Found { now, length } => {
                assert!(is_near(now, 2000) && length == bytes.len() as u64);
                Some(bytes)
            }
            RemoteAnswer::Absent { now } => {
                assert!(now.is_some_and(|now| is_near(now, 2000)));
                None
            }
            other => panic!("{other:?}"),
        })
    }

    /// Puts bytes in place of others.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Answer {
        self.run("put", name, bytes).0
    }

    /// Puts bytes if there are none.
    pub fn put_if_absent(&self, name: &str, bytes: &[u8]) -> Answer {
        self.run("put-if-absent", name, bytes).0
    }

    /// Removes an object.
    pub fn delete(&self, name: &str) -> Answer {
        self.run("delete", name, b"").0
    }

    /// Whether the engine's clock shows our time.
    pub fn knows_the_time(&self, name: &str) -> bool {
        match self.run("now", name, b"").0 {
            Ok(RemoteAnswer::Now { now }) => is_near(now, 2000),
            other => panic!("{other:?}"),
        }
    }
}

/// Whether a moment is not further away than so many milliseconds.
fn is_near(moment: i64, millis: u64) -> bool {
    moment.abs_diff(Timestamp::now().as_millis()) <= millis
}

/// An unnamed file with these bytes.
pub fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    file
}
