//! `--dry-run` announces exactly what is then removed, to the entry and to the byte.

use super::harness::{Random, Sandbox, Texts};

/// A store with entries of all sizes, some of them expired, some used since.
fn store(random: &mut Random) -> Sandbox {
    const SIZES: [usize; 6] = [0, 10, 4000, 60_000, 70_000, 400_000];
    let sandbox = Sandbox::with_script("head -c $1 /dev/zero");
    for number in 0..20 + random.below(20) {
        let size = SIZES[random.below(SIZES.len())] + random.below(50);
        let options = ["", "--ttl 1min", "--scope x", "--ttl 1h", "--cache-exit 0-3"];
        let call = format!("{} ./s.sh {size} {number}", options[random.below(options.len())]);
        // Later calls are hits, whose uses are not yet folded into the database.
        for _ in 0..=random.below(3) {
            sandbox.cachex(&call).output();
        }
        if random.below(5) == 0 {
            sandbox.age(40);
        }
    }
    sandbox
}

/// Compares two dry runs of a verb with the real run, and returns what it removed.
#[track_caller]
fn matches_its_dry_run(sandbox: &Sandbox, verb: &str, options: &str) -> String {
    let call = |dry| {
        let output = sandbox.cachex(&format!("{verb}{dry} {options}")).output();
        assert_eq!(output.stderr_text(), "");
        output.stdout_text()
    };
    let told = [call(" --dry-run"), call(" --dry-run"), call("")];
    let [first, second, done] = told
        .each_ref()
        .map(|told| told.trim_start_matches("would remove").trim_start_matches("removed"));
    assert_eq!((first, second), (done, done), "{verb} {options}");
    assert_eq!(call(""), "removed nothing\n", "{verb} {options}");
    done.to_owned()
}

#[test]
fn prune_removes_what_its_dry_run_announced() {
    let mut random = Random::new();
    let mut removals = 0;
    for _ in 0..4 {
        let sandbox = store(&mut random);
        let mut max_size = 6_000_000;
        while max_size > 150_000 {
            let done = matches_its_dry_run(&sandbox, "prune", &format!("--max-size {max_size}"));
            removals += usize::from(done != " nothing\n");
            let size = std::fs::metadata(sandbox.database()).expect("there").len();
            assert!(size <= max_size as u64, "{size} and {max_size}");
            max_size -= max_size / 20 + random.below(max_size / 5);
        }
    }
    assert!(removals > 4, "{removals}");
}

#[test]
fn clear_removes_what_its_dry_run_announced() {
    let mut random = Random::new();
    for _ in 0..3 {
        let sandbox = store(&mut random);
        for filters in
            ["--expired", "--older-than 2min", "--scope x", "--prefix -- ./s.sh", "-- ./s.sh", ""]
        {
            matches_its_dry_run(&sandbox, "clear", filters);
            sandbox.cachex("--ttl 1min ./s.sh 5").output();
        }
    }
}

#[test]
fn a_hit_between_dry_runs_counts() {
    let sandbox = Sandbox::with_script("head -c $1 /dev/zero");
    for size in ["300000", "400000"] {
        sandbox.cachex(&format!("./s.sh {size}")).output();
        sandbox.age(1);
    }
    let prune = |dry| sandbox.cachex(&format!("prune{dry} --max-size 600kB"));
    prune(" --dry-run").gives("would remove 1 entry (300.0kB)\n");
    sandbox.cachex("./s.sh 300000").output();
    prune(" --dry-run").gives("would remove 1 entry (400.0kB)\n");
    prune("").gives("removed 1 entry (400.0kB)\n");
}
