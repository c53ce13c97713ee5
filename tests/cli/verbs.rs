//! Verbs, and the end of the options.

use super::harness::{Sandbox, word};

#[test]
fn a_verb_after_two_dashes_is_a_command() {
    let sandbox = Sandbox::new();
    let path = sandbox.script("clear", "echo mine");
    let dir = path.parent().expect("a parent").display().to_string();
    let with_dir = |call: super::harness::Call| {
        let path = std::env::var("PATH").expect("a path");
        call.env("PATH", &format!("{dir}:{path}"))
    };
    with_dir(sandbox.cachex("-- clear")).gives("mine\n");
    with_dir(sandbox.cachex("-- clear")).gives("mine\n");
    assert_eq!(sandbox.runs(), 1);
    with_dir(sandbox.cachex("clear")).gives("removed 1 entry (5B)\n");
}

#[test]
fn options_end_at_the_command() {
    let sandbox = Sandbox::new();
    sandbox.script("args.sh", "printf '<%s>' \"$@\"");
    let words = ["./args.sh", "--ttl", "banana", "--", "clear", "-q"];
    sandbox.cachex_words(words).gives("<--ttl><banana><--><clear><-q>");
    sandbox.cachex_words(["--", "./args.sh", "--", "x"]).gives("<--><x>");
}

#[test]
fn words_are_bytes() {
    let sandbox = Sandbox::new();
    sandbox.script("args.sh", "printf '<%s>' \"$@\"");
    let odd = [word(b"./args.sh"), word(b""), word(b"\xff\n"), word(b"$HOME *")];
    for _ in 0..2 {
        sandbox.cachex_words(&odd).gives(b"<><\xff\n><$HOME *>");
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn completions_are_printed() {
    let sandbox = Sandbox::new();
    let script = include_str!("../../completions/cachex.bash");
    sandbox.cachex("completions bash").gives(script);
}

#[test]
fn a_mistyped_verb_gets_a_hint() {
    let sandbox = Sandbox::new();
    for (typed, meant) in [("lst", "list"), ("explian -- ls", "explain"), ("hlep", "help")] {
        let word = typed.split(' ').next().expect("a word");
        let hint = format!("did you mean `cachex {meant}`?");
        let expected = format!("cachex: error: {word}: command not found; {hint}\n");
        sandbox.cachex(typed).ends("", expected, 127);
    }
    for verb in cachex::options::command().get_subcommands() {
        let name = verb.get_name();
        let swapped = format!("{}{}{}", &name[1..2], &name[..1], &name[2..]);
        let stderr = sandbox.cachex(&swapped).tells("", 127);
        assert!(stderr.ends_with(&format!("did you mean `cachex {name}`?\n")), "{stderr}");
    }
}

#[test]
fn common_options_may_precede_or_follow_a_verb() {
    let sandbox = Sandbox::new();
    let other = sandbox.dir.join("other").display().to_string();
    sandbox.cachex("--cache-dir=DIR -- echo x".replace("DIR", &other).as_str()).gives("x\n");
    sandbox.cachex(&format!("clear --cache-dir={other}")).gives("removed 1 entry (2B)\n");
    sandbox.cachex(&format!("--cache-dir={other} clear")).gives("removed nothing\n");
}

#[test]
fn an_entry_is_cleared_by_its_number() {
    let sandbox = Sandbox::new();
    sandbox.cachex("echo a").gives("a\n");
    sandbox.cachex("echo b").gives("b\n");
    sandbox.cachex("clear --dry-run 1").gives("would remove 1 entry (2B)\n");
    sandbox.cachex("clear 1").gives("removed 1 entry (2B)\n");
    sandbox.cachex("clear 1").gives("removed nothing\n");
    assert_eq!(sandbox.entries().len(), 1);
    for words in ["clear 2 --expired", "clear 2 -- echo", "clear 2 3", "clear --prefix 2"] {
        sandbox.cachex(words).tells("", 2);
    }
    assert_eq!(sandbox.entries().len(), 1);
}

#[test]
fn help_is_a_verb() {
    let sandbox = Sandbox::new();
    let output = |words: &str| sandbox.cachex(words).output().stdout;
    assert_eq!(output("help"), output("--help"));
    assert_eq!(output("help list"), output("list --help"));
    assert_eq!(output("-v help help"), output("help --help"));
    let stderr = sandbox.cachex("help lst").tells("", 2);
    assert!(stderr.contains("'lst'") && stderr.contains("no such verb"), "{stderr}");
}
