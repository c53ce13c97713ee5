//! Compares the store with a map: every answer is the same, or a miss that is allowed.

use super::harness::{Random, Sandbox, Texts};
use super::stored_files;
use cachex::entry::{Condition, EntryOrigin, NewEntry};
use cachex::exit::Exit;
use cachex::key::{CommandName, Digest, Key};
use cachex::recording::{Recorder, Recording};
use cachex::size::Size;
use cachex::store::{Calls, Filled, Limits, Matching, Selection, Store};
use cachex::terminal::Stream;
use cachex::time::{Lifetime, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

/// An entry in the map.
#[derive(Clone)]
pub(super) struct Expected {
    command: usize,
    pub(super) output: Vec<u8>,
    /// The contents of its output files.
    files: Vec<Vec<u8>>,
    /// When it was stored, counted in fills.
    stored: usize,
    /// Whether it has a lifetime. If the clock is set back, such an entry has expired.
    is_mortal: bool,
    has_expired: bool,
}

impl Expected {
    fn size(&self) -> usize {
        self.output.len() + self.files.iter().map(Vec::len).sum::<usize>()
    }
}

/// The lifetime of mortal entries, and a longer time.
const LIFETIME: Duration = Duration::from_secs(1000);
const LONGER: i64 = 2000;

pub(super) struct Model {
    pub(super) sandbox: Sandbox,
    pub(super) store: Option<Store>,
    pub(super) entries: BTreeMap<u8, Expected>,
    fills: usize,
}

fn words(command: usize) -> Vec<OsString> {
    vec![format!("/bin/sample-{command}").into(), "argument".into()]
}

fn name(command: usize) -> CommandName {
    CommandName::of(Path::new(&words(command)[0]), &words(command), &[])
}

fn of_command(command: usize) -> Selection {
    let words = vec![words(command)[0].clone()];
    let calls = Some(Calls { words, matching: Some(Matching::StartingWith) });
    Selection { calls, ..Selection::all() }
}

/// Output files, mostly none. Several have the same content.
fn draw_files(random: &mut Random) -> Vec<Vec<u8>> {
    let count = if random.below(3) == 0 { random.below(4) } else { 0 };
    let mut draw =
        |_| vec![random.below(6).to_le_bytes()[0]; [0, 10, 3000, 40_000][random.below(4)]];
    (0..count).map(&mut draw).collect()
}

impl Model {
    pub(super) fn new() -> Self {
        let sandbox = Sandbox::new();
        Self { store: Some(sandbox.store()), sandbox, entries: BTreeMap::new(), fills: 0 }
    }

    fn store(&mut self) -> &mut Store {
        self.store.get_or_insert_with(|| self.sandbox.store())
    }

    /// Stores an entry, perhaps with limits. Returns whether anything may have been evicted for its size.
    pub(super) fn fill(&mut self, random: &mut Random, key: u8) -> bool {
        let length = if random.below(40) == 0 { 1_200_000 } else { random.below(3000) };
        let mut output = vec![0; length];
        random.fill(&mut output[..length.min(20)]);
        let expected = Expected {
            command: random.below(3),
            stored: self.fills,
            is_mortal: random.below(3) == 0,
            has_expired: false,
            output,
            files: draw_files(random),
        };
        self.fills += 1;
        let max_entries = (random.below(4) == 0).then(|| 1 + random.below(8));
        let is_tight = random.below(10) == 0;
        let max_size = if is_tight { Size(200_000) } else { Size::mebibytes(64) };
        let filled = self.fill_store(key, &expected, max_entries, max_size);
        if filled == Filled::TooLarge {
            assert!(is_tight && expected.size() > 100_000);
            return true;
        }
        let command = expected.command;
        self.entries.remove(&key);
        if let Some(most) = max_entries {
            // The new entry does not count yet.
            self.evict_of_command(command, most - 1);
        }
        self.entries.insert(key, expected);
        is_tight
    }

    fn fill_store(
        &mut self,
        key: u8,
        expected: &Expected,
        max_entries: Option<usize>,
        max_size: Size,
    ) -> Filled {
        let store = self.store();
        let mut recorder = Recorder::new(store.directory().to_owned(), Size(u64::MAX));
        for chunk in expected.output.chunks(10_000) {
            recorder.record(Stream::Stdout, chunk).expect("recorded");
        }
        let lifetime =
            if expected.is_mortal { Lifetime::For(LIFETIME) } else { Lifetime::Unlimited };
        // Two entries of the same moment would have no order.
        thread::sleep(Duration::from_millis(1));
        let open = stored_files::opener(&expected.files);
        let new = NewEntry {
            origin: EntryOrigin::Run,
            key: Key(Digest([key; 32])),
            condition: Condition::StdinAbsent,
            inputs: None,
            outputs: stored_files::outputs(&expected.files, &open),
            recording: Recording {
                body: recorder.finish().expect("recorded"),
                exit: Exit::Code(0),
                ended: Timestamp::now(),
                elapsed: Duration::from_millis(20),
            },
            scope: "",
            words: words(expected.command),
            ignored: &BTreeSet::new(),
            parts: Vec::new(),
            directory: None,
            lifetime,
        };
        let max_entries = max_entries.and_then(|most| NonZeroU64::new(most.try_into().ok()?));
        let since = store.clearings().expect("counted");
        let limits = Limits { since, max_entries, max_size, is_spent: &|_, _| false };
        store.fill(&name(expected.command), &new, &[], &limits).expect("filled")
    }

    fn evict_of_command(&mut self, command: usize, keep: usize) {
        let of_command = self.entries.iter().filter(|(_, entry)| entry.command == command);
        let mut by_age: Vec<_> = of_command.map(|(key, entry)| (entry.stored, *key)).collect();
        by_age.sort_unstable();
        for (_, key) in &by_age[..by_age.len().saturating_sub(keep)] {
            self.entries.remove(key);
        }
    }

    /// The output and the output files that are stored under a key.
    fn look_up(&mut self, key: u8) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
        let store = self.store();
        store.hold().expect("held");
        let variants = store.variants(&[Key(Digest([key; 32]))]).expect("looked up");
        assert!(variants.len() < 2);
        let output = variants.first().map(|entry| {
            let body = store.output(entry).expect("read").expect("an intact entry");
            let mut output = Vec::new();
            let read = body.for_each_chunk(|_, chunk| {
                output.extend_from_slice(chunk);
                Ok(())
            });
            read.expect("readable");
            store.note_use(entry);
            (output, stored_files::read(store, entry).expect("intact files"))
        });
        store.release_read_lock();
        output
    }

    fn expected(&self, key: u8) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
        self.entries.get(&key).map(|entry| (entry.output.clone(), entry.files.clone()))
    }

    fn remove(&mut self, mut is_removed: impl FnMut(&Expected) -> bool) -> (u64, u64) {
        let (mut entries, mut output) = (0, 0);
        self.entries.retain(|_, entry| {
            let goes = is_removed(entry);
            entries += u64::from(goes);
            output += if goes { entry.size() as u64 } else { 0 };
            !goes
        });
        (entries, output)
    }

    fn clear(&mut self, selection: &Selection, is_removed: impl FnMut(&Expected) -> bool) {
        let cleared = self.store().clear(selection).expect("cleared");
        assert_eq!((cleared.entries, cleared.output), self.remove(is_removed));
    }

    fn age(&mut self) {
        self.store = None;
        self.sandbox.age(LONGER);
        self.entries.values_mut().for_each(|entry| entry.has_expired = entry.is_mortal);
    }

    /// Compares every entry, and the totals.
    fn compare(&mut self) {
        for key in 0..KEYS {
            let expected = self.expected(key);
            assert!(self.look_up(key) == expected, "{key}");
        }
        let totals = self.store().statistics().expect("counted").whole;
        let output: usize = self.entries.values().map(Expected::size).sum();
        let expected = (self.entries.len() as u64, output as u64);
        assert_eq!((totals.entries, totals.output), expected);
    }
}

pub(super) const KEYS: u8 = 30;

#[test]
fn thousands_of_steps_agree_with_a_map() {
    let mut random = Random::new();
    let mut model = Model::new();
    for step in 0..2000 {
        let key = u8::try_from(random.below(usize::from(KEYS))).expect("small");
        match random.below(100) {
            0..50 => {
                if model.fill(&mut random, key) {
                    // Entries may have been evicted for their size, and only these.
                    let present: Vec<_> =
                        (0..KEYS).filter(|key| model.look_up(*key).is_some()).collect();
                    model.entries.retain(|key, _| present.contains(key));
                }
            }
            50..90 => {
                let expected = model.expected(key);
                assert!(model.look_up(key) == expected, "step {step}: {key}");
            }
            90..92 => {
                let command = random.below(3);
                model.clear(&of_command(command), |entry| entry.command == command);
            }
            92 if random.below(4) == 0 => model.clear(&Selection::all(), |_| true),
            93..95 => model.age(),
            95..97 => {
                let pruned = model.store().prune(Size::mebibytes(64)).expect("pruned");
                assert_eq!(
                    (pruned.entries, pruned.output),
                    model.remove(|entry| entry.has_expired)
                );
            }
            97 => model.store = None,
            _ => model.compare(),
        }
    }
    model.compare();
    model.store = None;
    model.sandbox.objects_are_those_owned();
}

/// The work of one of several processes. No other process writes the files that its commands print.
fn work(sandbox: &Sandbox, mut random: Random, worker: usize) {
    for step in 0..40 {
        let name = format!("data-{worker}-{}", random.below(3));
        let content = format!("{step}\n").repeat(1 + random.below(2000));
        if random.below(3) == 0 || !sandbox.dir.join(&name).exists() {
            sandbox.write(&name, &content);
        }
        let content = std::fs::read_to_string(sandbox.dir.join(&name)).expect("read");
        let options = ["", "--refresh", "--max-entries 3", "--max-size 200KB", "--ttl 0"];
        let call = format!("{} --file {name} ./s.sh {name}", options[random.below(options.len())]);
        match random.below(10) {
            0 => {
                let mut killed = sandbox.cachex(&call);
                killed.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                let mut killed = killed.command.spawn().expect("started");
                thread::sleep(Duration::from_micros(random.below(20_000).try_into().expect("few")));
                killed.kill().expect("killed");
                killed.wait().expect("ended");
            }
            1 => {
                let verbs = ["clear", "clear -- ./s.sh", "prune", "prune --max-size 50KB", "stats"];
                let output = sandbox.cachex(verbs[random.below(verbs.len())]).output();
                assert_eq!((output.status.code(), output.stderr_text()), (Some(0), String::new()));
            }
            _ => sandbox.cachex(&call).gives(&content),
        }
    }
}

#[test]
fn several_processes_get_right_answers_only() {
    let sandbox = Sandbox::with_script("cat \"$1\"");
    let mut random = Random::new();
    thread::scope(|scope| {
        for worker in 0..3 {
            let own = random.another();
            let sandbox = &sandbox;
            scope.spawn(move || work(sandbox, own, worker));
        }
    });
    let database = sandbox.connection();
    let sql = "SELECT count(*) FROM command
               WHERE (entries, output) <> (SELECT count(*), CAST(total(output) AS INTEGER)
                                           FROM entry WHERE entry.command = command.id)";
    let wrong: i64 = database.query_row(sql, [], |row| row.get(0)).expect("counted");
    assert_eq!(wrong, 0);
    drop(database);
    let doctor = sandbox.cachex("doctor").output();
    assert_eq!(doctor.status.code(), Some(0), "{}", doctor.stdout.escape_ascii());
}
