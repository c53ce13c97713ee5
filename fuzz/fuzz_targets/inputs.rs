//! Stored questions and answers of a traced run decode in one way or not at all, and no answers make the check fail.
#![no_main]

use cachex::inputs::{InputShape, StoredStates, TraceTerms, differences, verify};
use cachex::key::TraceTimes;
use cachex::output_pattern::OutputSpec;
use cachex::time::Timestamp;
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use tempfile::TempDir;

static EMPTY: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a directory"));

fuzz_target!(|input: (Vec<u8>, Vec<u8>)| {
    let (questions, answers) = input;
    let Some(shape) = InputShape::decode(questions.clone()) else { return };
    assert_eq!(shape.encode(), questions);
    let (mut asked, mut count) = (shape.questions(), 0);
    let mut last = (Vec::new(), false);
    while let Some(question) = asked.next() {
        let this = (question.path.to_vec(), question.follow);
        assert!(last < this, "questions are in order");
        (last, count) = (this, count + 1);
    }
    assert_eq!(count, shape.len());
    // Only names in an empty directory: the input leads to no file of this machine.
    let nowhere = EMPTY.path().to_owned();
    let is_harmless = !questions.contains(&b'/') && !questions.contains(&b'.');
    let terms = TraceTerms {
        working_directory: nowhere.clone(),
        project: nowhere.clone(),
        store: nowhere,
        ignored: Vec::new(),
        times: TraceTimes::Exact,
        outputs: OutputSpec::default(),
        written: BTreeSet::new(),
        now: Timestamp::from_millis(0),
    };
    if is_harmless {
        let states = StoredStates::decode(answers);
        let holding = verify(&shape, std::slice::from_ref(&states), &terms, b"secret");
        let different = differences(&shape, &states, &terms, b"secret");
        assert!(holding.is_empty() || different.is_some_and(|different| different.is_empty()));
    }
});
