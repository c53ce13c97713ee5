//! Output files in the store, tested through the library without the options that ask for them.

use super::harness::{Sandbox, say};
use cachex::entry::{Condition, Entry, EntryOrigin, NewEntry, NewOutputFile, NewOutputs};
use cachex::exit::Exit;
use cachex::key::{CommandName, Digest, Key};
use cachex::recording::{ContentDigest, Recorder, Recording};
use cachex::size::Size;
use cachex::store::{DEFAULT_MAX_SIZE, Filled, Limits, Selection, Store, StoreError};
use cachex::terminal::Stream;
use cachex::time::{Lifetime, Timestamp};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// The contents of files.
pub(super) type Contents = Vec<Vec<u8>>;

fn digest(content: &[u8]) -> [u8; 32] {
    *blake3::hash(content).as_bytes()
}

/// Opens files of these contents.
pub(super) fn opener(contents: &[Vec<u8>]) -> impl Fn(usize) -> io::Result<Option<File>> {
    |number| {
        let mut file = tempfile::tempfile()?;
        file.write_all(&contents[number])?;
        Ok(Some(file))
    }
}

/// Files of these contents, to be stored. The manifest is just their digests.
pub(super) fn outputs<'a>(
    contents: &[Vec<u8>],
    open: &'a dyn Fn(usize) -> io::Result<Option<File>>,
) -> Option<NewOutputs<'a>> {
    let digests: Vec<_> = contents.iter().map(|content| digest(content)).collect();
    let file = |(content, digest): (&Vec<u8>, &[u8; 32])| NewOutputFile {
        digest: ContentDigest(*digest),
        size: content.len() as u64,
    };
    let files = contents.iter().zip(&digests).map(file).collect();
    (!contents.is_empty()).then(|| NewOutputs { manifest: digests.concat(), files, open })
}

/// The files of an entry; `None` if one is missing or damaged.
pub(super) fn read(store: &Store, entry: &Entry) -> Option<Contents> {
    let manifest = store.outputs(entry).expect("looked up").unwrap_or_default();
    let (digests, rest) = manifest.as_chunks::<32>();
    assert!(rest.is_empty());
    let read = |expected: &[u8; 32]| {
        let mut content = Vec::new();
        store.open_object(expected).expect("looked for")?.read_to_end(&mut content).expect("read");
        (digest(&content) == *expected).then_some(content)
    };
    digests.iter().map(read).collect()
}

fn key(number: u8) -> Key {
    Key(Digest([number; 32]))
}

/// Stores an entry with output of this length and these files.
pub(super) fn fill(
    store: &mut Store,
    number: u8,
    output: usize,
    outputs: Option<NewOutputs<'_>>,
    max_size: Size,
) -> Result<Filled, StoreError> {
    let mut recorder = Recorder::new(store.directory().to_owned(), Size(u64::MAX));
    for chunk in vec![number; output].chunks(10_000) {
        recorder.record(Stream::Stdout, chunk).expect("recorded");
    }
    let words: Vec<OsString> = vec!["/bin/sample".into(), format!("{number}").into()];
    let new = NewEntry {
        origin: EntryOrigin::Run,
        key: key(number),
        condition: Condition::StdinAbsent,
        inputs: None,
        recording: Recording {
            body: recorder.finish().expect("recorded"),
            exit: Exit::Code(0),
            ended: Timestamp::now(),
            elapsed: Duration::from_millis(20),
        },
        outputs,
        scope: "",
        words: words.clone(),
        ignored: &BTreeSet::new(),
        parts: Vec::new(),
        directory: None,
        lifetime: Lifetime::Unlimited,
    };
    let since = store.clearings()?;
    let limits = Limits { since, max_entries: None, max_size, is_spent: &|_, _| false };
    store.fill(&CommandName::of(Path::new(&words[0]), &words, &[]), &new, &[], &limits)
}

/// Stores an entry without a limit.
pub(super) fn fill_with(store: &mut Store, number: u8, contents: &[Vec<u8>]) {
    let open = opener(contents);
    let filled = fill(store, number, 10, outputs(contents, &open), DEFAULT_MAX_SIZE);
    assert_eq!(filled.expect("filled"), Filled::Stored);
}

pub(super) fn entry(store: &Store, number: u8) -> Option<Entry> {
    store.variants(&[key(number)]).expect("looked up").pop()
}

/// The files that a hit would bring back; `None` for a miss.
pub(super) fn hit(store: &Store, number: u8) -> Option<Contents> {
    let entry = entry(store, number)?;
    store.output(&entry).expect("read")?;
    read(store, &entry)
}

fn contents() -> Contents {
    vec![b"one".to_vec(), Vec::new(), b"one".to_vec(), vec![7; 300_000], vec![0; 600_000]]
}

#[test]
fn files_come_back_from_the_pages_and_through_sqlite() {
    let sandbox = Sandbox::new();
    let mut store = sandbox.store();
    fill_with(&mut store, 1, &contents());
    fill_with(&mut store, 2, &[]);
    assert_eq!(hit(&store, 1), Some(contents()));
    assert_eq!(hit(&store, 2), Some(Vec::new()));
    let entries = sandbox.entries();
    assert_eq!(entries.iter().map(|it| it.output).collect::<Vec<_>>(), [10, 900_016]);
    drop(store);
    let store = Store::for_look_up(&sandbox.store_dir()).expect("prepared");
    assert_eq!(hit(&store, 1), Some(contents()));
    assert_eq!(hit(&store, 2), Some(Vec::new()));
    assert_eq!(store.outputs(&entry(&store, 2).expect("there")).expect("read"), None);
    assert!(store.open_object(&[1; 32]).expect("looked for").is_none());
    sandbox.objects_are_those_owned();
    assert_eq!(sandbox.objects().len(), 4);
}

#[test]
fn equal_content_has_one_object_that_lasts_as_long_as_its_entries() {
    let sandbox = Sandbox::new();
    let mut store = sandbox.store();
    fill_with(&mut store, 1, &contents());
    fill_with(&mut store, 2, &contents()[..4]);
    assert_eq!(sandbox.objects().len(), 4);
    let disk = store.statistics().expect("counted");
    assert_eq!(
        (disk.whole.output, disk.disk > 900_000, disk.disk < 1_100_000),
        (1_200_032, true, true)
    );
    // The first entry again, with other files.
    fill_with(&mut store, 1, &[b"two".to_vec()]);
    assert_eq!(sandbox.objects().len(), 4);
    assert_eq!(hit(&store, 2).as_deref(), Some(&contents()[..4]));
    assert_eq!(store.clear(&Selection::all()).expect("cleared").output, 300_029);
    assert!(sandbox.objects().is_empty());
}

#[test]
fn more_files_than_descriptors_are_stored_and_removed() {
    let sandbox = Sandbox::new();
    let mut store = sandbox.store();
    let many: Contents = (0..3000_u32).map(|number| number.to_le_bytes().repeat(1024)).collect();
    let begun = Instant::now();
    fill_with(&mut store, 1, &many);
    say(format_args!("3000 files: {:?}", begun.elapsed()));
    assert!(hit(&store, 1) == Some(many.clone()));
    let begun = Instant::now();
    fill_with(&mut store, 2, &many);
    say(format_args!("again: {:?}", begun.elapsed()));
    sandbox.objects_are_those_owned();
    let begun = Instant::now();
    store.clear(&Selection::all()).expect("cleared");
    say(format_args!("cleared: {:?}", begun.elapsed()));
    assert!(sandbox.objects().is_empty());
}

#[test]
fn a_file_that_changed_is_not_stored() {
    let sandbox = Sandbox::new();
    let mut store = sandbox.store();
    let said = contents();
    let mut others = contents();
    others[3][299_999] = 0;
    let mut shorter = contents();
    shorter[3].pop();
    for wrong in [others, shorter] {
        let open = opener(&wrong);
        let filled = fill(&mut store, 1, 2_000_000, outputs(&said, &open), DEFAULT_MAX_SIZE);
        assert_eq!(filled.expect("refused"), Filled::Changed);
        assert!(entry(&store, 1).is_none() && sandbox.objects().is_empty());
    }
    let open = |_| Ok(None);
    let filled = fill(&mut store, 1, 10, outputs(&said, &open), DEFAULT_MAX_SIZE);
    assert_eq!(filled.expect("refused"), Filled::Changed);
    let open = |_| Err(io::ErrorKind::PermissionDenied.into());
    let filled = fill(&mut store, 1, 10, outputs(&said, &open), DEFAULT_MAX_SIZE);
    assert!(matches!(filled, Err(StoreError::Io(_))));
    assert!(entry(&store, 1).is_none() && sandbox.objects().is_empty());
    fill_with(&mut store, 1, &said);
    assert_eq!(hit(&store, 1), Some(said));
}

#[test]
fn the_size_of_the_store_counts_files() {
    let sandbox = Sandbox::new();
    let mut store = sandbox.store();
    let file = |number: u8| vec![vec![number; 300_000]];
    for number in 1..=4 {
        let (contents, max_size) = (file(number), Size(800_000));
        let open = opener(&contents);
        let filled = fill(&mut store, number, 10, outputs(&contents, &open), max_size);
        assert_eq!(filled.expect("filled"), Filled::Stored);
        assert!(sandbox.store_size() <= 800_000);
        std::thread::sleep(Duration::from_millis(2));
    }
    let held: Vec<_> = (1..=4).map(|number| hit(&store, number).is_some()).collect();
    assert_eq!(held, [false, false, true, true]);
    let large = vec![vec![5; 500_000], vec![6; 400_000]];
    let open = |_| panic!("it is not even opened");
    let filled = fill(&mut store, 5, 10, outputs(&large, &open), Size(800_000));
    assert_eq!(filled.expect("refused"), Filled::TooLarge);
    assert_eq!(store.prune(Size(500_000)).expect("pruned").output, 300_010);
    assert_eq!(sandbox.objects().len(), 1);
    sandbox.objects_are_those_owned();
}

#[test]
fn a_damaged_object_or_manifest_is_found_and_heals() {
    let sandbox = Sandbox::new();
    let mut store = sandbox.store();
    let finds = |expected: &str| {
        let told = sandbox.cachex("doctor").output().stdout;
        let told = String::from_utf8_lossy(&told).into_owned();
        let line = told.lines().find(|line| line.contains("entries")).expect("a line");
        assert!(line.contains(expected), "{told}");
    };
    let path = |content: &[u8]| {
        sandbox.store_dir().join("objects").join(blake3::hash(content).to_hex().as_str())
    };
    let damaged = path(&contents()[3]);
    let flip = || {
        let mut bytes = fs::read(&damaged).expect("read");
        bytes[1000] ^= 1;
        fs::write(&damaged, bytes).expect("written");
    };
    let directory = || {
        fs::remove_file(&damaged).expect("removed");
        fs::create_dir_all(damaged.join("a/b")).expect("made");
    };
    let ways: [&dyn Fn(); 5] = [
        &flip,
        &|| fs::remove_file(&damaged).expect("removed"),
        &|| fs::write(&damaged, "").expect("written"),
        &directory,
        &|| sandbox.sql("UPDATE entry SET outputs = CAST(outputs || x'00' AS BLOB)"),
    ];
    for (number, damage) in ways.iter().enumerate() {
        fill_with(&mut store, 1, &contents());
        finds("1, all intact");
        damage();
        assert_eq!(hit(&store, 1), None, "{number}");
        finds("1 of 1 are damaged");
    }
    fill_with(&mut store, 1, &contents());
    // Without its manifest the row is not that entry any more.
    sandbox.sql("UPDATE entry SET outputs = NULL");
    assert_eq!(hit(&store, 1), None);
    finds("1 of 1 are damaged");
    fill_with(&mut store, 1, &contents());
    assert_eq!(hit(&store, 1), Some(contents()));
    sandbox.objects_are_those_owned();
}
