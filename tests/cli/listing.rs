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
    for (words, entry) in [("show 7", "7"), ("show -- ./s.sh", "for this command")] {
        let expected =
            format!("cachex: error: no entry {entry}; `cachex list` shows what there is\n");
        sandbox.cachex(words).ends("", expected, 125);
    }
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

/// The ids that `list` shows, in its order. Expects the same ids with `--json`.
fn ids(sandbox: &Sandbox, words: &str) -> Vec<u64> {
    let plain = sandbox.cachex(words).output().stdout_text();
    let first = |line: &str| line.split_whitespace().next().and_then(|word| word.parse().ok());
    let ids: Vec<u64> = plain.lines().skip(1).filter_map(first).collect();
    let json = sandbox.cachex(&words.replace("list", "list --json")).output().stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let in_json = json.as_array().expect("a list").iter().map(|entry| entry["id"].as_u64());
    assert_eq!(in_json.collect::<Option<Vec<_>>>().expect("numbers"), ids, "{words}");
    ids
}

#[test]
fn a_list_can_be_sorted_and_limited() {
    let sandbox = Sandbox::new();
    sandbox.script("slow.sh", "sleep 0.5; echo middle");
    for words in ["./slow.sh", "echo the longest", "echo a"] {
        sandbox.cachex(words).output();
        sandbox.age(10);
    }
    sandbox.cachex("echo the longest").output();
    sandbox.cachex("./slow.sh").output();
    sandbox.cachex("./slow.sh").output();
    assert_eq!(ids(&sandbox, "list"), [3, 2, 1]);
    assert_eq!(ids(&sandbox, "list --sort age"), [3, 2, 1]);
    assert_eq!(ids(&sandbox, "list --sort size"), [2, 1, 3]);
    assert_eq!(ids(&sandbox, "list --sort time")[0], 1);
    assert_eq!(ids(&sandbox, "list --sort hits"), [1, 2, 3]);
    assert_eq!(ids(&sandbox, "list --sort used"), [1, 2, 3]);
    assert_eq!(ids(&sandbox, "list --limit 2"), [3, 2]);
    assert_eq!(ids(&sandbox, "list --limit 1 --sort size"), [2]);
    assert_eq!(ids(&sandbox, "list --limit 0"), [0; 0]);
    assert_eq!(ids(&sandbox, "list --limit 9 -- echo a"), [3]);
    let stderr = sandbox.cachex("list --sort colour").tells("", 2);
    assert!(stderr.contains("age, size, time, hits, used"), "{stderr}");
    sandbox.cachex("list --limit many").tells("", 2);
}

#[test]
fn entries_of_one_directory_are_listed() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir sub").gives("");
    sandbox.cachex("echo here").gives("here\n");
    sandbox.cachex("echo there").in_dir(&sandbox.dir.join("sub")).gives("there\n");
    sandbox.cachex("--ignore-cwd echo anywhere").gives("anywhere\n");
    assert_eq!(ids(&sandbox, "list --here"), [1]);
    let there = sandbox.cachex("list --here").in_dir(&sandbox.dir.join("sub")).output();
    assert!(there.stdout_text().ends_with(" echo there\n"), "{}", there.stdout_text());
    assert_eq!(ids(&sandbox, "list --here -- echo there"), [0; 0]);
}

#[test]
fn the_same_command_in_several_directories_can_be_told_apart() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir sub").gives("");
    sandbox.cachex("echo a").gives("a\n");
    sandbox.cachex("echo b").in_dir(&sandbox.dir.join("sub")).gives("b\n");
    let listed = sandbox.cachex("list").output().stdout_text();
    assert!(!listed.contains("DIRECTORY"), "{listed}");
    sandbox.cachex("echo a").in_dir(&sandbox.dir.join("sub")).gives("a\n");
    sandbox.cachex("--ignore-cwd echo a").gives("a\n");
    let listed = sandbox.cachex("list").output().stdout_text();
    assert!(listed.lines().next().is_some_and(|it| it.ends_with("DIRECTORY  COMMAND")), "{listed}");
    let dir = std::fs::canonicalize(&sandbox.dir).expect("there").display().to_string();
    for end in
        ["  any  echo a\n".to_owned(), format!("{dir}  echo a\n"), format!("{dir}/sub  echo a\n")]
    {
        assert!(listed.contains(&end), "{end}: {listed}");
    }
}

/// The column `VARIANT` of each entry without its digest, the newest entry first.
fn variants(sandbox: &Sandbox, words: &str) -> Vec<String> {
    let listed = sandbox.cachex(words).output().stdout_text();
    let (headings, rows) = listed.split_once('\n').expect("headings");
    let end = headings.find("  COMMAND").expect("a column of commands");
    assert!(headings[..end].ends_with("VARIANT"), "{listed}");
    let hits = headings.find("HITS").expect("a column of hits") + 4;
    let texts = rows.lines().map(|row| row[hits..end].trim().to_owned()).collect::<Vec<_>>();
    for (i, text) in texts.iter().enumerate() {
        assert!(text.is_empty() || !texts[..i].contains(text), "{listed}");
    }
    let without_digest = |text: &String| text.split('#').next().unwrap_or("").trim().to_owned();
    texts.iter().map(without_digest).collect()
}

#[test]
fn entries_of_one_command_line_can_be_told_apart() {
    let sandbox = Sandbox::with_script("cat");
    sandbox.cachex("./s.sh").gives("");
    assert!(!sandbox.cachex("list").output().stdout_text().contains("VARIANT"));
    sandbox.cachex("./s.sh").stdin("a").gives("a");
    sandbox.cachex("./s.sh").stdin("b").gives("b");
    sandbox.cachex("echo a").gives("a\n");
    assert_eq!(variants(&sandbox, "list"), ["", "stdin", "stdin", "stdin"]);

    sandbox.cachex("clear").output();
    sandbox.cachex("echo a").gives("a\n");
    sandbox.cachex("--scope ci echo a").gives("a\n");
    sandbox.cachex("--scope nightly echo a").gives("a\n");
    assert_eq!(variants(&sandbox, "list"), ["scope nightly", "scope ci", "no scope"]);

    sandbox.cachex("clear").output();
    sandbox.cachex("--env REGION echo a").env("REGION", "eu").gives("a\n");
    sandbox.cachex("--env REGION echo a").env("REGION", "us").gives("a\n");
    assert_eq!(variants(&sandbox, "list"), ["env REGION"; 2]);
    sandbox.cachex("echo a").gives("a\n");
    assert_eq!(variants(&sandbox, "list"), ["no env REGION", "env REGION", "env REGION"]);
    sandbox.cachex("echo a --env").gives("a --env\n");
    assert_eq!(variants(&sandbox, "list -- echo a"), ["no env REGION", "env REGION", "env REGION"]);
}

#[test]
fn many_differences_take_little_room() {
    let sandbox = Sandbox::with_script("echo a");
    sandbox.cachex("--env A --key 1 --file s.sh -- ./s.sh").gives("a\n");
    sandbox.script("s.sh", "echo b");
    sandbox.cachex("./s.sh").gives("b\n");
    assert_eq!(variants(&sandbox, "list"), ["script, key text 1 +2"; 2]);
    sandbox.cachex("clear").output();
    sandbox.sh("mkdir sub; echo 1 > sub/f").gives("");
    sandbox.cachex("--file sub/f ./s.sh").gives("b\n");
    sandbox.sh("echo 2 > sub/f").gives("");
    sandbox.cachex("--file sub/f ./s.sh").gives("b\n");
    assert_eq!(variants(&sandbox, "list"), ["file f"; 2]);
}
