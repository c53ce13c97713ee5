//! Edits of one field of a fingerprint: each of them has to change its key.

use super::samples::sample;
use crate::key::digest::Digest;
use crate::key::fingerprint::{
    CodeFile, ExecMode, FileArgument, FileState, Fingerprint, HashedInput, InputText, TraceSpec,
    TraceTimes, WorkingDirectory,
};
use crate::output_streams::OutputStreams;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// An edit of one field, and its name.
pub(super) type Edit = (&'static str, fn(&mut Fingerprint));

/// A field, with a function that copies its value from another fingerprint.
pub(super) type Field = (&'static str, fn(&mut Fingerprint, &Fingerprint));

/// All fields.
pub(super) fn fields() -> Vec<Field> {
    macro_rules! fields {
        ($($field:ident)*) => {{
            // A field that is not listed here does not compile.
            let Fingerprint { $($field: _),* } = sample();
            vec![$((stringify!($field), |to, from| to.$field.clone_from(&from.$field))),*]
        }};
    }
    fields! {
        scope texts words ignored code arguments directory outputs variable_globs variables files
        pure_environment trace output_files finds_outputs stdin_with ignored_signals blocked_signals inherited_files
    }
}

pub(super) const EDITS: &[Edit] = &[
    ("the scope is longer", |it| it.scope.push('x')),
    ("there is no scope", |it| it.scope.clear()),
    ("a byte goes from the scope to the first text", |it| {
        let mut scope = OsString::from(std::mem::take(&mut it.scope));
        if let Some(text) = it.texts.first_mut() {
            shift(&mut scope, text);
        }
        it.scope = scope.into_string().expect("ASCII");
    }),
    ("one more empty text", |it| it.texts.push(OsString::new())),
    ("one text fewer", |it| drop(it.texts.pop())),
    ("the texts in another order", |it| it.texts.reverse()),
    ("a byte goes from one text to the next", |it| {
        if let [first, second, ..] = &mut it.texts[..] {
            shift(first, second);
        }
    }),
    ("a text becomes the command", |it| {
        if let Some(text) = it.texts.pop() {
            it.words.insert(0, InputText::Exact(text));
        }
    }),
    ("one more empty argument", |it| it.words.push(InputText::Exact(OsString::new()))),
    ("one argument fewer", |it| drop(it.words.pop())),
    ("the arguments in another order", |it| it.words.reverse()),
    ("a byte goes from one argument to the next", |it| {
        if let [InputText::Exact(first), InputText::Exact(second), ..] = &mut it.words[..] {
            shift(first, second);
        }
    }),
    ("two arguments in one", |it| {
        if let [InputText::Exact(first), InputText::Exact(second), ..] = &mut it.words[..] {
            first.push(std::mem::take(second));
            it.words.remove(1);
        }
    }),
    ("a word that was hashed counts as it is", |it| it.words.iter_mut().for_each(make_exact)),
    ("a word counts as a hash", |it| it.words.iter_mut().for_each(make_hashed)),
    ("another digest of a word", |it| it.words.iter_mut().for_each(change_digest)),
    ("an empty glob is ignored", |it| {
        it.ignored.insert(OsString::new());
    }),
    ("a glob of arguments becomes one of variables", |it| {
        it.variable_globs.extend(it.ignored.pop_last());
    }),
    ("the code in another order", |it| it.code.reverse()),
    ("one file of code fewer", |it| drop(it.code.pop())),
    ("code is found elsewhere", |it| edit_code(it, |code| code.path.push("x"))),
    ("code is linked elsewhere", |it| edit_code(it, |code| code.real.push("x"))),
    ("a byte goes from one path of code to the other", |it| {
        edit_code(it, |CodeFile { path, real, .. }| shift_path(path, real));
    }),
    ("code becomes a script, or none", |it| edit_code(it, |code| code.is_script ^= true)),
    ("code that is gone", |it| edit_code(it, |code| code.state = FileState::Missing)),
    ("code holds something else", |it| {
        edit_code(it, |code| code.state = FileState::Content(Digest([9; 32])));
    }),
    ("another right to execute", |it| edit_mode(it, |mode| mode.bits ^= 1)),
    ("root in place of no owner", |it| {
        edit_code(it, |code| code.mode.owner = code.mode.owner.xor(Some(0)));
    }),
    ("the owner becomes the group", |it| {
        edit_mode(it, |ExecMode { owner, group, .. }| std::mem::swap(owner, group));
    }),
    ("one more capability", |it| edit_mode(it, |mode| mode.capabilities.push(0))),
    ("no capability", |it| edit_mode(it, |mode| mode.capabilities.clear())),
    ("an argument names something else", |it| edit_key(&mut it.arguments)),
    ("an argument names nothing", |it| drop(it.arguments.pop_first())),
    ("an empty path in place of none", |it| {
        edit_argument(it, |argument| argument.real = argument.real.take().xor(Some("".into())));
    }),
    ("an argument is a link", |it| edit_argument(it, |argument| argument.real = Some("/c".into()))),
    ("an argument may be executed", |it| edit_argument(it, |argument| argument.mode.bits ^= 8)),
    ("an argument is named by an option", |it| {
        it.files.extend(it.arguments.pop_first().map(|(path, argument)| (path, argument.state)));
    }),
    ("the directory does not count", |it| it.directory = None),
    ("an empty directory", |it| {
        it.directory = Some(WorkingDirectory { physical: PathBuf::new(), logical: None });
    }),
    ("the directory has one name", |it| edit_directory(it, |it| it.logical = None)),
    ("the directory has an empty name", |it| {
        edit_directory(it, |it| it.logical = Some(OsString::new()));
    }),
    ("a byte goes from one name of the directory to the other", |it| {
        edit_directory(it, |WorkingDirectory { physical, logical }| {
            let mut path = std::mem::take(physical).into_os_string();
            shift(&mut path, logical.get_or_insert_default());
            *physical = path.into();
        });
    }),
    ("outputs apart", |it| it.outputs = OutputStreams::Apart),
    ("both outputs in one stream", |it| it.outputs = OutputStreams::Joined),
    ("no output", |it| it.outputs = OutputStreams::Partly { stdout: false, stderr: false }),
    ("only stdout", |it| it.outputs = OutputStreams::Partly { stdout: true, stderr: false }),
    ("only stderr", |it| it.outputs = OutputStreams::Partly { stdout: false, stderr: true }),
    ("a narrow terminal", |it| it.outputs = OutputStreams::Terminal { columns: 1 }),
    ("a terminal of unknown width", |it| it.outputs = OutputStreams::Terminal { columns: 0 }),
    ("an empty glob of variables", |it| {
        it.variable_globs.insert(OsString::new());
    }),
    ("one glob of variables fewer", |it| drop(it.variable_globs.pop_first())),
    ("an unset variable counts", |it| drop(it.variables.insert("NEW".into(), None))),
    ("a variable does not count", |it| drop(it.variables.pop_first())),
    ("a variable is unset", |it| edit_variable(it, |value| *value = None)),
    ("a variable is empty", |it| {
        edit_variable(it, |value| *value = Some(InputText::Exact(OsString::new())));
    }),
    ("a variable counts as a hash", |it| {
        edit_variable(it, |value| value.iter_mut().for_each(make_hashed));
    }),
    ("another variable has that value", |it| edit_key(&mut it.variables)),
    ("a byte goes from a variable's name to its value", |it| {
        if let Some((mut name, Some(InputText::Exact(mut value)))) = it.variables.pop_first() {
            shift(&mut name, &mut value);
            it.variables.insert(name, Some(InputText::Exact(value)));
        }
    }),
    ("a file does not count", |it| drop(it.files.pop_first())),
    ("a file of another name", |it| edit_key(&mut it.files)),
    ("a file is missing", |it| edit_file(it, |_| FileState::Missing)),
    ("a file counts by its content", |it| edit_file(it, FileState::Content)),
    ("a file counts by its stamp", |it| edit_file(it, FileState::Stamped)),
    ("a file counts by its name", |it| edit_file(it, |_| FileState::Directory)),
    ("a file is a directory", |it| edit_file(it, FileState::Tree)),
    ("a file is one of three", |it| {
        edit_file(it, |digest| FileState::Matches { count: 3, digest });
    }),
    ("a file counts as a hash", |it| {
        edit_file(it, |digest| FileState::Hashed(HashedInput { with: "cat".into(), digest }));
    }),
    ("another environment", |it| it.pure_environment ^= true),
    ("no trace", |it| it.trace = None),
    ("other times count", |it| edit_trace(it, |trace| trace.times = TraceTimes::Ignore)),
    ("the trace ignores nothing", |it| edit_trace(it, |trace| trace.ignored.clear())),
    ("the trace ignores fewer paths", |it| {
        edit_trace(it, |trace| drop(trace.ignored.pop_first()));
    }),
    ("a glob becomes the hash of stdin", |it| {
        let glob = it.trace.as_mut().and_then(|trace| trace.ignored.pop_last());
        it.stdin_with = glob;
    }),
    ("no output", |it| it.output_files.clear()),
    ("one output fewer", |it| drop(it.output_files.pop_first())),
    ("a glob of the trace becomes an output", |it| {
        let glob = it.trace.as_mut().and_then(|trace| trace.ignored.pop_last());
        it.output_files.extend(glob);
    }),
    ("outputs are not looked for", |it| it.finds_outputs = false),
    ("stdin is not hashed", |it| it.stdin_with = None),
    ("stdin is hashed by nothing", |it| it.stdin_with = Some(OsString::new())),
    ("another signal is ignored", |it| it.ignored_signals ^= 1 << 63),
    ("another signal is blocked", |it| it.blocked_signals ^= 1 << 63),
    ("the ignored signals are the blocked ones", |it| {
        std::mem::swap(&mut it.ignored_signals, &mut it.blocked_signals);
    }),
    ("one more descriptor", |it| it.inherited_files.push(0)),
    ("one descriptor fewer", |it| {
        it.inherited_files.pop();
    }),
    ("another descriptor", |it| it.inherited_files.iter_mut().for_each(|fd| *fd += 1)),
];

fn edit_trace(it: &mut Fingerprint, edit: impl FnOnce(&mut TraceSpec)) {
    if let Some(trace) = &mut it.trace {
        edit(trace);
    }
}

/// Moves the last byte of one text to the front of another.
fn shift(from: &mut OsString, to: &mut OsString) {
    let mut bytes = std::mem::take(from).into_vec();
    let moved = bytes.pop();
    *from = OsString::from_vec(bytes);
    *to = OsString::from_vec(moved.into_iter().chain(to.as_bytes().to_vec()).collect());
}

fn shift_path(from: &mut PathBuf, to: &mut PathBuf) {
    let [mut from_text, mut to_text] = [&*from, &*to].map(|path| path.as_os_str().to_owned());
    shift(&mut from_text, &mut to_text);
    (*from, *to) = (from_text.into(), to_text.into());
}

fn make_exact(text: &mut InputText) {
    if let InputText::Hashed(HashedInput { with, .. }) = text {
        *text = InputText::Exact(with.clone());
    }
}

fn make_hashed(text: &mut InputText) {
    if let InputText::Exact(word) = text {
        *text = InputText::Hashed(HashedInput { with: word.clone(), digest: Digest([0; 32]) });
    }
}

fn change_digest(text: &mut InputText) {
    if let InputText::Hashed(HashedInput { digest, .. }) = text {
        digest.0[31] ^= 1;
    }
}

fn edit_code(it: &mut Fingerprint, edit: impl FnOnce(&mut CodeFile)) {
    if let Some(code) = it.code.first_mut() {
        edit(code);
    }
}

fn edit_mode(it: &mut Fingerprint, edit: impl FnOnce(&mut ExecMode)) {
    edit_code(it, |code| edit(&mut code.mode));
}

fn edit_argument(it: &mut Fingerprint, edit: impl FnOnce(&mut FileArgument)) {
    if let Some(argument) = it.arguments.values_mut().next() {
        edit(argument);
    }
}

fn edit_directory(it: &mut Fingerprint, edit: impl FnOnce(&mut WorkingDirectory)) {
    if let Some(directory) = &mut it.directory {
        edit(directory);
    }
}

fn edit_variable(it: &mut Fingerprint, edit: impl FnOnce(&mut Option<InputText>)) {
    if let Some(value) = it.variables.values_mut().next() {
        edit(value);
    }
}

/// Gives the first file another state of the same digest.
fn edit_file(it: &mut Fingerprint, edit: impl FnOnce(Digest) -> FileState) {
    if let Some(state) = it.files.values_mut().next() {
        *state = edit(match state {
            FileState::Content(digest)
            | FileState::Tree(digest)
            | FileState::Stamped(digest)
            | FileState::Matches { digest, .. }
            | FileState::Hashed(HashedInput { digest, .. }) => *digest,
            FileState::Missing | FileState::Directory => Digest([0; 32]),
        });
    }
}

/// Lengthens the first key.
fn edit_key<V>(map: &mut BTreeMap<OsString, V>) {
    if let Some((mut key, value)) = map.pop_first() {
        key.push("x");
        map.insert(key, value);
    }
}
