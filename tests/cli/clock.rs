//! Clock changes: entries with dates in the future.

use super::harness::Sandbox;

const TWO_DAYS: i64 = 2 * 86_400;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_script("echo $1; cat now");
    sandbox.write("now", "old\n");
    sandbox
}

/// The last words of the stored entries, sorted.
fn stored(sandbox: &Sandbox) -> Vec<String> {
    let mut words = super::limits::stored(sandbox);
    words.sort();
    words
}

#[test]
fn an_entry_from_the_future_is_replaced_whatever_the_options() {
    for options in
        ["", "--ttl 10d", "--ttl 1m --stale-while-revalidate 10d", "--stale-if-error 10d"]
    {
        let sandbox = sandbox();
        let call = format!("{options} ./s.sh a");
        sandbox.cachex(&call).gives("a\nold\n");
        sandbox.write("now", "new\n");
        sandbox.age(-TWO_DAYS);
        sandbox.cachex(&format!("--only-if-cached {call}")).tells("", 124);
        for _ in 0..2 {
            sandbox.cachex(&call).gives("a\nnew\n");
        }
        assert_eq!(sandbox.runs(), 2, "{options}");
        assert_eq!(stored(&sandbox), ["a"], "{options}");
    }
}

#[test]
fn entries_are_fresh_again_once_the_clock_is_right() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh a").gives("a\nold\n");
    sandbox.age(-TWO_DAYS);
    sandbox.cachex("--only-if-cached ./s.sh a").tells("", 124);
    sandbox.age(TWO_DAYS);
    sandbox.cachex("./s.sh a").gives("a\nold\n");
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn entries_from_the_future_are_evicted_first() {
    for limit in ["--max-entries 2", "--max-size 240kB"] {
        let sandbox = sandbox();
        sandbox.write("now", "x".repeat(70_000));
        for word in ["a", "b"] {
            sandbox.cachex(&format!("./s.sh {word}")).output();
        }
        sandbox.age(-TWO_DAYS);
        for (word, left) in [("c", ["b", "c"]), ("d", ["c", "d"])] {
            sandbox.cachex(&format!("{limit} ./s.sh {word}")).output();
            assert_eq!(stored(&sandbox), left, "{limit}");
        }
    }
}
