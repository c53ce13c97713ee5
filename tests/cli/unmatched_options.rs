//! Options that match nothing, perhaps by mistake, are reported.

use super::harness::{Sandbox, Texts};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_script("echo hi");
    sandbox.write("in.json", "{}");
    sandbox
}

/// Options that match nothing, and their warnings.
const UNMATCHED: [(&str, &str); 3] = [
    (
        "--file in.json --hash-with file:*.jsn=cat",
        "--hash-with file:*.jsn matches no file of --file or among the arguments",
    ),
    ("--hash-with arg:2=cat", "--hash-with arg:2 matches no argument that counts"),
    (
        "--ignore-arg x --hash-with arg:[xy]=cat",
        "--hash-with arg:[xy] matches no argument that counts",
    ),
];

#[test]
fn an_unmatched_selector_on_the_command_line_is_a_warning() {
    for (options, told) in UNMATCHED {
        let sandbox = sandbox();
        let call = |more: &str| sandbox.cachex(&format!("{more} {options} ./s.sh x"));
        call("").ends("hi\n", format!("cachex: warning: {told}\n"), 0);
        call("").gives("hi\n");
        let stderr = call("-v").tells("hi\n", 0);
        assert!(stderr.contains(&format!("cachex: {told}\n")), "{stderr}");
        call("-q --refresh").gives("hi\n");
        let stderr = call("--only-if-cached --ttl 0").tells("", 124);
        assert!(stderr.starts_with(&format!("cachex: warning: {told}\n")), "{stderr}");
    }
    let sandbox = sandbox();
    let both = format!("{} {} ./s.sh x", UNMATCHED[0].0, UNMATCHED[1].0);
    let stderr = sandbox.cachex(&both).tells("hi\n", 0);
    assert_eq!(stderr, format!("cachex: warning: {}; {}\n", UNMATCHED[0].1, UNMATCHED[1].1));
}

#[test]
fn a_warning_of_a_mistake_does_not_hide_one_of_a_fault() {
    let words = ["--hash-with", "stdin=exit 1", "--hash-with", "arg:2=cat", "./s.sh"];
    let stderr = sandbox().cachex_words(words).stdin("x").tells("hi\n", 0);
    assert_eq!(stderr.matches("cachex: warning: ").count(), 2, "{stderr}");
}

#[test]
fn an_unmatched_selector_from_a_file_or_a_variable_is_no_warning() {
    let sandbox = sandbox();
    let told = "cachex: --hash-with arg:2 matches no argument that counts\n";
    let call = |options: &str| sandbox.cachex(&format!("{options} ./s.sh"));
    call("").env("CACHEX_HASH_WITH", "arg:2=cat").gives("hi\n");
    sandbox.project_config("[[rule]]\ncommand = 's.sh'\nfile = 'x'");
    sandbox.user_config("hash-with = 'arg:2=cat'");
    call("").gives("hi\n");
    let stderr = call("-v --refresh").tells("hi\n", 0);
    assert!(stderr.contains(told), "{stderr}");
}

#[test]
fn a_selector_of_an_unset_variable_is_reported_but_no_warning() {
    let sandbox = sandbox();
    let call = |more: &str| sandbox.cachex(&format!("{more} --hash-with env:NONE=cat ./s.sh"));
    call("").gives("hi\n");
    let stderr = call("-v").tells("hi\n", 0);
    assert!(stderr.contains("cachex: --hash-with env:NONE: the variable is not set\n"), "{stderr}");
}

#[test]
fn matching_selectors_are_not_reported() {
    let sandbox = sandbox();
    let options = "--file in.json --file gone.txt --file a,b --hash-with file:*.json=cat \
                   --hash-with file:*.txt=cat --hash-with arg:2=cat --hash-with env:HOME=cat \
                   --hash-with arg:y=cat";
    sandbox.write("a,b", "");
    for verb in ["-v", "explain"] {
        let output = sandbox.cachex(&format!("{verb} {options} ./s.sh x y")).output();
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(!told.contains(" --hash-with ") && !told.contains("unlike a shell"), "{told}");
    }
}

#[test]
fn a_file_option_that_needs_shell_expansion_is_reported() {
    let sandbox = sandbox();
    for word in ["a,b", "~me/x", "~me", "{a,b}.txt", "$HOME/x", "*.{rs,toml}"] {
        let call = |options: &str| sandbox.cachex(&format!("{options} --file {word} ./s.sh"));
        call("").gives("hi\n");
        let told = format!("--file {word}: no such file; unlike a shell, cachex");
        let stderr = call("-v").tells("hi\n", 0);
        assert!(stderr.contains(&told), "{stderr}");
        let explained = call("explain").output().stdout_text();
        assert!(explained.contains(&format!("\nnote: {told}")), "{explained}");
    }
    sandbox.user_config("file = 'x,y'");
    let explained = sandbox.cachex("explain ./s.sh").output().stdout_text();
    assert!(explained.contains("/x,y: no such file; unlike a shell, cachex"), "{explained}");
    for word in ["gone", "*.gone", "a~"] {
        let explained =
            sandbox.cachex(&format!("explain --file {word} ./s.sh")).output().stdout_text();
        let note = format!("note: --file {word}: no such file; its absence is part of the key");
        assert!(explained.contains(&note), "{explained}");
        let stderr = sandbox.cachex(&format!("-v --file {word} ./s.sh")).tells("hi\n", 0);
        assert!(stderr.contains(&note[6..]), "{stderr}");
    }
    let stderr = sandbox.cachex("-v --file gone --file left ./s.sh").tells("hi\n", 0);
    let note = "--file gone, left: no such files; their absence is part of the key\n";
    assert!(stderr.contains(note), "{stderr}");
}

#[test]
fn explain_notes_all_unmatched_options() {
    let sandbox = sandbox();
    let options = "--file ~me/\u{1b} --hash-with arg:2=cat --hash-with env:NONE=cat";
    let explained = sandbox.cachex(&format!("explain --json {options} ./s.sh")).output().stdout;
    let explained: serde_json::Value = serde_json::from_slice(&explained).expect("JSON");
    let notes = explained["notes"].as_array().expect("a list");
    assert_eq!(notes.len(), 3, "{notes:?}");
    sandbox.cachex("./s.sh").gives("hi\n");
    let explained = sandbox.cachex("explain --json ./s.sh").output().stdout;
    let explained: serde_json::Value = serde_json::from_slice(&explained).expect("JSON");
    assert_eq!(explained["notes"], serde_json::json!([]));
}

#[test]
fn a_mistyped_file_or_variable_is_noted_with_a_guess() {
    let sandbox = sandbox();
    sandbox.write("schema.sql", "");
    let cases = [
        (
            "--file shcema.sql",
            "--file shcema.sql: no such file; its absence is part of the key; did you mean schema.sql?",
        ),
        (
            "--file ./shcema.sql",
            "--file ./shcema.sql: no such file; its absence is part of the key; did you mean ./schema.sql?",
        ),
        (
            "--env AWS_PROFIEL",
            "--env AWS_PROFIEL: the variable is not set; that is part of the key; did you mean AWS_PROFILE?",
        ),
        (
            "--env FAR_FROM_IT",
            "--env FAR_FROM_IT: the variable is not set; that is part of the key",
        ),
        (
            "--env FAR_FROM_IT,NOR_THIS",
            "--env FAR_FROM_IT,NOR_THIS: the variables are not set; that is part of the key",
        ),
    ];
    for (option, told) in cases {
        let call = |words: &str| {
            sandbox.cachex(&format!("{words} {option} ./s.sh")).env("AWS_PROFILE", "a")
        };
        call("").gives("hi\n");
        for words in ["-v", "-v --refresh"] {
            let stderr = call(words).tells("hi\n", 0);
            assert!(stderr.contains(&format!("cachex: {told}\n")), "{stderr}");
        }
        let explained = call("explain").output().stdout_text();
        assert!(explained.contains(&format!("\nnote: {told}\n")), "{explained}");
    }
    sandbox.user_config("env = 'FAR_FROM_IT'");
    for words in ["-v ./s.sh", "explain ./s.sh", "-v --env HOME ./s.sh"] {
        let output = sandbox.cachex(words).output();
        let told = output.stdout_text() + &output.stderr_text();
        assert!(!told.contains("is not set; that"), "{words}: {told}");
    }
}

#[test]
fn a_mistyped_variable_of_cachex_is_noted() {
    let sandbox = Sandbox::with_script("echo hi");
    let told = "the variable CACHEX_TLL means nothing to cachex; did you mean CACHEX_TTL?";
    let call = |words: &str| {
        let call = sandbox.cachex(&format!("{words} ./s.sh")).env("CACHEX_TLL", "1h");
        call.env("CACHEX_FAR_FROM_IT", "1").env("CACHEX_TRUST", "/nowhere")
    };
    call("").gives("hi\n");
    let stderr = call("-v").tells("hi\n", 0);
    assert_eq!(stderr.matches("means nothing").count(), 1, "{stderr}");
    assert!(stderr.contains(&format!("cachex: {told}\n")), "{stderr}");
    let explained = call("explain").output().stdout_text();
    assert!(explained.contains(&format!("\nnote: {told}\n")), "{explained}");
}
