//! Entries of traced runs whose inputs cannot be read: damaged, or written by a newer build that asks what this one does
//! not know. They are plain misses, and the next run puts it right.

use super::harness::{Sandbox, Texts};

/// What may stand where the questions of a run were. The first byte of a question tells what was asked: none is a
/// question of this build if it is zero.
const VALUES: [&str; 8] = [
    "x''",
    "x'00'",
    "x'80'",
    "zeroblob(100)",
    "substr(value, 2)",
    "substr(value, 1, length(value) - 1)",
    "x'0000' || value",
    "value || x'0001417f'",
];

#[test]
fn questions_that_cannot_be_read_are_a_miss_that_heals() {
    for outputs in ["", "--outputs"] {
        let sandbox = Sandbox::with_script("cat in > out; cat in");
        sandbox.write("in", "1\n");
        let options = format!("--trace --trace-ignore ran {outputs}");
        let call = |more: &str| sandbox.cachex(&format!("{more} {options} ./s.sh"));
        call("").gives("1\n");
        for value in VALUES {
            let runs = sandbox.runs();
            sandbox.sql(&format!("UPDATE note SET value = CAST({value} AS BLOB) WHERE kind = 8"));
            let told = call("--only-if-cached").output();
            assert_eq!(
                (told.status.code(), told.stdout_text()),
                (Some(124), String::new()),
                "{value}"
            );
            assert!(
                told.stderr_text().contains("stored for other inputs"),
                "{}",
                told.stderr_text()
            );
            for verb in ["show 1", "list", "stats", "doctor"] {
                let seen = sandbox.cachex(verb).output();
                assert!(seen.status.code().is_some_and(|code| code < 2), "{verb}: {seen:?}");
                assert!(!seen.stderr_text().contains("panicked"), "{verb}: {}", seen.stderr_text());
            }
            assert!(
                sandbox.cachex(&format!("explain {options} -- ./s.sh")).output().status.success()
            );
            call("").gives("1\n");
            assert_eq!(sandbox.runs(), runs + 1, "{value}");
            if !outputs.is_empty() {
                sandbox.write("out", "other\n");
            }
            call("--only-if-cached").gives("1\n");
            assert_eq!(sandbox.read("out"), "1\n");
        }
    }
}

#[test]
fn answers_that_cannot_be_read_are_a_miss_that_heals() {
    let sandbox = Sandbox::with_script("cat in > out; cat in");
    sandbox.write("in", "1\n");
    let call =
        |more: &str| sandbox.cachex(&format!("{more} --trace --trace-ignore ran --outputs ./s.sh"));
    call("").gives("1\n");
    for value in ["x''", "x'ff'", "zeroblob(3)", "substr(inputs, 2)", "randomblob(length(inputs))"]
    {
        let runs = sandbox.runs();
        sandbox.sql(&format!("UPDATE entry SET inputs = CAST({value} AS BLOB)"));
        let seen = call("--only-if-cached").output();
        assert_eq!(seen.status.code(), Some(124), "{value}: {}", seen.stderr_text());
        assert!(sandbox.cachex("show 1").output().status.code().is_some());
        call("").gives("1\n");
        assert_eq!(sandbox.runs(), runs + 1, "{value}");
        call("--only-if-cached").gives("1\n");
    }
}
