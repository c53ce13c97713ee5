//! redis-server.

use crate::certificates::Certificates;
use crate::page;
use crate::process::{Server, free_port};
use std::process::Command;
use tempfile::TempDir;

/// A server without files of its own.
pub struct Redis {
    /// The process.
    pub server: Server,
    /// Its directory.
    pub directory: TempDir,
    /// Its certificates, if it speaks TLS.
    pub certificates: Option<Certificates>,
}

impl Redis {
    /// A server with these words added to its command line.
    pub fn start(words: &[&str]) -> Self {
        let port = free_port();
        let directory = tempfile::tempdir().expect("a directory");
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.arg("--dir").arg(directory.path()).args(words);
        Self { server: Server::start(command, port), directory, certificates: None }
    }

    /// A server with the users of `docs/fleet.md`, whose passwords are their names.
    pub fn of_the_docs() -> Self {
        let words = page::redis_words();
        Self::start(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A server that speaks TLS only.
    pub fn encrypted(is_expired: bool) -> Self {
        let port = free_port();
        let directory = tempfile::tempdir().expect("a directory");
        let certificates = Certificates::make(directory.path(), is_expired);
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--tls-port", &port.to_string(), "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--tls-auth-clients", "no"]);
        command.arg("--dir").arg(directory.path());
        command.arg("--tls-cert-file").arg(&certificates.certificate);
        command.arg("--tls-key-file").arg(&certificates.key);
        let server = Server::start(command, port);
        Self { server, directory, certificates: Some(certificates) }
    }

    /// Its address for clients without a login.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.server.port)
    }
}
