//! `clear`: removing entries.

use super::harness::{Sandbox, Texts};
use std::fs;

const ONE: &str = "removed 1 entry (3B)\n";
const NOTHING: &str = "removed nothing\n";

fn sandbox() -> Sandbox {
    Sandbox::with_script("echo hi")
}

#[test]
fn clear_removes_everything_and_may_find_nothing() {
    let sandbox = sandbox();
    sandbox.cachex("clear").gives(NOTHING);
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.cachex("./s.sh x").gives("hi\n");
    sandbox.cachex("clear").gives("removed 2 entries (6B)\n");
    sandbox.cachex("clear").gives(NOTHING);
    sandbox.cachex("./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn clear_command_removes_all_its_arguments_directories_and_variables() {
    let sandbox = sandbox();
    let other = sandbox.dir.join("other");
    fs::create_dir(&other).expect("made");
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.cachex("./s.sh a").gives("hi\n");
    sandbox.cachex("--env HOME ./s.sh a").gives("hi\n");
    sandbox.cachex("--scope b ../s.sh a b").in_dir(&other).gives("hi\n");
    sandbox.cachex("echo other").gives("other\n");
    sandbox.cachex("clear -- ./s.sh").gives("removed 4 entries (12B)\n");
    sandbox.cachex("clear").gives("removed 1 entry (6B)\n");
}

#[test]
fn clear_hints_at_calls_with_more_arguments() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh a b").gives("hi\n");
    sandbox.cachex("./s.sh a c").gives("hi\n");
    let hinted = "removed nothing; 2 with more arguments: --prefix\n";
    sandbox.cachex("clear -- ./s.sh a").gives(hinted);
    sandbox.cachex("clear --exact -- ./s.sh a").gives(NOTHING);
    sandbox.cachex("clear -- ./s.sh d").gives(NOTHING);
    sandbox.cachex("clear --prefix -- ./s.sh a").gives("removed 2 entries (6B)\n");
    sandbox.cachex("clear -- ./s.sh a").gives(NOTHING);
}

#[test]
fn cleared_bytes_are_erased_from_the_files() {
    const SECRET: &str = "s3cr3t-7261";
    let sandbox = sandbox();
    sandbox.script("kept.sh", "echo kept");
    sandbox.script("tell.sh", &format!("for i in $(seq $1); do echo {SECRET}; done"));
    let is_there = || {
        let files = fs::read_dir(sandbox.store_dir()).expect("listed");
        let contents = files.map(|file| fs::read(file.expect("listed").path()).expect("read"));
        contents
            .flatten()
            .collect::<Vec<_>>()
            .windows(SECRET.len())
            .any(|at| at == SECRET.as_bytes())
    };
    for times in ["1", "20000"] {
        for call in [&*format!("./tell.sh {times}"), "./kept.sh", "./kept.sh x"] {
            sandbox.cachex(call).output();
        }
        assert!(is_there());
        sandbox.cachex("clear -- ./tell.sh").output();
        assert!(!is_there(), "{times}");
    }
}

#[test]
fn clear_with_arguments_removes_one_argument_list() {
    let sandbox = sandbox();
    for arguments in ["", "a", "a b", "b"] {
        sandbox.cachex(&format!("./s.sh {arguments}")).gives("hi\n");
    }
    sandbox.cachex("--env HOME ./s.sh a").gives("hi\n");
    sandbox.cachex("clear -- ./s.sh a").gives("removed 2 entries (6B)\n");
    sandbox.cachex("clear -- ./s.sh c").gives(NOTHING);
    sandbox.cachex("clear -- ./s.sh").gives("removed 3 entries (9B)\n");
}

#[test]
fn the_spelling_of_the_command_does_not_matter() {
    let sandbox = sandbox();
    let absolute = sandbox.dir.join("s.sh").display().to_string();
    fs::create_dir(sandbox.dir.join("sub")).expect("made");
    std::os::unix::fs::symlink(&sandbox.dir, sandbox.dir.join("link")).expect("linked");
    let path = format!("{}:/usr/bin:/bin", sandbox.dir.display());
    let spellings = ["./s.sh", &absolute, "sub/../s.sh", "link/s.sh", "s.sh"];
    for stored in spellings {
        for cleared in spellings {
            sandbox.cachex(stored).env("PATH", &path).gives("hi\n");
            sandbox.cachex(&format!("clear -- {cleared}")).env("PATH", &path).gives(ONE);
        }
    }
}

#[test]
fn entries_of_an_edited_or_deleted_script_can_be_cleared() {
    let sandbox = sandbox();
    let path = format!("{}:/usr/bin:/bin", sandbox.dir.display());
    for spelling in ["./s.sh", "s.sh"] {
        sandbox.script("s.sh", "echo hi");
        sandbox.cachex("./s.sh").gives("hi\n");
        sandbox.script("s.sh", "echo ho");
        sandbox.cachex("./s.sh").gives("ho\n");
        fs::remove_file(sandbox.dir.join("s.sh")).expect("removed");
        let clear = format!("clear -- {spelling}");
        sandbox.cachex(&clear).env("PATH", &path).gives("removed 2 entries (6B)\n");
    }
}

#[test]
fn an_interpreted_command_is_named_by_the_words_up_to_its_script() {
    let sandbox = sandbox();
    sandbox.write("x.pl", "print \"pl\\n\"");
    sandbox.write("y.pl", "print \"pl\\n\"");
    for call in ["x.pl", "x.pl a", "y.pl"] {
        sandbox.cachex(&format!("perl {call}")).gives("pl\n");
    }
    sandbox.cachex("clear -- perl x.pl a").gives("removed 1 entry (3B)\n");
    sandbox.cachex("perl x.pl a").gives("pl\n");
    fs::remove_file(sandbox.dir.join("x.pl")).expect("removed");
    sandbox.cachex("clear -- perl ./x.pl").gives("removed 2 entries (6B)\n");
    sandbox.cachex("clear -- perl").gives("removed 1 entry (3B)\n");
}

#[test]
fn words_after_the_command_may_look_like_options() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh --json -q").gives("hi\n");
    sandbox.cachex("clear -- ./s.sh --json -q").gives(ONE);
}

#[test]
fn two_dashes_without_a_command_are_refused() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    let expected = "cachex: error: no command after --; to forget everything: cachex clear\n";
    sandbox.cachex("clear --").ends("", expected, 2);
    sandbox.cachex("clear").gives(ONE);
}

#[test]
fn a_deleted_script_after_interpreter_options_can_be_cleared() {
    let sandbox = sandbox();
    for options in ["--norc", "--some-option", "-eu -o pipefail"] {
        sandbox.write("x.sh", "echo hi");
        let call = format!("bash {options} x.sh");
        let code = sandbox.cachex(&call).output().status.code();
        fs::remove_file(sandbox.dir.join("x.sh")).expect("removed");
        let removed = sandbox.cachex(&format!("clear -- {call}")).output().stdout_text();
        assert!(removed.starts_with("removed 1 entry"), "{options} ({code:?}): {removed}");
    }
}

/// A store with the entries of five calls, and thousands more of `./s.sh`.
fn with_thousands() -> Sandbox {
    let sandbox = Sandbox::with_script("head -c ${1-3} /dev/zero");
    sandbox.script("other.sh", "echo other");
    for call in ["./s.sh", "./other.sh", "./other.sh a", "--scope x ./s.sh", "./s.sh 2000000"] {
        sandbox.cachex(call).output();
        sandbox.cachex(call).output();
    }
    // Folds the hits in.
    sandbox.cachex("list").output();
    let own = [("id", "1000 + n"), ("key", "randomblob(32)"), ("arguments", "CAST(n AS BLOB)")];
    let columns = "id, key, condition, command, exit, created, elapsed, lifetime, used, hits, renewal_failed, output, \
                   length, seal, arguments, words, ignored, directory, parts, body";
    let value = |column| own.iter().find(|own| own.0 == column).map_or(column, |own| own.1);
    let values: Vec<_> = columns.split(", ").map(value).collect();
    sandbox.sql(&format!(
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 7000)
         INSERT INTO entry ({columns}) SELECT {} FROM entry, number WHERE id = 1",
        values.join(", ")
    ));
    sandbox
}

#[test]
fn a_command_with_nearly_all_entries_is_cleared_and_the_others_stay() {
    for options in ["", "--older-than 0"] {
        let sandbox = with_thousands();
        let of_other = || {
            let shown = sandbox.cachex("show --json -- ./other.sh a").output().stdout;
            let mut shown: serde_json::Value = serde_json::from_slice(&shown).expect("JSON");
            shown.as_object_mut().expect("an object").remove("age");
            shown
        };
        let before = of_other();
        let call = |dry| sandbox.cachex(&format!("clear {dry} {options} -- ./s.sh"));
        call("--dry-run").gives("would remove 7003 entries (2.0MB)\n");
        call("").gives("removed 7003 entries (2.0MB)\n");
        assert_eq!(of_other(), before);
        assert!(sandbox.objects().is_empty());
        for call in ["./other.sh", "./other.sh a"] {
            sandbox.cachex(&format!("--only-if-cached {call}")).gives("other\n");
        }
        let database = sandbox.connection();
        let tombstones = "SELECT count(*) FROM note WHERE kind = 2";
        assert_eq!(database.query_row(tombstones, [], |row| row.get::<_, i64>(0)), Ok(1000));
        let counted = "SELECT count(*), sum(entries), sum(output) FROM command WHERE entries > 0";
        let totals = database.query_row(counted, [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        });
        assert_eq!(totals, Ok((1, 2, 12)), "{options}");
        assert!(sandbox.store_size() < 200_000, "{}", sandbox.store_size());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_questions_of_traced_runs_are_removed_with_their_last_entry() {
    let sandbox = with_thousands();
    for call in ["--trace --trace-ignore ran ./other.sh", "--trace ./s.sh"] {
        sandbox.cachex(call).output();
    }
    let shapes = || {
        let count = "SELECT count(*) FROM note WHERE kind = 8";
        sandbox.connection().query_row(count, [], |row| row.get::<_, i64>(0))
    };
    assert_eq!(shapes(), Ok(2));
    sandbox.cachex("clear -- ./s.sh").gives("removed 7004 entries (2.0MB)\n");
    assert_eq!(shapes(), Ok(1));
    sandbox.cachex("--trace --trace-ignore ran --only-if-cached ./other.sh").gives("other\n");
    sandbox.cachex("clear -- ./other.sh").output();
    assert_eq!(shapes(), Ok(0));
}

#[test]
fn a_run_in_flight_is_not_stored_when_thousands_are_cleared() {
    let sandbox = with_thousands();
    sandbox.sh("mkfifo begun go").gives("");
    sandbox.script("s.sh", "echo > begun; cat go");
    let run = sandbox.cachex("./s.sh").spawn();
    fs::read(sandbox.dir.join("begun")).expect("begun");
    sandbox.cachex("clear -- ./s.sh").gives("removed 7003 entries (2.0MB)\n");
    sandbox.go_with("old");
    assert_eq!(run.wait_with_output().expect("ended").stdout, b"old\n");
    sandbox.cachex("list -- ./s.sh").gives("ID  AGE  LEFT  EXIT  SIZE  TIME  HITS  COMMAND\n");
}
