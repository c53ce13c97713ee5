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

/// The variables that a job of GitHub Actions has, with these values for what is between `${{` and `}}`.
pub fn github_variables(values: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut job = block("yaml", "runs-on");
    for (expression, value) in values {
        let expression = format!("${{{{ {expression} }}}}");
        assert!(job.contains(&expression), "no {expression} in {job}");
        job = job.replace(&expression, value);
    }
    let (job, _) = job.split_once("steps:").expect("steps");
    variables(job)
}

/// The variables that a job of GitLab has, on a branch that is protected or on another one.
pub fn gitlab_variables(is_protected: bool) -> Vec<(String, String)> {
    let job = block("yaml", "id_tokens");
    let (all, rules) = job.split_once("rules:").expect("rules");
    let (protected, others) = rules.split_once("- variables:").expect("a rule for the others");
    [variables(all), variables(if is_protected { protected } else { others })].concat()
}

/// The lines that look like `NAME: value`, without comments.
fn variables(text: &str) -> Vec<(String, String)> {
    let is_name = |name: &str| name.chars().all(|c| c == '_' || c.is_ascii_uppercase());
    let lines = text.lines().filter_map(|line| line.trim().split_once(": "));
    let lines = lines.filter(|(name, _)| name.contains('_') && is_name(name));
    let value = |value: &str| value.split(" #").next().unwrap_or_default().trim().to_owned();
    let variables: Vec<_> = lines.map(|(name, text)| (name.to_owned(), value(text))).collect();
    assert!(variables.iter().all(|(_, value)| !value.contains("${{")), "{variables:?}");
    variables
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
