//! Limits: `--max-entries`, `--max-size`, memory.

#[cfg(target_os = "linux")]
use super::harness::has;
use super::harness::{Sandbox, Texts};

/// The arguments of the stored entries, the newest first.
pub fn stored(sandbox: &Sandbox) -> Vec<String> {
    let entries = sandbox.entries();
    let last = |entry: cachex::entry::Description| entry.words.last().cloned().expect("a word");
    entries.into_iter().map(|entry| last(entry).into_string().expect("UTF-8")).collect()
}

#[test]
fn the_entry_stored_first_is_evicted_first() {
    let sandbox = Sandbox::with_script("echo $1");
    for argument in ["a", "b", "c"] {
        sandbox
            .cachex(&format!("--max-entries 2 ./s.sh {argument}"))
            .gives(format!("{argument}\n"));
        sandbox.age(1);
        // A hit does not save the oldest entry.
        sandbox.cachex("./s.sh a").output();
    }
    // Storing `c` evicted `a`, and the last call for `a` stored it again.
    assert_eq!(stored(&sandbox), ["a", "c", "b"]);
    assert_eq!(sandbox.runs(), 4);
}

#[test]
fn expired_entries_are_evicted_before_the_oldest() {
    let sandbox = Sandbox::with_script("echo $1; exit ${2-0}");
    sandbox.cachex("./s.sh old").gives("old\n");
    sandbox.age(50);
    sandbox.cachex("./s.sh failed 1").ends("failed\n", "", 1);
    sandbox.age(70);
    sandbox.cachex("--max-entries 2 ./s.sh new").gives("new\n");
    assert_eq!(stored(&sandbox), ["new", "old"]);
}

#[test]
fn the_limit_is_per_command_over_all_contents_of_its_script() {
    let sandbox = Sandbox::new();
    sandbox.cachex("echo other").gives("other\n");
    for text in ["one", "two", "three"] {
        sandbox.script("s.sh", &format!("echo {text}"));
        sandbox.cachex("--max-entries 1 ./s.sh").gives(format!("{text}\n"));
        sandbox.cachex("--scope b ./s.sh").gives(format!("{text}\n"));
        sandbox.age(1);
    }
    let kept = stored(&sandbox);
    assert_eq!(kept.iter().filter(|word| *word == "./s.sh").count(), 4, "{kept:?}");
    assert!(kept.contains(&"other".to_owned()));
}

#[test]
fn replacing_an_entry_evicts_nothing() {
    let sandbox = Sandbox::with_script("echo $1");
    sandbox.cachex("--max-entries 2 ./s.sh a").gives("a\n");
    sandbox.age(1);
    for _ in 0..3 {
        sandbox.cachex("--max-entries 2 --refresh ./s.sh b").gives("b\n");
    }
    assert_eq!(stored(&sandbox), ["b", "a"]);
}

#[test]
fn the_least_recently_used_are_evicted_to_keep_the_size() {
    let sandbox = Sandbox::with_script("head -c 300000 /dev/zero | tr '\\0' $1");
    let run = |argument: &str| {
        sandbox.cachex(&format!("--max-size 1MB ./s.sh {argument}")).output();
        sandbox.age(1);
    };
    ["a", "b", "a", "c", "a", "d"].into_iter().for_each(run);
    assert_eq!(sandbox.runs(), 4, "a was always there");
    assert_eq!(stored(&sandbox), ["d", "c", "a"]);
    assert!(sandbox.store_size() <= 1_000_000);
}

#[test]
fn output_above_the_limit_is_not_stored_and_evicts_nothing() {
    let sandbox = Sandbox::new();
    sandbox.cachex("echo small").gives("small\n");
    sandbox.script("s.sh", "head -c 300000 /dev/zero");
    for _ in 0..2 {
        sandbox.cachex("--max-size 200kB ./s.sh").gives(vec![0; 300_000]);
    }
    assert_eq!(sandbox.runs(), 2);
    assert_eq!(stored(&sandbox), ["small"]);
}

#[test]
fn max_size_includes_everything_beside_the_output() {
    let sandbox = Sandbox::new();
    let length = || sandbox.store_size();
    let long = "x".repeat(60_000);
    for number in 0..4 {
        let number = number.to_string();
        sandbox.cachex_words(["--max-size", "500kB", "true", &number, &long]).output();
        assert!(length() <= 500_000, "{number}: {}", length());
    }
    assert_eq!(sandbox.entries().len(), 3);
    for text in ["fits", "does not"] {
        let words = ["--max-size", "500kB", "--scope", text, "sh", "-c", &long.repeat(2), text];
        sandbox.cachex_words(words).output();
        assert!(length() <= 500_000, "{text}: {}", length());
    }
}

#[test]
fn max_size_includes_unused_space_in_pages() {
    let sandbox = Sandbox::new();
    let length = || sandbox.store_size();
    sandbox.cachex("echo small").gives("small\n");
    for size in ["19900000", "19990000"] {
        sandbox.cachex(&format!("--max-size 20MB head -c {size} /dev/zero")).output();
        assert!(length() <= 20_000_000, "{size}: {}", length());
    }
    assert_eq!(stored(&sandbox), ["small"]);
}

#[test]
fn totals_of_commands_without_entries_are_evicted_too() {
    let sandbox = Sandbox::new();
    sandbox.cachex("echo small").gives("small\n");
    sandbox.fill_with_idle_commands(9000);
    for word in ["a", "b"] {
        sandbox.cachex(&format!("--max-size 300kB echo {word}")).gives(format!("{word}\n"));
    }
    assert_eq!(stored(&sandbox), ["b", "a"]);
    assert!(sandbox.store_size() <= 300_000);
}

#[test]
fn clear_shrinks_the_file() {
    let sandbox = Sandbox::new();
    let size = || sandbox.store_size();
    sandbox.cachex("echo small").gives("small\n");
    let before = size();
    sandbox.cachex("seq 500000").output();
    assert!(size() > 3_000_000);
    sandbox.cachex("clear -- seq").gives("removed 1 entry (3.4MB)\n");
    // A few pages for long output stay.
    assert!(size() <= before + 80_000, "{} and {before}", size());
    sandbox.cachex("echo small").gives("small\n");
}

#[cfg(target_os = "linux")]
#[test]
fn output_of_any_length_takes_little_memory() {
    if !has("python3") {
        return;
    }
    let sandbox = Sandbox::new();
    let peak = "import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    // The order covers long output in an empty store and in a filled one.
    for length in ["60000000", "0", "1500000", "10000000"] {
        for what in ["miss", "hit"] {
            let call = ["-c", peak, "cachex", "head", "-c", length, "/dev/zero"];
            let output = sandbox.program("python3", &call).output();
            let peak = output.stdout_text().trim().parse::<u64>();
            let peak = peak.expect("a number of kilobytes");
            assert!(peak < 30_000, "a {what} of {length} bytes took {peak} kB");
        }
    }
}
