//! A small project, programs that use it, and somebody who edits it.

use super::run::{Call, Sandbox, set_time};
use crate::inputs::{RenameKind, SeenInputs};
use std::fs;
use std::os::unix::fs::symlink;

pub(super) fn read(path: &str) -> Call {
    Call::Read(path.into())
}

pub(super) fn write(path: &str) -> Call {
    Call::Write(path.into(), "written")
}

pub(super) fn remove(path: &str) -> Call {
    Call::Remove(path.into())
}

pub(super) fn make_directory(path: &str) -> Call {
    Call::MakeDirectory(path.into())
}

pub(super) fn create(path: &str) -> Call {
    Call::CreateNew(path.into(), "new")
}

pub(super) fn rename(source: &str, target: &str) -> Call {
    Call::Rename(source.into(), target.into(), RenameKind::Replace)
}

pub(super) fn list(path: &str) -> Call {
    Call::List(path.into())
}

pub(super) fn stat(path: &str) -> Call {
    Call::Stat(path.into(), true)
}

pub(super) fn access(path: &str) -> Call {
    Call::Access(path.into(), true)
}

pub(super) fn link_to(target: &str, path: &str) -> Call {
    Call::MakeLink(target.into(), path.into())
}

/// A project with a few files.
pub(super) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, text) in [("a", "one"), ("d/x", "two"), ("d/e/y", "three"), ("../o/z", "four")] {
        sandbox.write(name, text);
        set_time(&sandbox.path(name), 1_000_000);
    }
    symlink("a", sandbox.path("l")).expect("linked");
    symlink("d", sandbox.path("m")).expect("linked");
    sandbox
}

pub(super) fn asked_of(seen: &SeenInputs) -> Vec<String> {
    let mut asked = Vec::new();
    let mut questions = seen.shape.questions();
    while let Some(question) = questions.next() {
        asked.push(String::from_utf8_lossy(question.path).into_owned());
    }
    asked
}

pub(super) type Edit<'e> = (&'e str, &'e dyn Fn(&Sandbox));

/// Each edit alone spoils the result; nothing else does.
pub(super) fn assert_spoiled_by(calls: &[Call], edits: &[Edit<'_>]) {
    for (name, edit) in edits {
        let sandbox = sandbox();
        let seen = sandbox.run(calls).expect("stored");
        assert!(sandbox.holds(&seen), "{calls:?} at once");
        sandbox.wait();
        edit(&sandbox);
        assert!(!sandbox.holds(&seen), "{calls:?} after {name}");
        assert!(!sandbox.differences(&seen).is_empty(), "{calls:?} after {name}");
    }
}

pub(super) fn assert_kept_by(calls: &[Call], edits: &[Edit<'_>]) {
    for (name, edit) in edits {
        let sandbox = sandbox();
        let seen = sandbox.run(calls).expect("stored");
        sandbox.wait();
        edit(&sandbox);
        assert!(sandbox.holds(&seen), "{calls:?} after {name}: {:?}", sandbox.differences(&seen));
    }
}

pub(super) fn file(name: &'static str, text: &'static str) -> impl Fn(&Sandbox) {
    move |sandbox| fs::write(sandbox.path(name), text).expect("written")
}

pub(super) fn gone(name: &'static str) -> impl Fn(&Sandbox) {
    move |sandbox| fs::remove_file(sandbox.path(name)).expect("removed")
}

/// Another content with the size and the time of the old one.
pub(super) fn sly(name: &'static str, text: &'static str) -> impl Fn(&Sandbox) {
    move |sandbox| {
        fs::write(sandbox.path(name), text).expect("written");
        set_time(&sandbox.path(name), 1_000_000);
    }
}
