//! The output of `cachex config`.

use super::config::{by_default, default_store, sandbox};
use super::harness::Texts;
use std::path::Path;

#[test]
fn without_files_only_the_store_is_shown() {
    let sandbox = sandbox();
    by_default(&sandbox, "config").gives(format!("store  {}\n", default_store(&sandbox)));
    sandbox.cachex("config --ttl banana").tells("", 2);
    sandbox.cachex("--ttl 1 config").tells("", 2);
}

#[test]
fn options_are_shown_in_columns() {
    let sandbox = sandbox();
    let user = sandbox.user_config("env = \"A\"");
    let project = sandbox.project_config("[[rule]]\ncommand = \"terraform plan\"\nttl = \"1h\"");
    let (user, project) = (user.display(), project.display());
    by_default(&sandbox, "config --no-spinner -- terraform plan").env("CACHEX_KEY", "k").gives(
        format!(
            "env         A     {user}\n\
         key         k     variable CACHEX_KEY\n\
         ttl         1h    {project} rule \"terraform plan\"\n\
         no-spinner  true  flag\n\
         \n\
         file   {user}\n\
         file   {project}\n\
         store  {}\n",
            default_store(&sandbox)
        ),
    );
}

#[test]
fn json_has_the_documented_fields() {
    let sandbox = sandbox();
    let user = sandbox.user_config("env = \"A\"");
    let project = sandbox.project_config("[[rule]]\ncommand = \"x *\"\nrefresh = true");
    let shown =
        by_default(&sandbox, "config --json --ttl 1h -- x y").env("CACHEX_SCOPE", "s").output();
    let answer: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let entry = |option: &str,
                 value: serde_json::Value,
                 source: &str,
                 file: Option<&Path>,
                 rule: Option<&str>| {
        let variable = format!("CACHEX_{}", option.to_uppercase());
        serde_json::json!({ "option": option, "value": value, "source": source,
            "variable": variable, "file": file, "rule": rule })
    };
    let expected = serde_json::json!({
        "command": ["x", "y"],
        "options": [
            entry("env", serde_json::json!(["A"]), "user", Some(&user), None),
            entry("scope", "s".into(), "variable", None, None),
            entry("ttl", "1h".into(), "flag", None, None),
            entry("refresh", true.into(), "project", Some(&project), Some("x *")),
        ],
        "files": [user, project],
        "ignored": [],
        "untrusted": null,
        "refused": [],
        "store": default_store(&sandbox),
        "problem": null,
    });
    assert_eq!(answer, expected);
}

#[test]
fn control_characters_are_escaped() {
    let sandbox = sandbox();
    sandbox.project_config(
        "key = \"\\u001b[31m\"\nspinner = \"\\u009b\"\n[[rule]]\ncommand = \"\\u001b*\"\nttl = 1",
    );
    for (words, escape) in [
        (&["config", "--", "\u{1b}x"][..], "\\x1b"),
        (&["config", "--json", "--", "\u{1b}x"], "\\u001b"),
    ] {
        let shown = sandbox.cachex_words(words).output().stdout_text();
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        let contains = |text| shown.contains(&format!("{escape}{text}"));
        assert!(contains("*") && contains("[31m"), "{shown:?}");
    }
    sandbox.project_config("\"\\u001b[2J\" = 1");
    let stderr = sandbox.cachex("./s.sh").tells("hi \n", 0);
    assert!(stderr.contains("'\\x1b[2J'"), "{stderr:?}");
    sandbox.project_config("ttl = \"\u{9b}2J\"");
    let stderr = sandbox.cachex("./s.sh").tells("hi \n", 0);
    assert!(stderr.contains("\\u009b2J"), "{stderr:?}");
}
