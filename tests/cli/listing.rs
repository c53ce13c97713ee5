//! `list` and `show`.

use super::harness::{Sandbox, Texts};

#[test]
fn list_shows_the_newest_first_in_plain_columns() {
    let sandbox = Sandbox::new();
    sandbox.cachex("--ttl 1h echo old").gives("old\n");
    sandbox.age(120);
    sandbox.cachex_words(["--", "sh", "-c", "exit 3"]).ends("", "", 3);
    sandbox.cachex("echo old").gives("old\n");
    let listed = sandbox.cachex("list").output().stdout_text();
    let lines: Vec<Vec<&str>> =
        listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["ID", "AGE", "LEFT", "EXIT", "SIZE", "TIME", "HITS", "COMMAND"]);
    assert_eq!((lines[1][3], &lines[1][7..]), ("3", &["sh", "-c", "'exit", "3'"][..]));
    assert_eq!(lines[2][3..5], ["0", "4B"]);
    assert_eq!(lines[2][6..], ["1", "echo", "old"]);
    assert!(lines[2][1].starts_with("2m") && lines[2][2].starts_with('5'), "{listed}");
}

#[test]
fn control_characters_are_escaped() {
    let sandbox = Sandbox::new();
    sandbox.cachex_words(["echo", "\u{1b}[31mred\u{7}\n"]).gives("\u{1b}[31mred\u{7}\n\n");
    for (verb, escape) in [
        ("list", "\\x1b"),
        ("list --json", "\\u001b"),
        ("show 1", "\\x1b"),
        ("show 1 --json", "\\u001b"),
    ] {
        let shown = sandbox.cachex(verb).output().stdout;
        assert!(shown.iter().all(|b| *b == b'\n' || !b.is_ascii_control()), "{verb}");
        let expected = format!("{escape}[31mred");
        assert!(String::from_utf8_lossy(&shown).contains(&expected), "{verb}");
    }
}

#[test]
fn json_has_the_documented_fields() {
    let sandbox = Sandbox::new();
    sandbox.cachex("--ttl 1h --scope s echo a").gives("a\n");
    let json = sandbox.cachex("list --json").output().stdout;
    let entries: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let entry = &entries[0];
    let fields: Vec<_> = entry.as_object().expect("an object").keys().cloned().collect();
    let expected = [
        "age",
        "command",
        "created",
        "directory",
        "elapsed",
        "exit",
        "expired",
        "hits",
        "id",
        "last_used",
        "output_bytes",
        "scope",
        "ttl",
    ];
    assert_eq!(fields, expected);
    assert_eq!(entry["command"], serde_json::json!(["echo", "a"]));
    assert_eq!((&entry["ttl"], &entry["output_bytes"]), (&3600.0.into(), &2.into()));
    assert_eq!((&entry["scope"], &entry["expired"]), (&"s".into(), &false.into()));
    let one = sandbox.cachex("show 1 --json").output().stdout;
    let one: serde_json::Value = serde_json::from_slice(&one).expect("JSON");
    assert_eq!(one["id"], entry["id"]);
}

#[test]
fn show_prints_the_raw_bytes_of_each_stream() {
    let sandbox = Sandbox::with_script(r"printf 'out\000\377'; printf 'err\n' >&2");
    sandbox.cachex("./s.sh a").ends(b"out\x00\xff", "err\n", 0);
    sandbox.cachex("show --stdout -- ./s.sh a").gives(b"out\x00\xff");
    sandbox.cachex("show --stderr -- ./s.sh a").gives("err\n");
    sandbox.cachex("show 1 --stderr").gives("err\n");
    let shown = sandbox.cachex("show -- ./s.sh").output().stdout_text();
    assert!(shown.contains("command    ./s.sh a\n") && shown.contains("exit code  0\n"), "{shown}");
}

#[test]
fn show_fails_without_an_entry() {
    let sandbox = Sandbox::new();
    let expected = "cachex: error: no such entry; `cachex list` shows what there is\n";
    sandbox.cachex("show 7").ends("", expected, 125);
    sandbox.cachex("show -- ./s.sh").ends("", expected, 125);
    sandbox.cachex("show").tells("", 2);
}

#[test]
fn values_of_variables_are_never_stored() {
    let sandbox = Sandbox::new();
    let secret = "s3cr3t-value-of-a-variable";
    sandbox.cachex("--env TOKEN echo hi").env("TOKEN", secret).gives("hi\n");
    for file in std::fs::read_dir(sandbox.store_dir()).expect("readable") {
        let bytes = std::fs::read(file.expect("readable").path()).expect("readable");
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
    }
}
