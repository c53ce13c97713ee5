//! A machine of a team: a checkout of the project in a directory of its own, and a store of its own.

use super::server::Server;
use crate::harness::{Call, Sandbox, wait_until};
use std::fs;

/// A key of a team.
pub fn key() -> String {
    "ab".repeat(32)
}

/// A checkout of one project, which has the script `s.sh`.
pub fn checkout(body: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.dir.join(".git")).expect("made");
    script(&sandbox, body);
    sandbox
}

/// Writes `s.sh`, the same bytes in each checkout.
pub fn script(sandbox: &Sandbox, body: &str) {
    sandbox
        .program("sh", &["-c", "cat > s.sh && chmod 755 s.sh"])
        .stdin(format!("#!/bin/sh\necho s.sh >> ran\n{body}\n"))
        .gives("");
}

/// A call that shares by this store.
pub fn sharing(sandbox: &Sandbox, server: &Server, words: &str) -> Call {
    sharing_by(sandbox, &server.url(), words)
}

/// A call that shares by the store with this address.
pub fn sharing_by(sandbox: &Sandbox, url: &str, words: &str) -> Call {
    sandbox
        .cachex(words)
        .env("CACHEX_SHARE", "1")
        .env("CACHEX_REMOTE", url)
        .env("CACHEX_REMOTE_MODE", "read-write")
        .env("CACHEX_REMOTE_MIN_TIME", "0")
        // However busy the machine is.
        .env("CACHEX_REMOTE_TIMEOUT", "60")
        .env("CACHEX_REMOTE_KEY", &key())
}

/// Waits until nothing waits to be pushed any more.
pub fn wait_until_pushed(sandbox: &Sandbox) {
    let outbox = sandbox.store_dir().join("outbox");
    let is_waiting = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".json");
    wait_until("the outbox is empty", || {
        let Ok(files) = fs::read_dir(&outbox) else { return false };
        !files.flatten().any(|file| is_waiting(&file.file_name()))
    });
}
