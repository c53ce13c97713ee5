//! Damaged store files: the result is right, there is at most one warning, and the next calls
//! heal the store.

use super::harness::{Random, Sandbox, Texts, say, set_mode};
use std::fs;
use std::process::Output;

const DATABASE: &str = "cachex.db";
const JOURNAL: &str = "cachex.db-journal";

/// The path and content of a store file.
type Stored = (String, Vec<u8>);

/// Stored calls, and the results of their bare commands.
struct Calls {
    sandbox: Sandbox,
    calls: Vec<(String, Output)>,
}

impl Calls {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let script = "case $1 in
                          small) echo small;;
                          long) seq 20000;;
                          longer) seq 200000;;
                          failing) echo out; echo no >&2; exit 3;;
                      esac";
        sandbox.script("s.sh", script);
        let bare = |word: &str| {
            let output = sandbox.program("./s.sh", &[word]).output();
            (format!("--failure-ttl none ./s.sh {word}"), output)
        };
        let calls = ["small", "long", "longer", "failing"].map(bare).into();
        let new = Self { sandbox, calls };
        new.are_right();
        new.are_hits();
        new
    }

    /// Expects the bare command's result from every call.
    fn are_right(&self) {
        for (call, bare) in &self.calls {
            self.sandbox.cachex(call).matches(bare);
        }
    }

    fn are_right_and_silent(&self) {
        for (call, bare) in &self.calls {
            assert_eq!(self.sandbox.cachex(call).matches(bare), "", "{call}");
        }
    }

    fn are_hits(&self) {
        let before = self.sandbox.runs();
        self.are_right_and_silent();
        assert_eq!(self.sandbox.runs(), before);
    }

    fn heal(&self) {
        self.are_right();
        self.are_right_and_silent();
        self.are_hits();
    }

    /// The files of the store.
    fn files(&self) -> Vec<Stored> {
        [DATABASE, &self.object(), "uses", "claims", "cachex.lock"]
            .map(|name| (name.to_owned(), self.read(name)))
            .into()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.sandbox.store_dir().join(name)).expect("readable")
    }

    /// The path of the output that is too long for a row.
    fn object(&self) -> String {
        let path = self.sandbox.object();
        let name = path.strip_prefix(self.sandbox.store_dir()).expect("in the store");
        name.to_str().expect("UTF-8").to_owned()
    }

    /// Replaces the store by these files.
    fn put(&self, files: &[Stored]) {
        let directory = self.sandbox.store_dir();
        fs::remove_dir_all(&directory).expect("removed");
        for directory in [&directory, &directory.join("objects")] {
            fs::create_dir(directory).expect("made");
            set_mode(directory, 0o700);
        }
        for (name, bytes) in files {
            let path = directory.join(name);
            fs::write(&path, bytes).expect("written");
            set_mode(&path, 0o600);
        }
    }

    /// Expects that a verb works, or reports why it cannot.
    fn verb_copes(&self, verb: &str) {
        let output = self.sandbox.cachex(verb).output();
        let stderr = output.stderr_text();
        match output.status.code() {
            Some(0) if stderr.is_empty() => {}
            Some(0) => {
                assert!(stderr.starts_with("cachex: warning: the store was damaged"), "{stderr}");
                assert_eq!(stderr.lines().count(), 1, "{stderr}");
            }
            code => {
                assert_eq!(code, Some(125), "{stderr}");
                assert!(stderr.starts_with("cachex: error: "), "{stderr}");
                assert_eq!(stderr.lines().count(), 1, "{stderr}");
            }
        }
    }

    /// Expects that calls heal a store with these files, also after each verb.
    fn heals_and_verbs_cope(&self, files: &[Stored]) {
        self.put(files);
        self.heal();
        for verb in ["list", "clear"] {
            say(verb);
            self.put(files);
            self.verb_copes(verb);
            self.heal();
        }
    }

    /// Damages each of these files in each way.
    fn heals_any_damage(&self, files: &[Stored], damaged: &[&str]) {
        let mut random = Random::new();
        for name in damaged {
            let at = files.iter().position(|(known, _)| known == name).expect("known");
            let whole = &files[at].1;
            let mut noise = whole.clone();
            random.fill(&mut noise);
            let half = whole[..whole.len() / 2].to_vec();
            for (way, bytes) in [("noise", noise), ("half", half), ("empty", Vec::new())] {
                say(format_args!("{name}: {way}"));
                let mut files = files.to_vec();
                files[at].1 = bytes;
                self.heals_and_verbs_cope(&files);
            }
        }
    }
}

#[test]
fn a_damaged_database_heals() {
    let calls = Calls::new();
    calls.heals_any_damage(&calls.files(), &[DATABASE]);
}

#[test]
fn damaged_long_output_heals() {
    let calls = Calls::new();
    calls.heals_any_damage(&calls.files(), &[&calls.object()]);
}

#[test]
fn damaged_long_output_does_not_affect_short_entries() {
    let calls = Calls::new();
    let files = calls.files();
    let another = "SQLite format 3\0".repeat(4096).into_bytes();
    for bytes in [another, b"garbage ".repeat(4096)] {
        let mut files = files.clone();
        files[1].1 = bytes;
        calls.put(&files);
        let before = calls.sandbox.runs();
        calls.are_right();
        calls.are_right_and_silent();
        assert_eq!(calls.sandbox.runs(), before + 1);
    }
}

#[test]
fn damaged_side_files_heal() {
    let calls = Calls::new();
    let mut files = calls.files();
    for (name, bytes) in &mut files {
        if *name == "claims" || *name == "cachex.lock" {
            // These files are empty and never read.
            bytes.resize(5000, 7);
        }
    }
    let folding = files.iter().find(|(name, _)| *name == "uses").expect("there").1.clone();
    assert!(!folding.is_empty());
    files.push(("uses.folding".to_owned(), folding));
    files.push((JOURNAL.to_owned(), vec![7; 5000]));
    let damaged = ["uses", "claims", "cachex.lock", "uses.folding", JOURNAL];
    calls.heals_any_damage(&files, &damaged);
}

/// The store in the middle of a transaction that removes everything: the database holds a part of the
/// changes, and the journal holds the pages from before.
fn half_cleared(calls: &Calls) -> Vec<Stored> {
    let mut files = calls.files();
    let database = rusqlite::Connection::open(calls.sandbox.database()).expect("opened");
    let remove = "PRAGMA cache_size = 1; PRAGMA secure_delete = 1; BEGIN IMMEDIATE;
                  UPDATE entry SET exit = 9; DELETE FROM entry; DELETE FROM object";
    database.execute_batch(remove).expect("begun");
    let half_way = calls.read(DATABASE);
    assert!(files[0].1 != half_way);
    files[0].1 = half_way;
    files.push((JOURNAL.to_owned(), calls.read(JOURNAL)));
    database.execute_batch("ROLLBACK").expect("rolled back");
    files
}

#[test]
fn an_interrupted_transaction_is_rolled_back() {
    let calls = Calls::new();
    calls.put(&half_cleared(&calls));
    calls.are_hits();
    assert!(!calls.sandbox.store_dir().join(JOURNAL).exists());
}

#[test]
fn a_damaged_interrupted_transaction_heals() {
    let calls = Calls::new();
    let object = calls.object();
    calls.heals_any_damage(&half_cleared(&calls), &[DATABASE, JOURNAL, &object]);
}

#[test]
fn flipped_bits_heal() {
    let calls = Calls::new();
    let files = calls.files();
    let mut random = Random::new();
    for round in 0..60 {
        let mut files = files.clone();
        let bytes = &mut files[round % 2].1;
        let bits = [(); 3].map(|()| random.below(bytes.len() * 8));
        for bit in bits {
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        say(format_args!("{round}: {bits:?}"));
        calls.put(&files);
        if let Some(verb) = [None, Some("list"), Some("clear")][round % 3] {
            calls.verb_copes(verb);
        }
        calls.heal();
    }
}

/// Expects that the second of two refreshing calls stores again.
fn the_second_refresh_stores(calls: &Calls) {
    let (call, bare) = &calls.calls[0];
    let refresh = format!("--refresh {call}");
    calls.sandbox.cachex(&refresh).matches(bare);
    assert_eq!(calls.sandbox.cachex(&refresh).matches(bare), "");
    let before = calls.sandbox.runs();
    assert_eq!(calls.sandbox.cachex(call).matches(bare), "");
    assert_eq!(calls.sandbox.runs(), before);
}

#[test]
fn any_flipped_bit_of_the_format_numbers_heals() {
    let calls = Calls::new();
    let files = calls.files();
    let (user_version, application_id) = (60, 68);
    for byte in (user_version..user_version + 4).chain(application_id..application_id + 4) {
        for bit in 0..8 {
            say(format_args!("byte {byte}, bit {bit}"));
            let mut files = files.clone();
            files[0].1[byte] ^= 1 << bit;
            calls.put(&files);
            the_second_refresh_stores(&calls);
        }
    }
}

#[test]
fn a_renamed_column_of_any_table_heals() {
    let calls = Calls::new();
    let files = calls.files();
    let open = || rusqlite::Connection::open(calls.sandbox.database()).expect("opened");
    let columns = |table: &str| -> Vec<String> {
        let database = open();
        let mut statement =
            database.prepare("SELECT name FROM pragma_table_info(?1)").expect("prepared");
        let rows = statement.query_map([table], |row| row.get(0)).expect("listed");
        rows.collect::<Result<_, _>>().expect("read")
    };
    for table in ["command", "entry", "note"] {
        calls.put(&files);
        for column in columns(table) {
            say(format_args!("{table}.{column}"));
            calls.put(&files);
            let altered = "PRAGMA writable_schema = 1;
                UPDATE sqlite_schema SET sql = replace(sql, '{column}', '{column}x')
                    WHERE tbl_name = '{table}'";
            let altered = altered.replace("{table}", table).replace("{column}", &column);
            open().execute_batch(&altered).expect("altered");
            the_second_refresh_stores(&calls);
        }
    }
}
