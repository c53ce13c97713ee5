//! A machine of a team: a checkout of the project in a directory of its own, and a store of its own.

use super::server::Server;
use crate::harness::{Call, Sandbox, wait_until};
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::Output;

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
    with_remote(sandbox.cachex(words), url)
}

/// The call, with the settings to share by the store with this address.
pub fn with_remote(call: Call, url: &str) -> Call {
    call.env("CACHEX_SHARE", "1")
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

/// Pushes what waits on this machine.
pub fn flush(sandbox: &Sandbox, server: &Server, options: &str) -> Call {
    let call = sandbox.cachex(&format!("remote flush {options}"));
    call.env("CACHEX_REMOTE", &server.url()).env("CACHEX_REMOTE_KEY", &key())
}

/// Makes a call whose result waits to be pushed: one process seems to push, and another one to wait for it.
pub fn sharing_later(sandbox: &Sandbox, server: &Server, words: &str) -> Output {
    let outbox = sandbox.store_dir().join("outbox");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&outbox).expect("made");
    let held = ["lock", "next"].map(|name| {
        let file = File::create(outbox.join(name)).expect("made");
        file.lock().expect("locked");
        file
    });
    let output = sharing(sandbox, server, words).output();
    wait_until("nobody pushes", || !is_pushing(sandbox));
    drop(held);
    output
}

/// Whether a process of this machine was started to push.
fn is_pushing(sandbox: &Sandbox) -> bool {
    !processes(sandbox, "__push").is_empty()
}

/// The processes of this machine that were started with this word, as directories in `/proc`.
pub fn processes(sandbox: &Sandbox, word: &str) -> Vec<PathBuf> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let text = |path: PathBuf| fs::read(path).unwrap_or_default();
    let is_there = |path, part: &[u8]| text(path).windows(part.len()).any(|it| it == part);
    let here = sandbox.store_dir();
    let here = here.as_os_str().as_bytes();
    let is_meant = |process: &PathBuf| {
        is_there(process.join("cmdline"), word.as_bytes())
            && is_there(process.join("environ"), here)
    };
    processes.flatten().map(|process| process.path()).filter(is_meant).collect()
}

/// The sorted names of the files in the outbox that end like this.
pub fn outbox_files(sandbox: &Sandbox, end: &str) -> Vec<String> {
    let files = fs::read_dir(sandbox.store_dir().join("outbox")).expect("listed").flatten();
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(end)).collect();
    names.sort();
    names
}
