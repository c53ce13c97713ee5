//! S3 in a directory, which checks signatures.

use crate::page;
use crate::process::{Server, free_port};
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// The name of the key.
pub const ACCESS_KEY: &str = "AKIDENGINES";

/// The key.
pub const SECRET_KEY: &str = "secret+key/of=engines";

/// The name of a key that may read only.
pub const READER_KEY: &str = "AKIDREADER";

/// That key.
pub const READER_SECRET: &str = "secret/of+reader";

/// A server with the bucket `bucket`.
pub struct S3 {
    /// The process.
    pub server: Server,
    /// Its directory.
    pub directory: TempDir,
}

impl S3 {
    /// A server. `program` is `env!("CARGO_BIN_EXE_s3-server")`.
    pub fn start(program: &str) -> Self {
        Self::with(program, None)
    }

    /// The same with each bucket under a host of its own in this domain.
    pub fn with_hosts(program: &str, domain: &str) -> Self {
        Self::with(program, Some(domain))
    }

    fn with(program: &str, domain: Option<&str>) -> Self {
        let port = free_port();
        let directory = tempfile::tempdir().expect("a directory");
        fs::create_dir(directory.path().join("bucket")).expect("a bucket");
        let mut command = Command::new(program);
        command.arg(port.to_string()).arg(directory.path()).args([ACCESS_KEY, SECRET_KEY, "s3:*"]);
        let actions = page::s3_reader_actions().join(",");
        command.args([READER_KEY, READER_SECRET, &actions]);
        command.envs(domain.map(|domain| ("DOMAIN", domain)));
        Self { server: Server::start(command, port), directory }
    }

    /// The address of objects in the bucket.
    pub fn url(&self) -> String {
        format!("s3+http://127.0.0.1:{}/bucket/prefix", self.server.port)
    }
}
