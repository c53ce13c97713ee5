//! A fleet: eight stores, two branches and one server, while callers, transfers and the server are killed.
//!
//! What is killed, and when, is a function of a seed; what it meets there is not. Whatever happens, each call that is not
//! killed gives what the command gives.

use cachex_engines::machine::Machine;
use cachex_engines::nginx::Nginx;
use cachex_engines::process::Server;
use cachex_engines::redis::Redis;
use cachex_engines::s3::S3;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

const STORES: u64 = 8;
const ROUNDS: u64 = 5;
const CALLS_A_ROUND: u64 = 5;

/// Each kind of result, in some variants. `data` differs between the branches, and so does what is piped into it.
const SCRIPT: &str = r##"
echo "$*" >> runs
sleep 0.02
case $1 in
    short | traced) echo "$2 of $(cat data)" ;;
    piped) echo "$2 of $(cat)" ;;
    long) echo "$2 of $(cat data)"; head -c 300000 /dev/zero | tr '\0' '#' ;;
    both) echo "$2 of $(cat data)"; echo "warning $2" >&2 ;;
    fails) echo "$2 of $(cat data)"; exit 3 ;;
    file) echo "$2 of $(cat data)" | tee "file-$2" ;;
esac
"##;

/// Neither the input of a traced run nor that of a piped one is named.
const KINDS: [&str; 7] = ["short", "long", "both", "fails", "file", "piped", "traced"];

/// The kinds that work here: some containers forbid to trace.
static POSSIBLE: LazyLock<&[&str]> = LazyLock::new(|| {
    let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), "redis://127.0.0.1:1");
    let found = String::from_utf8_lossy(&machine.call(&["doctor"]).stdout).into_owned();
    let can_trace = found.lines().any(|line| line.starts_with("ok  tracing"));
    if can_trace { &KINDS } else { &KINDS[..6] }
});

/// The same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (number ^ (number >> 31)) % bound
    }

    fn wait_up_to(&mut self, millis: u64) {
        thread::sleep(Duration::from_millis(self.below(millis)));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Task {
    kind: &'static str,
    number: u64,
}

impl Task {
    fn all() -> impl Iterator<Item = Self> {
        POSSIBLE.iter().flat_map(|kind| (0..4).map(move |number| Self { kind, number }))
    }

    fn any(dice: &mut Dice) -> Self {
        let kind = dice.below(POSSIBLE.len() as u64);
        let kind = POSSIBLE[usize::try_from(kind).expect("small")];
        Self { kind, number: dice.below(4) }
    }

    fn words(self) -> Vec<String> {
        let mut words = match self.kind {
            "traced" => vec!["--trace".to_owned(), "--trace-ignore=runs".to_owned()],
            "piped" => Vec::new(),
            "file" => vec!["--file=data".to_owned(), format!("--output=file-{}", self.number)],
            _ => vec!["--file=data".to_owned()],
        };
        words.extend(["sh", "s.sh", self.kind].map(str::to_owned));
        words.push(self.number.to_string());
        words
    }

    fn code(self) -> i32 {
        if self.kind == "fails" { 3 } else { 0 }
    }

    fn stdout(self, branch: u64) -> String {
        let line = format!("{} of branch {branch}\n", self.number);
        line + &"#".repeat(if self.kind == "long" { 300_000 } else { 0 })
    }

    fn stderr(self) -> String {
        if self.kind == "both" { format!("warning {}\n", self.number) } else { String::new() }
    }
}

/// What has happened.
#[derive(Debug, Default)]
struct Tally {
    ended: usize,
    killed_callers: usize,
    killed_transfers: usize,
    warnings: usize,
    /// Successes that a store has given, whoever ran the command.
    given: BTreeSet<(u64, Task)>,
}

/// A machine of the fleet.
struct Member {
    number: u64,
    branch: u64,
    machine: Machine,
}

impl Member {
    fn new(number: u64, url: &str) -> Self {
        let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), url);
        let branch = number % 2;
        machine.write("s.sh", SCRIPT);
        machine.write("data", &format!("branch {branch}\n"));
        Self { number, branch, machine }
    }

    /// Makes a call, and perhaps kills something meanwhile. A call that was killed is made again.
    fn work(&self, dice: &mut Dice, tally: &Mutex<Tally>) {
        let task = Task::any(dice);
        let kill = dice.below(5);
        if kill == 0 {
            let output = self.output(task, |caller| {
                dice.wait_up_to(250);
                let _ = caller.kill();
            });
            if output.status.signal() == Some(9) {
                let expected = task.stdout(self.branch).into_bytes();
                assert!(expected.starts_with(&output.stdout), "{task:?}: {output:?}");
                tally.lock().expect("no panic").killed_callers += 1;
            } else {
                self.check(task, &output, tally);
                return;
            }
        }
        let mut killed = 0;
        let output = self.output(task, |_| {
            if kill == 1 {
                for _ in 0..=dice.below(40) {
                    killed += self.machine.kill_transfers();
                    thread::sleep(Duration::from_millis(5));
                }
            }
        });
        self.check(task, &output, tally);
        tally.lock().expect("no panic").killed_transfers += killed;
    }

    fn output(&self, task: Task, meanwhile: impl FnOnce(&mut std::process::Child)) -> Output {
        let words = task.words();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = self.machine.command(&words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if task.kind == "piped" {
            command.stdin(Stdio::piped());
        }
        let mut caller = command.spawn().expect("a call");
        if let Some(mut input) = caller.stdin.take() {
            writeln!(input, "branch {}", self.branch).expect("a pipe takes that much");
        }
        meanwhile(&mut caller);
        caller.wait_with_output().expect("a call")
    }

    /// The bytes and the exit status are those of the command. Beside them there may be warnings about the remote.
    fn check(&self, task: Task, output: &Output, tally: &Mutex<Tally>) {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            told.split_inclusive('\n').partition(|line| line.starts_with("cachex: "));
        let place = format!("store {}, {task:?}: {told}", self.number);
        assert_eq!(output.status.code(), Some(task.code()), "{place}");
        assert!(output.stdout == task.stdout(self.branch).into_bytes(), "wrong bytes: {place}");
        assert_eq!(theirs.concat(), task.stderr(), "{place}");
        let is_about_the_remote = |line: &&str| line.starts_with("cachex: warning: the remote ");
        assert!(ours.iter().all(is_about_the_remote), "{place}");
        if task.kind == "file" {
            let file = self.machine.file(&format!("file-{}", task.number));
            assert_eq!(fs::read_to_string(file).ok(), Some(task.stdout(self.branch)), "{place}");
        }
        let mut tally = tally.lock().expect("no panic");
        tally.ended += 1;
        tally.warnings += ours.len();
        if task.code() == 0 {
            tally.given.insert((self.number, task));
        }
    }

    /// Whether the command has run here, be it in vain.
    fn has_run(&self, task: Task) -> bool {
        self.runs().contains(&format!("{} {}", task.kind, task.number))
    }

    /// The runs of commands here.
    fn runs(&self) -> Vec<String> {
        let text = fs::read_to_string(self.machine.file("runs")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The end of a job: what waits is pushed, and by the next one no outage is remembered.
    fn end_job(&self) {
        self.machine.call(&["remote", "flush", "--timeout", "20s"]);
        for entry in fs::read_dir(self.machine.store()).expect("a store").flatten() {
            if entry.file_name().to_string_lossy().starts_with("breaker-") {
                fs::remove_file(entry.path()).expect("removed");
            }
        }
    }
}

#[test]
fn a_fleet_with_redis_gives_no_wrong_result() {
    // What was written survives the kill of a server.
    let mut redis = Redis::start(&["--appendonly", "yes", "--appendfsync", "no"]);
    work("redis", &redis.url(), &mut redis.server);
}

#[test]
fn a_fleet_with_http_gives_no_wrong_result() {
    let mut nginx = Nginx::start("");
    work("http", &nginx.url(""), &mut nginx.server);
}

#[test]
fn a_fleet_with_s3_gives_no_wrong_result() {
    let mut s3 = S3::start(env!("CARGO_BIN_EXE_s3-server"));
    work("s3", &s3.url(), &mut s3.server);
}

/// Two hundred calls, and then new machines.
fn work(name: &str, url: &str, server: &mut Server) {
    let fleet: Vec<Member> = (0..STORES).map(|number| Member::new(number, url)).collect();
    let tally = Mutex::new(Tally::default());
    for round in 0..ROUNDS {
        thread::scope(|scope| {
            for member in &fleet {
                let tally = &tally;
                scope.spawn(move || {
                    let mut dice = Dice(1000 * round + member.number);
                    (0..CALLS_A_ROUND).for_each(|_| member.work(&mut dice, tally));
                });
            }
            let mut dice = Dice(1000 * round + 999);
            thread::sleep(Duration::from_millis(200));
            dice.wait_up_to(800);
            server.kill();
            dice.wait_up_to(300);
            server.start_again();
        });
        thread::scope(|scope| {
            fleet.iter().for_each(|member| drop(scope.spawn(|| member.end_job())));
        });
    }
    let tally = tally.into_inner().expect("no panic");
    let saved = tally.given.iter().filter(|(store, task)| {
        let member = fleet.iter().find(|member| member.number == *store).expect("a member");
        !member.has_run(*task)
    });
    let (saved, given) = (saved.count(), tally.given.len());
    let ran: usize = fleet.iter().map(|member| member.runs().len()).sum();
    let late = latecomers(url);
    let Tally { ended, killed_callers, killed_transfers, warnings, .. } = tally;
    let report = format!(
        "{name}: {ended} calls on {STORES} stores, {killed_callers} callers, {killed_transfers} transfers and {ROUNDS} servers \
        killed: 0 wrong, 0 failed, {warnings} warnings; {ran} runs, and {saved} of the {given} results that a store got \
        for the first time came from another; later, new stores got {late} of {} so\n",
        2 * Task::all().filter(|task| task.code() == 0).count()
    );
    print!("{report}");
    let record = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fleet-{name}.txt"));
    fs::write(record, report).expect("written");
    assert!(saved > 0 && late > 0);
}

/// A new machine of each branch asks for everything. How many runs it was spared.
fn latecomers(url: &str) -> usize {
    let tally = Mutex::new(Tally::default());
    let late = [STORES, STORES + 1].map(|number| Member::new(number, url));
    let mut saved = 0;
    for member in &late {
        for task in Task::all() {
            member.check(task, &member.output(task, |_| ()), &tally);
            saved += usize::from(!member.has_run(task));
        }
    }
    saved
}
