//! A store with a few known entries, to be damaged.

use cachex::entry::{Condition, Entry, EntryOrigin, NewEntry, StdinKind};
use cachex::exit::Exit;
use cachex::key::{CommandName, Digest, FileStamp, Key, KeyPart, LearnedDigest, Stamp};
use cachex::recording::{Body, Recorder, Recording};
use cachex::size::Size;
use cachex::store::{Calls, Limits, Selection, Store, StoreError, examine};
use cachex::terminal::Stream;
use cachex::time::{Lifetime, Timestamp};
use rusqlite::ErrorCode;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;

/// The entries: the number of the key, the condition, the exit, and the stream and bytes of the output.
const STORED: [(u8, Condition, Exit, Stream, &[u8]); 5] = [
    (0, Condition::StdinAbsent, Exit::Code(0), Stream::Stdout, b"hello\n"),
    (
        0,
        Condition::StdinFile { input: Digest([7; 32]), moved: 9 },
        Exit::Code(3),
        Stream::Stderr,
        b"oops\n",
    ),
    (1, Condition::StdinSilent(StdinKind::Socket), Exit::Code(0), Stream::Stdout, b"quiet\n"),
    (1, Condition::StdinUnread, Exit::Code(0), Stream::Stdout, &[b'x'; 64 << 10]),
    (2, Condition::StdinEmpty(StdinKind::Pipe), Exit::Code(0), Stream::Stdout, b""),
];

/// The directory of the store, and the database that each input starts with.
static SAMPLE: LazyLock<(TempDir, Vec<u8>)> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a directory");
    let mut store = Store::open(directory.path()).expect("a store");
    fill(&mut store).expect("stored");
    // Clearing leaves notes, too.
    store.clear(&of_the_command()).expect("cleared");
    fill(&mut store).expect("stored");
    drop(store);
    let database = fs::read(directory.path().join("cachex.db")).expect("read");
    (directory, database)
});

/// Puts the sample's database into the directory, and returns both paths.
pub fn fresh() -> (&'static Path, PathBuf) {
    let (directory, database) = &*SAMPLE;
    for entry in fs::read_dir(directory.path()).expect("listed") {
        fs::remove_file(entry.expect("listed").path()).expect("removed");
    }
    let path = directory.path().join("cachex.db");
    fs::write(&path, database).expect("written");
    (directory.path(), path)
}

/// Uses the store in every way. However it was damaged, it gives what was stored or nothing, and it has to be
/// begun anew at most once.
pub fn check(directory: &Path) {
    let _ = examine(directory);
    let outcome = use_all(directory);
    if let Err(StoreError::Sqlite(fault)) = &outcome {
        // A file that is cut off gives this.
        assert_eq!(fault.sqlite_error_code(), Some(ErrorCode::SystemIoFailure), "{fault}");
    }
    if let Err(StoreError::Damaged(what)) = outcome {
        drop(Store::begin_anew(directory).expect("begun anew"));
        let healed = use_all(directory);
        assert!(healed.is_ok(), "first {what}, then {healed:?}");
    }
}

fn use_all(directory: &Path) -> Result<(), StoreError> {
    let held = Store::for_look_up(directory)?;
    held.hold()?;
    look_up(&held)?;
    let mut store = Store::open(directory)?;
    look_up(&store)?;
    store.relatives(&name())?;
    for selection in [Selection::all(), Selection::expired(), of_the_command()] {
        let selected = store.select(&selection)?;
        store.describe(&selected)?;
        store.clearable(&selection)?;
    }
    store.statistics()?;
    store.prunable(Size(0))?;
    fill(&mut store)?;
    store.clear(&of_the_command())?;
    // Removes also what is no longer found under its command.
    store.prune(Size(0))?;
    store.clear(&Selection::all())?;
    fill(&mut store)
}

fn look_up(store: &Store) -> Result<(), StoreError> {
    for entry in store.variants(&[key(0), key(1), key(2)])? {
        if let Some(body) = store.output(&entry)? {
            let stored = STORED.iter().find(|stored| is(stored, &entry, body.length));
            let (.., output) = stored.expect("what was stored");
            assert_eq!(bytes(body), *output);
        }
        store.note_use(&entry);
    }
    store.tombstone(&key(0)).map(drop)
}

fn is(
    (number, condition, exit, _, output): &(u8, Condition, Exit, Stream, &[u8]),
    entry: &Entry,
    length: u64,
) -> bool {
    let frames = if output.is_empty() { 0 } else { output.len() as u64 + 4 };
    (entry.key, entry.condition, entry.exit, length) == (key(*number), *condition, *exit, frames)
        && entry.created.as_millis() == 1000
        && entry.elapsed == Duration::from_millis(20)
}

fn bytes(body: Body) -> Vec<u8> {
    let mut bytes = Vec::new();
    body.for_each_chunk(|_, chunk| {
        bytes.extend_from_slice(chunk);
        Ok(())
    })
    .expect("readable");
    bytes
}

fn key(number: u8) -> Key {
    Key(Digest([number; 32]))
}

fn words() -> Vec<OsString> {
    ["/bin/sample", "--token=*"].map(OsString::from).to_vec()
}

fn name() -> CommandName {
    CommandName::of(Path::new("/bin/sample"), &words(), &[])
}

fn of_the_command() -> Selection {
    let calls = Calls { words: vec!["/bin/sample".into()], matching: None };
    Selection { calls: Some(calls), ..Selection::all() }
}

fn learned() -> LearnedDigest {
    let stamp = FileStamp { device: 1, inode: 2, size: 3, modified: 4, changed: 5 };
    LearnedDigest { path: "/file".into(), stamp: Stamp::from(&stamp), digest: Digest([9; 32]) }
}

fn fill(store: &mut Store) -> Result<(), StoreError> {
    for (number, condition, exit, stream, output) in STORED {
        let mut recorder = Recorder::new(store.directory().to_owned(), Size(u64::MAX));
        recorder.record(stream, output).expect("recorded");
        let recording = Recording {
            body: recorder.finish().expect("recorded"),
            exit,
            ended: Timestamp::from_millis(1000),
            elapsed: Duration::from_millis(20),
        };
        let new = NewEntry {
            origin: EntryOrigin::Run,
            key: key(number),
            condition,
            inputs: None,
            recording,
            outputs: None,
            scope: "",
            words: words(),
            ignored: &BTreeSet::from(["--token=*".into()]),
            parts: vec![KeyPart::new("argument 1", "--token=*")],
            directory: Some("/".into()),
            lifetime: Lifetime::Unlimited,
        };
        let limits = Limits {
            since: store.clearings()?,
            max_entries: None,
            max_size: Size::mebibytes(64),
            is_spent: &|_, _| false,
        };
        store.fill(&name(), &new, &[learned()], &limits)?;
    }
    Ok(())
}
