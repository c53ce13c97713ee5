//! Random programs in random trees with random edits: a traced call prints the same as the bare command, and leaves the
//! same files. `CACHEX_TRACE_ROUNDS=10000` sets the number of calls.

use super::super::harness::{Random, Sandbox, Texts, say};
use super::programs::{Languages, Program};
use super::tree::{Edit, Tree};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Output;
use std::time::{Duration, Instant};

/// Calls in the test suite.
const ROUNDS: usize = 150;

/// Trees that become old enough together.
const TREES: usize = 12;

/// Edits of each.
const EDITS: usize = 5;

/// A little more than the age from which dates of files count as settled.
const SETTLED: Duration = Duration::from_millis(2100);

/// The results of all calls.
#[derive(Debug, Default)]
struct Figures {
    calls: usize,
    hits: usize,
    stored: usize,
    /// Reasons why results were not stored.
    not_stored: BTreeMap<String, usize>,
    /// The number of edits that do not matter after a stored result, and how many of them were followed by a hit.
    unrelated: usize,
    unrelated_hits: usize,
}

/// A program in a tree.
struct Case<'s> {
    sandbox: &'s Sandbox,
    tree: Tree,
    /// The project is the whole tree.
    whole: bool,
    program: Program,
    options: Vec<&'static str>,
    /// Everything that was done so far, for the message of a failure.
    log: String,
    /// The reason why the next call has to be a hit, if it has to be one.
    stored: bool,
}

impl<'s> Case<'s> {
    fn new(sandbox: &'s Sandbox, name: usize, languages: &Languages, random: &mut Random) -> Self {
        let whole = random.below(2) == 0;
        let tree = Tree::new(sandbox.dir.join(format!("tree{name}")), whole, random);
        let program = languages.program(random);
        let mut options = vec!["--trace", "-v"];
        if random.below(3) == 0 {
            options.push("--ignore-cwd");
        }
        if !program.dates && random.below(2) == 0 {
            options.push("--trace-times=ignore");
        }
        let log = format!("{options:?} {:#?}\n{:#?}\n", program.words, tree.content());
        Self { sandbox, tree, whole, program, options, log, stored: false }
    }

    fn ignores_dates(&self) -> bool {
        self.options.contains(&"--trace-times=ignore")
    }

    fn edit(&mut self, random: &mut Random) -> bool {
        let edit = if random.below(3) == 0 {
            self.tree.edit_something_else(self.whole, !self.ignores_dates(), random)
        } else {
            self.tree.edit(random)
        };
        let (is_unrelated, told) = match edit {
            Edit::Of(told) => (false, told),
            Edit::Unrelated(told) => (true, told),
        };
        writeln!(self.log, "edit: {told}").expect("written");
        is_unrelated
    }

    /// Calls the program bare in a copy and then traced.
    fn call(&mut self, is_unrelated: bool, figures: &mut Figures) {
        let copy = self.tree.copied_to(&self.sandbox.dir.join("copy"));
        let words: Vec<&str> = self.program.words.iter().map(String::as_str).collect();
        let bare = self.sandbox.program(words[0], &words[1..]).in_dir(&copy.work()).output();
        let traced =
            self.sandbox.cachex_words(self.options.iter().copied().chain(["--"]).chain(words));
        let traced = traced.in_dir(&self.tree.work()).output();
        let told = told(&traced);
        writeln!(self.log, "call: {told:?}").expect("written");
        let is_hit = told.first().is_some_and(|line| line.starts_with("hit"));
        let shown =
            |output: &Output| (output.stdout.escape_ascii().to_string(), output.status.code());
        assert_eq!(shown(&traced), shown(&bare), "stale or changed: {}", self.log);
        // A hit does not repeat changes that a program makes without looking, or files that it makes and removes.
        if !is_hit || self.program.leaves_the_same_again() {
            assert_eq!(self.tree.content(), copy.content(), "left otherwise: {}", self.log);
        }
        copy.remove();
        figures.calls += 1;
        figures.hits += usize::from(is_hit);
        if self.stored && is_unrelated {
            figures.unrelated += 1;
            figures.unrelated_hits += usize::from(is_hit);
            if !is_hit {
                say(format_args!("no hit: {}", self.log));
            }
        }
        let not_stored = told.iter().find_map(|line| line.strip_prefix("not stored: "));
        if let Some(reason) = not_stored {
            let is_by_others = reason.ends_with("changed while it ran");
            assert!(!is_by_others || !self.program.dates, "nobody changed anything: {}", self.log);
            let reason =
                reason.split(' ').filter(|word| !word.contains('/')).collect::<Vec<_>>().join(" ");
            *figures.not_stored.entry(reason).or_default() += 1;
        }
        self.stored = is_hit || told.iter().any(|line| line.starts_with("stored"));
        figures.stored += usize::from(self.stored && !is_hit);
    }
}

/// The messages of cachex with `-v`.
fn told(output: &Output) -> Vec<String> {
    let stderr = output.stderr_text();
    stderr.lines().filter_map(|line| line.strip_prefix("cachex: ")).map(str::to_owned).collect()
}

#[test]
fn a_traced_call_gives_what_the_bare_command_gives() {
    let rounds =
        std::env::var("CACHEX_TRACE_ROUNDS").map_or(ROUNDS, |it| it.parse().expect("a number"));
    let mut random = Random::new();
    let mut figures = Figures::default();
    let programs = tempfile::tempdir().expect("made");
    let languages = Languages::new(programs.path());
    while figures.calls < rounds {
        let sandbox = Sandbox::new();
        let is_settled = random.below(2) == 0;
        batch(&sandbox, is_settled, &languages, &mut figures, &mut random);
        if rounds > ROUNDS {
            say(format_args!("{figures:?}"));
        }
    }
    say(format_args!("{figures:#?}"));
    assert!(figures.hits * 4 > figures.calls, "{figures:?}");
    assert!(figures.unrelated_hits * 100 >= figures.unrelated * 95, "{figures:?}");
}

/// Calls programs in some trees.
fn batch(
    sandbox: &Sandbox,
    is_settled: bool,
    languages: &Languages,
    figures: &mut Figures,
    random: &mut Random,
) {
    let mut cases: Vec<_> =
        (0..TREES).map(|name| Case::new(sandbox, name, languages, random)).collect();
    let settle = || {
        // A date is settled when it is two seconds old.
        let begun = Instant::now();
        while is_settled && begun.elapsed() < SETTLED {
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    settle();
    for case in &mut cases {
        case.call(false, figures);
        case.log += "again, ";
        case.call(true, figures);
    }
    settle();
    for case in &mut cases {
        case.call(true, figures);
        for _ in 0..EDITS {
            let is_unrelated = case.edit(random);
            case.call(is_unrelated, figures);
        }
        case.tree.remove();
    }
}
