//! Fingerprints for tests: random ones, and one with a value in every field.

use crate::key::digest::Digest;
use crate::key::fingerprint::{
    CodeFile, ExecMode, FileArgument, FileState, Fingerprint, HashedInput, InputText, TraceSpec,
    TraceTimes, WorkingDirectory,
};
use crate::output_streams::OutputStreams;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A fingerprint with a value in every field, and with two values in every list.
pub(super) fn sample() -> Fingerprint {
    let hashed = |byte| HashedInput { with: "jq -cS .".into(), digest: Digest([byte; 32]) };
    let mode = ExecMode { bits: 0o6755, owner: Some(7), group: Some(8), capabilities: vec![1, 2] };
    let code = |name: &str, state, is_script| CodeFile {
        path: PathBuf::from("/bin").join(name),
        real: PathBuf::from("/usr/bin").join(name),
        mode: ExecMode { group: None, ..mode.clone() },
        state,
        is_script,
    };
    let argument = |state, real| FileArgument { state, real, mode: mode.clone() };
    Fingerprint {
        scope: "scope".to_owned(),
        texts: vec!["one".into(), "two".into()],
        words: vec![
            InputText::Exact("run".into()),
            InputText::Exact("fast".into()),
            InputText::Hashed(hashed(1)),
        ],
        ignored: BTreeSet::from(["--seed=*".into(), "--token *".into()]),
        code: vec![
            code("sh", FileState::Content(Digest([2; 32])), false),
            code("run", FileState::Missing, true),
        ],
        arguments: BTreeMap::from([
            ("a".into(), argument(FileState::Stamped(Digest([3; 32])), None)),
            ("b".into(), argument(FileState::Directory, Some("/b".into()))),
        ]),
        directory: Some(WorkingDirectory {
            physical: "/real".into(),
            logical: Some("/link".into()),
        }),
        outputs: OutputStreams::Terminal { columns: 80 },
        variable_globs: BTreeSet::from(["AWS_*".into(), "LC_*".into()]),
        variables: BTreeMap::from([
            ("HOME".into(), Some(InputText::Exact("/root".into()))),
            ("NOW".into(), Some(InputText::Hashed(hashed(4)))),
            ("TZ".into(), None),
        ]),
        files: BTreeMap::from([
            ("*.sql".into(), FileState::Matches { count: 2, digest: Digest([5; 32]) }),
            ("src".into(), FileState::Tree(Digest([6; 32]))),
            ("x.json".into(), FileState::Hashed(hashed(7))),
        ]),
        pure_environment: true,
        trace: Some(TraceSpec {
            ignored: BTreeSet::from(["*.log".into(), "tmp".into()]),
            times: TraceTimes::Exact,
        }),
        output_files: BTreeSet::from(["dist".into(), "x.o".into()]),
        finds_outputs: true,
        stdin_with: Some("sort".into()),
        ignored_signals: 1,
        blocked_signals: 2,
        inherited_files: vec![3, 5],
    }
}

/// Short words of few different bytes, so that adjacent words are likely to collide.
pub(super) fn word() -> impl Strategy<Value = OsString> {
    vec(prop_oneof![Just(0u8), Just(1), Just(b'a'), Just(b' '), Just(0xff)], 0..4)
        .prop_map(OsString::from_vec)
}

fn file_state() -> impl Strategy<Value = FileState> {
    prop_oneof![
        Just(FileState::Missing),
        any::<[u8; 32]>().prop_map(|d| FileState::Content(Digest(d))),
        hashed().prop_map(FileState::Hashed),
        any::<[u8; 32]>().prop_map(|d| FileState::Tree(Digest(d))),
        any::<[u8; 32]>().prop_map(|d| FileState::Stamped(Digest(d))),
        Just(FileState::Directory),
        (any::<u8>(), any::<[u8; 32]>())
            .prop_map(|(count, d)| FileState::Matches { count: count.into(), digest: Digest(d) }),
    ]
}

fn hashed() -> impl Strategy<Value = HashedInput> {
    (word(), any::<[u8; 32]>()).prop_map(|(with, d)| HashedInput { with, digest: Digest(d) })
}

fn text() -> impl Strategy<Value = InputText> {
    prop_oneof![3 => word().prop_map(InputText::Exact), 1 => hashed().prop_map(InputText::Hashed)]
}

fn code_file() -> impl Strategy<Value = CodeFile> {
    (path(), path(), exec_mode(), file_state(), any::<bool>()).prop_map(
        |(path, real, mode, state, is_script)| CodeFile { path, real, mode, state, is_script },
    )
}

fn path() -> impl Strategy<Value = PathBuf> {
    word().prop_map(PathBuf::from)
}

fn exec_mode() -> impl Strategy<Value = ExecMode> {
    let parts = (any::<u32>(), any::<Option<u32>>(), any::<Option<u32>>(), vec(any::<u8>(), 0..3));
    parts.prop_map(|(bits, owner, group, capabilities)| ExecMode {
        bits,
        owner,
        group,
        capabilities,
    })
}

fn argument() -> impl Strategy<Value = FileArgument> {
    (file_state(), proptest::option::of(path()), exec_mode())
        .prop_map(|(state, real, mode)| FileArgument { state, real, mode })
}

fn outputs() -> impl Strategy<Value = OutputStreams> {
    prop_oneof![
        Just(OutputStreams::Apart),
        Just(OutputStreams::Joined),
        any::<(bool, bool)>().prop_map(|(stdout, stderr)| OutputStreams::Partly { stdout, stderr }),
        any::<u16>().prop_map(|columns| OutputStreams::Terminal { columns }),
    ]
}

fn trace() -> impl Strategy<Value = TraceSpec> {
    (btree_set(word(), 0..2), any::<bool>()).prop_map(|(ignored, exact)| TraceSpec {
        ignored,
        times: if exact { TraceTimes::Exact } else { TraceTimes::Ignore },
    })
}

prop_compose! {
    pub(super) fn fingerprint()(
        scope in "[ab]{0,2}",
        texts in vec(word(), 0..3),
        words in vec(text(), 0..4),
        ignored in btree_set(word(), 0..2),
        code in vec(code_file(), 0..3),
        arguments in btree_map(word(), argument(), 0..3),
        directory in proptest::option::of(
            (word().prop_map(PathBuf::from), proptest::option::of(word()))
                .prop_map(|(physical, logical)| WorkingDirectory { physical, logical })),
        outputs in outputs(),
        variable_globs in btree_set(word(), 0..2),
        variables in btree_map(word(), proptest::option::of(text()), 0..3),
        files in btree_map(word(), file_state(), 0..3),
        (pure_environment, trace, (output_files, finds_outputs), stdin_with, (ignored_signals, blocked_signals), inherited_files) in (
            any::<bool>(), proptest::option::of(trace()), (btree_set(word(), 0..2), any::<bool>()), proptest::option::of(word()),
            any::<(u64, u64)>(), vec(0i32..99, 0..3),
        ),
    ) -> Fingerprint {
        Fingerprint {
            scope, texts, words, ignored, code, arguments, directory, outputs, variable_globs,
            variables, files, pure_environment, trace, output_files, finds_outputs, stdin_with, ignored_signals,
            blocked_signals, inherited_files,
        }
    }
}
