//! Settings of servers as `docs/fleet.md` shows them.

use serde_json::Value;

const PAGE: &str = include_str!("../../../docs/fleet.md");

/// The only block in that language which has this text.
fn block(language: &str, text: &str) -> String {
    let fence = format!("```{language}\n");
    let blocks = PAGE.split(&fence).skip(1).filter_map(|rest| rest.split("```").next());
    let mut blocks = blocks.filter(|block| block.contains(text));
    let block = blocks.next().unwrap_or_else(|| panic!("no {language} with {text}"));
    assert!(blocks.next().is_none(), "two of {language} with {text}");
    block.to_owned()
}

/// The words after `redis-server` of the compose file. The password of each user is its name.
pub fn redis_words() -> Vec<String> {
    let block = block("yaml", "redis-server");
    let (_, command) = block.split_once("redis-server ").expect("a command");
    let passwords = command
        .replace("${ADMIN_PASSWORD}", "admin")
        .replace("${READER_PASSWORD}", "reader")
        .replace("${WRITER_PASSWORD}", "writer");
    assert!(!passwords.contains('$'), "{passwords}");
    passwords.split_whitespace().map(|word| word.replace('"', "")).collect()
}

/// The location of nginx, with objects in this directory and writers in this file.
pub fn nginx_location(root: &str, writers: &str) -> String {
    let block = block("nginx", "dav_methods");
    assert!(block.contains("/srv/cachex") && block.contains("/etc/nginx/writers"), "{block}");
    block.replace("/srv/cachex", root).replace("/etc/nginx/writers", writers)
}

/// The policy of a role that reads, or of one that writes as well.
pub fn s3_policy(writes: bool) -> String {
    let block = block("json", "s3:GetObject");
    let actions = r#"["s3:GetObject", "s3:PutObject"]"#;
    if writes { block.replace(r#""s3:GetObject""#, actions) } else { block }
}

/// What the policy of readers allows in S3.
pub fn s3_reader_actions() -> Vec<String> {
    let policy: Value = serde_json::from_str(&s3_policy(false)).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements");
    let actions = statements.iter().map(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        statement["Action"].as_str().expect("an action").to_owned()
    });
    actions.collect()
}
