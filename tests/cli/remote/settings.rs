//! `config` shows the settings of sharing with their sources, and no login of an address.

use super::machine::{checkout, key};
use crate::harness::{Texts as _, set_mode};
use serde_json::{Value, json};

const ADDRESS: &str = "rediss://loginname:pass%40word@host:6380/2";
const SHOWN: &str = "rediss://...@host:6380/2";

#[test]
fn settings_of_sharing_are_shown_with_their_sources() {
    let one = checkout("echo out");
    let user = one.user_config(&format!("remote = '{ADDRESS}'\nremote-mode = 'read-write'\n"));
    set_mode(&user, 0o600);
    let project =
        one.project_config("[[rule]]\ncommand = './s.sh'\nshare = true\nremote-min-time = '5s'\n");
    one.trust(&one.dir);
    let call = || {
        let call = one.cachex("config --remote-epoch 2 -- ./s.sh");
        call.env("CACHEX_REMOTE_NAMESPACE", "dev").env("CACHEX_REMOTE_KEY", &key())
    };
    let shown = call().output().stdout_text();
    let (user, project) = (user.display().to_string(), project.display().to_string());
    let rule = format!("{project} rule \"./s.sh\"");
    for (option, value, source) in [
        ("share", "true", rule.as_str()),
        ("remote", SHOWN, &user),
        ("remote-mode", "read-write", &user),
        ("remote-min-time", "5s", &rule),
        ("remote-namespace", "dev", "variable CACHEX_REMOTE_NAMESPACE"),
        ("remote-epoch", "2", "flag"),
    ] {
        let line = shown.lines().find(|line| line.split(' ').next() == Some(option));
        let line = line.unwrap_or_else(|| panic!("{option} in {shown}"));
        assert!(line.contains(&format!(" {value} ")) && line.ends_with(source), "{line}");
    }
    assert!(!shown.contains(&key()) && !shown.contains("loginname"), "{shown}");
}

#[test]
fn an_address_is_shown_without_its_login_wherever_it_comes_from() {
    let one = checkout("echo out");
    let value = |call: crate::harness::Call| {
        let output = call.output();
        let text = format!("{}{}", output.stdout_text(), output.stderr_text());
        assert!(!text.contains("loginname") && !text.contains("pass%40word"), "{text}");
        let shown: Value = serde_json::from_str(&output.stdout_text()).expect("JSON");
        let options = shown["options"].as_array().expect("a list").clone();
        let remote = options.into_iter().find(|option| option["option"] == "remote");
        let remote = remote.expect("the remote");
        (remote["value"].clone(), remote["source"].clone())
    };
    let config = "config --json -- ./s.sh";
    let by_flag = format!("config --json --remote {ADDRESS} -- ./s.sh");
    assert_eq!(value(one.cachex(&by_flag)), (json!(SHOWN), json!("flag")));
    let by_variable = one.cachex(config).env("CACHEX_REMOTE", ADDRESS);
    assert_eq!(value(by_variable), (json!(SHOWN), json!("variable")));
    set_mode(one.user_config(&format!("remote = '{ADDRESS}'\n")), 0o600);
    assert_eq!(value(one.cachex(config)), (json!(SHOWN), json!("user")));
}

#[test]
fn all_settings_have_a_default_to_show() {
    let one = checkout("echo out");
    let shown = one.cachex("config --all").output().stdout_text();
    for option in ["share", "remote", "remote-mode", "remote-timeout", "remote-read"] {
        let line = shown.lines().find(|line| line.split(' ').next() == Some(option));
        assert!(line.is_some_and(|line| line.ends_with("default")), "{option} in {shown}");
    }
}
