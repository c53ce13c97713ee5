//! Standard input and descriptors that a traced run leaves alone: its result holds whatever they are.

use crate::harness::Sandbox;

#[track_caller]
fn says(sandbox: &Sandbox, call: &str, stdout: &str, what: &str) {
    let stderr = sandbox.sh(call).tells(stdout, 0);
    assert!(stderr.contains(what), "{call}: {stderr}");
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in ["a", "b"] {
        sandbox.write(name, format!("{name}\n"));
    }
    sandbox
}

#[test]
fn an_untouched_input_does_not_count_whatever_it_is() {
    let sandbox = sandbox();
    says(&sandbox, "cachex --trace -v cat a < b", "a\n", "cachex: stored");
    for call in [
        "echo x | cachex --trace -v cat a",
        "cachex --trace -v cat a < a",
        "cachex --trace -v cat a < /dev/null",
        "cachex --trace -v cat a < .",
        ": | cachex --trace -v cat a",
        "{ sleep 0.3; } | cachex --trace -v cat a",
    ] {
        says(&sandbox, call, "a\n", "cachex: hit: ");
    }
    // The command's files get other numbers.
    says(&sandbox, "cachex --trace -v cat a <&-", "a\n", "cachex: stored");
    says(&sandbox, "cachex --trace -v cat a <&-", "a\n", "cachex: hit: ");
    says(&sandbox, "cachex --trace -v cat a < b", "a\n", "cachex: hit: ");
}

#[test]
fn an_input_that_is_used_in_any_way_counts() {
    let sandbox = sandbox();
    for script in [
        "cat",
        "cat /dev/stdin",
        "cat /proc/self/fd/0",
        "cat /dev/fd/0",
        "exec 9<&0; cat <&9",
        "cat - a",
        "tail -n 1",
        "sh -c cat",
    ] {
        let stdout = |name| match script {
            "cat - a" => format!("{name}\na\n"),
            _ => format!("{name}\n"),
        };
        for name in ["a", "b"] {
            let call = format!("cachex --trace -v sh -c '{script}' < {name}");
            says(&sandbox, &call, &stdout(name), "cachex: ");
            says(&sandbox, &call, &stdout(name), "cachex: ");
        }
    }
}

#[test]
fn an_untouched_file_among_the_descriptors_does_not_count() {
    let sandbox = sandbox();
    says(&sandbox, "cachex --trace -v cat a 3< b", "a\n", "cachex: stored");
    says(&sandbox, "cachex --trace -v cat a 3< a", "a\n", "cachex: hit: ");
    says(&sandbox, "cachex --trace -v cat b 3< a 5<> a", "b\n", "cachex: stored");
    let read = "cachex --trace -v sh -c 'cat <&3' 3< a";
    says(&sandbox, read, "a\n", "cachex: not stored: ");
    // The descriptor shares its offset with standard input.
    let shared = "cachex --trace -v sh -c 'cat <&3' < a 3<&0";
    says(&sandbox, shared, "a\n", "cachex: not stored: ");
}
