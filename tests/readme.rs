//! The README's console examples give what it says.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// The commands of the console blocks, each with the output that follows it.
fn examples(readme: &str) -> Vec<(String, String)> {
    let mut examples: Vec<(String, String)> = Vec::new();
    let blocks = readme.split("```console\n").skip(1);
    for line in blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines()) {
        match (line.strip_prefix("$ "), examples.last_mut()) {
            (Some(command), _) => examples.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => output.extend([line, "\n"]),
            (None, None) => panic!("output without a command: {line}"),
        }
    }
    examples
}

#[test]
fn console_examples_give_what_the_readme_says() {
    let dir = tempfile::tempdir().expect("a directory");
    for (name, content) in [
        ("report.sh", "#!/bin/sh\necho \"month $2: 42\"\n"),
        ("deploy-status.sh", "#!/bin/sh\necho \"region: ${REGION:-none}\"\n"),
        ("schema.sql", "create table t;\n"),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, content).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_cachex")).parent().expect("a directory");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a path"));
    let examples = examples(include_str!("../README.md"));
    assert!(examples.len() > 8, "only {} examples found", examples.len());
    for (command, expected) in examples {
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(dir.path())
            .env("PATH", &path)
            .env_remove("CACHEX_CACHE_DIR")
            .env_remove("XDG_CACHE_HOME")
            .env("HOME", dir.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("REGION")
            .output()
            .expect("started");
        let shown = [output.stdout, output.stderr].concat();
        assert_eq!(String::from_utf8_lossy(&shown), expected, "$ {command}");
    }
}
