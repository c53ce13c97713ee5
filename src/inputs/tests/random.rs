//! Random programs and random edits: a result that holds is one that the program would give again.

use super::run::{Call, SECRET, Sandbox, after, set_mode, set_time};
use crate::inputs::RenameKind;
use proptest::prelude::*;
use proptest::sample::select;
use std::fs;
use std::os::unix::fs::symlink;

const PATHS: [&str; 14] = [
    "a", "b", "d", "d/x", "d/y", "d/e", "d/e/z", "f", "f/x", "l", "l/x", "../o/a", "../o/d/x",
    "../o",
];

const TEXTS: [&str; 4] = ["", "1", "2", "33"];

/// What somebody else does.
#[derive(Clone, Debug)]
enum Edit {
    Write(String, &'static str, u64),
    Replace(String, &'static str, u64),
    MakeDirectory(String),
    MakeLink(String, String),
    Chmod(String, u32),
    Touch(String, u64),
    Remove(String),
    Rename(String, String),
}

fn path() -> impl Strategy<Value = String> {
    select(&PATHS[..]).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = &'static str> {
    select(&TEXTS[..])
}

fn call() -> impl Strategy<Value = Call> {
    let rename = select(vec![
        RenameKind::Replace,
        RenameKind::Replace,
        RenameKind::NoReplace,
        RenameKind::Exchange,
    ]);
    prop_oneof![
        2 => (path(), any::<bool>()).prop_map(|(path, follow)| Call::Access(path, follow)),
        2 => (path(), any::<bool>()).prop_map(|(path, follow)| Call::Stat(path, follow)),
        5 => path().prop_map(Call::Read),
        2 => path().prop_map(Call::List),
        1 => path().prop_map(Call::ReadLink),
        2 => (path(), text()).prop_map(|(path, text)| Call::Write(path, text)),
        1 => (path(), text()).prop_map(|(path, text)| Call::Append(path, text)),
        1 => (path(), any::<bool>(), text())
            .prop_map(|(path, creates, text)| Call::Update { path, creates, text }),
        1 => (path(), text()).prop_map(|(path, text)| Call::CreateNew(path, text)),
        1 => path().prop_map(Call::MakeDirectory),
        1 => (path(), path()).prop_map(|(target, path)| Call::MakeLink(target, path)),
        1 => (path(), select(vec![0o644, 0o600])).prop_map(|(path, mode)| Call::Chmod(path, mode)),
        1 => path().prop_map(Call::Touch),
        2 => path().prop_map(Call::Remove),
        1 => path().prop_map(Call::RemoveDirectory),
        1 => (path(), path(), rename).prop_map(|(from, to, kind)| Call::Rename(from, to, kind)),
        1 => (path(), path()).prop_map(|(from, to)| Call::Link(from, to)),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let time = 1_000_000..1_000_003_u64;
    prop_oneof![
        4 => (path(), text(), time.clone()).prop_map(|(path, text, time)| Edit::Write(path, text, time)),
        1 => (path(), text(), time.clone()).prop_map(|(path, text, time)| Edit::Replace(path, text, time)),
        2 => path().prop_map(Edit::MakeDirectory),
        2 => (path(), path()).prop_map(|(target, path)| Edit::MakeLink(target, path)),
        1 => (path(), select(vec![0o644, 0o600])).prop_map(|(path, mode)| Edit::Chmod(path, mode)),
        1 => (path(), time).prop_map(|(path, time)| Edit::Touch(path, time)),
        2 => path().prop_map(Edit::Remove),
        1 => (path(), path()).prop_map(|(from, to)| Edit::Rename(from, to)),
    ]
}

/// Edits a path; what is impossible is not done.
fn apply(sandbox: &Sandbox, edit: &Edit) {
    let full = |name: &String| sandbox.path(name);
    let date = |name: &String, time: u64| {
        if full(name).is_file() {
            set_time(&full(name), time);
        }
    };
    match edit {
        Edit::Write(path, text, time) => {
            let _ = fs::write(full(path), text);
            date(path, *time);
        }
        Edit::Replace(path, text, time) => {
            let other = full(path).with_extension("new");
            let _ = fs::write(&other, text).and_then(|()| fs::rename(&other, full(path)));
            let _ = fs::remove_file(&other);
            date(path, *time);
        }
        Edit::MakeDirectory(path) => {
            let _ = fs::create_dir(full(path));
        }
        Edit::MakeLink(target, path) => {
            let _ = symlink(target, full(path));
        }
        Edit::Chmod(path, mode) if full(path).is_file() => set_mode(&full(path), *mode),
        Edit::Chmod(..) => {}
        Edit::Touch(path, time) => date(path, *time),
        Edit::Remove(path) => {
            let _ = fs::remove_file(full(path));
            if full(path).is_dir() {
                let _ = fs::remove_dir_all(full(path));
            }
        }
        Edit::Rename(from, to) => {
            let _ = fs::rename(full(from), full(to));
        }
    }
}

fn check(
    world: &[Edit],
    calls: &[Call],
    edits: &[Edit],
    is_settled: bool,
) -> Result<(), TestCaseError> {
    let sandbox = Sandbox::new();
    for edit in world {
        apply(&sandbox, edit);
    }
    let is_there = |name: &&str| sandbox.path(name).symlink_metadata().is_ok();
    let is_absent = |name: &&str| !is_there(name);
    let absent: Vec<_> = PATHS.into_iter().filter(is_absent).collect();
    let (ledger, first) = sandbox.play(calls);
    let passing: Vec<_> = absent.into_iter().filter(is_absent).collect();
    let now = after(if is_settled { 10 } else { 0 });
    let Ok(seen) = ledger.finish(SECRET, false, now) else { return Ok(()) };
    prop_assert!(sandbox.holds(&seen), "it holds at once: {:?}", sandbox.differences(&seen));
    if is_settled {
        sandbox.wait();
    }
    sandbox.write("../unrelated/x", "what nobody asked for does not matter");
    prop_assert!(sandbox.holds(&seen), "nothing of it changed: {:?}", sandbox.differences(&seen));
    for edit in edits {
        apply(&sandbox, edit);
    }
    // Names that the program made and removed are nothing it depends on, as long as they are free.
    if !sandbox.holds(&seen) {
        prop_assert!(!sandbox.differences(&seen).is_empty());
    } else if !passing.iter().any(is_there) {
        prop_assert_eq!(sandbox.play_again(calls), first);
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_result_is_stale(
        world in proptest::collection::vec(edit(), 0..20),
        calls in proptest::collection::vec(call(), 1..8),
        edits in proptest::collection::vec(edit(), 0..3),
        is_settled in any::<bool>(),
    ) {
        check(&world, &calls, &edits, is_settled)?;
    }
}
