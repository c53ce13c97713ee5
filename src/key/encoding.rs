//! Canonical bytes: two different fingerprints never give the same.
//!
//! Every string carries its length, every list its count and every alternative a tag, so the bytes
//! can be read back in one way only; the tests do that. The format is part of every key: a change
//! needs a new [`VERSION`], after which old entries are never found again.

use super::digest::Digest;
use super::fingerprint::{
    CodeFile, ExecMode, FileArgument, FileState, Fingerprint, Hashed, Key, Text,
};
use crate::output_streams::OutputStreams;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

const VERSION: &[u8] = b"cachex key 4";

impl Fingerprint {
    /// The key of this fingerprint: the SHA-256 of its canonical bytes.
    #[must_use]
    pub fn key(&self) -> Key {
        Key(Digest::of(&canonical(self)))
    }

    /// The keys whose entries may be replayed, the own one first.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        let other = self.outputs.also_served_by();
        let other = other.map(|outputs| Self { outputs, ..self.clone() }.key());
        std::iter::once(self.key()).chain(other).collect()
    }
}

/// The bytes that are hashed.
#[must_use]
pub fn canonical(fingerprint: &Fingerprint) -> Vec<u8> {
    let Fingerprint {
        scope,
        texts,
        words,
        ignored,
        code,
        arguments,
        directory,
        outputs,
        variable_globs,
        variables,
        files,
        pure_environment,
        stdin_with,
        ignored_signals,
        blocked_signals,
        inherited_files,
    } = fingerprint;
    let mut out = Writer(Vec::with_capacity(512));
    out.bytes(VERSION);
    out.bytes(scope.as_bytes());
    out.list(texts, |out, text| out.word(text));
    out.list(words, Writer::text);
    out.list(ignored, |out, glob| out.word(glob));
    out.list(code, Writer::code);
    out.list(arguments, |out, (path, argument)| {
        out.word(path);
        out.argument(argument);
    });
    out.option(directory.as_ref(), |out, directory| {
        out.word(directory.physical.as_os_str());
        out.option(directory.logical.as_ref(), |out, logical| out.word(logical));
    });
    match outputs {
        OutputStreams::Apart => out.tag(0),
        OutputStreams::Joined => out.tag(1),
        OutputStreams::Partly { stdout, stderr } => {
            out.tag(2);
            out.tag(u8::from(*stdout));
            out.tag(u8::from(*stderr));
        }
        OutputStreams::Terminal { columns } => {
            out.tag(3);
            out.length(usize::from(*columns));
        }
    }
    out.list(variable_globs, |out, glob| out.word(glob));
    out.list(variables, |out, (name, value)| {
        out.word(name);
        out.option(value.as_ref(), Writer::text);
    });
    out.list(files, |out, (word, found)| {
        out.word(word);
        out.state(found);
    });
    out.tag(u8::from(*pure_environment));
    out.option(stdin_with.as_ref(), |out, command| out.word(command));
    out.number(*ignored_signals);
    out.number(*blocked_signals);
    out.list(inherited_files, |out, fd| out.number(u64::from(fd.unsigned_abs())));
    out.0
}

/// The canonical bytes of a text.
pub(super) fn text_bytes(text: &Text) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    out.text(text);
    out.0
}

/// The canonical bytes of a file that runs.
pub(super) fn code_bytes(file: &CodeFile) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    out.code(file);
    out.0
}

/// The canonical bytes of what an argument names.
pub(super) fn argument_bytes(argument: &FileArgument) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    out.argument(argument);
    out.0
}

/// The canonical bytes of what a file holds.
pub(super) fn state_bytes(state: &FileState) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    out.state(state);
    out.0
}

/// Words as bytes: the encoding of a list is a prefix of the encoding of every longer list that
/// starts with it.
pub fn encode_words<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> Vec<u8> {
    let mut bytes = Vec::new();
    append_words(words, &mut bytes);
    bytes
}

/// Appends what [`encode_words`] gives.
pub(super) fn append_words<'a>(words: impl IntoIterator<Item = &'a OsStr>, bytes: &mut Vec<u8>) {
    let mut out = Writer(std::mem::take(bytes));
    words.into_iter().for_each(|word| out.word(word));
    *bytes = out.0;
}

/// The counterpart of [`encode_words`]; `None` for bytes that it never gives.
#[must_use]
pub fn decode_words(mut bytes: &[u8]) -> Option<Vec<OsString>> {
    let mut words = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (word, rest) = rest.split_at_checked(u64::from_le_bytes(*length).try_into().ok()?)?;
        words.push(OsString::from_vec(word.to_vec()));
        bytes = rest;
    }
    Some(words)
}

struct Writer(Vec<u8>);

impl Writer {
    fn tag(&mut self, tag: u8) {
        self.0.push(tag);
    }

    fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn word(&mut self, word: &OsStr) {
        self.bytes(word.as_bytes());
    }

    fn text(&mut self, text: &Text) {
        match text {
            Text::Exact(word) => {
                self.tag(0);
                self.word(word);
            }
            Text::Hashed(hashed) => {
                self.tag(1);
                self.hashed(hashed);
            }
        }
    }

    fn hashed(&mut self, Hashed { with, digest }: &Hashed) {
        self.word(with);
        self.bytes(digest.as_bytes());
    }

    fn code(&mut self, CodeFile { path, real, mode, state, is_script }: &CodeFile) {
        self.word(path.as_os_str());
        self.word(real.as_os_str());
        self.mode(mode);
        self.state(state);
        self.tag(u8::from(*is_script));
    }

    fn argument(&mut self, FileArgument { state, real, mode }: &FileArgument) {
        self.state(state);
        self.option(real.as_ref(), |out, real| out.word(real.as_os_str()));
        self.mode(mode);
    }

    fn mode(&mut self, ExecMode { bits, owner, group, capabilities }: &ExecMode) {
        self.number(u64::from(*bits));
        self.option(*owner, |out, owner| out.number(u64::from(owner)));
        self.option(*group, |out, group| out.number(u64::from(group)));
        self.bytes(capabilities);
    }

    fn state(&mut self, state: &FileState) {
        match state {
            FileState::Missing => self.tag(0),
            FileState::Content(digest) => {
                self.tag(1);
                self.bytes(digest.as_bytes());
            }
            FileState::Hashed(hashed) => {
                self.tag(2);
                self.hashed(hashed);
            }
            FileState::Tree(digest) => {
                self.tag(3);
                self.bytes(digest.as_bytes());
            }
            FileState::Matches { count, digest } => {
                self.tag(4);
                self.length(*count);
                self.bytes(digest.as_bytes());
            }
            FileState::Stamped(digest) => {
                self.tag(5);
                self.bytes(digest.as_bytes());
            }
            FileState::Directory => self.tag(6),
        }
    }

    fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.tag(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn list<C>(&mut self, items: C, mut write: impl FnMut(&mut Self, C::Item))
    where
        C: IntoIterator<IntoIter: ExactSizeIterator>,
    {
        let items = items.into_iter();
        self.length(items.len());
        items.for_each(|item| write(self, item));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::WorkingDirectory;
    use super::*;
    use proptest::collection::{btree_map, btree_set, vec};
    use proptest::prelude::*;
    use std::path::PathBuf;

    /// Reads canonical bytes back; that this succeeds shows that the encoding is injective.
    struct Reader<'b>(&'b [u8]);

    impl Reader<'_> {
        fn tag(&mut self) -> u8 {
            let (tag, rest) = self.0.split_first().expect("a tag");
            self.0 = rest;
            *tag
        }

        fn number(&mut self) -> u64 {
            let (number, rest) = self.0.split_first_chunk::<8>().expect("a number");
            self.0 = rest;
            u64::from_le_bytes(*number)
        }

        fn small<N: TryFrom<u64, Error: std::fmt::Debug>>(&mut self) -> N {
            self.number().try_into().expect("a small number")
        }

        fn length(&mut self) -> usize {
            self.small()
        }

        fn code(&mut self) -> CodeFile {
            let (path, real) = (self.word().into(), self.word().into());
            let mode = self.mode();
            CodeFile { path, real, mode, state: self.state(), is_script: self.tag() == 1 }
        }

        fn mode(&mut self) -> ExecMode {
            ExecMode {
                bits: self.small(),
                owner: self.option(Self::small),
                group: self.option(Self::small),
                capabilities: self.word().into_vec(),
            }
        }

        fn argument(&mut self) -> FileArgument {
            FileArgument {
                state: self.state(),
                real: self.option(|r| r.word().into()),
                mode: self.mode(),
            }
        }

        fn word(&mut self) -> OsString {
            let length = self.length();
            let (word, rest) = self.0.split_at(length);
            self.0 = rest;
            OsString::from_vec(word.to_vec())
        }

        fn digest(&mut self) -> Digest {
            Digest(self.word().as_bytes().try_into().expect("32 bytes"))
        }

        fn hashed(&mut self) -> Hashed {
            Hashed { with: self.word(), digest: self.digest() }
        }

        fn text(&mut self) -> Text {
            match self.tag() {
                0 => Text::Exact(self.word()),
                _ => Text::Hashed(self.hashed()),
            }
        }

        fn state(&mut self) -> FileState {
            match self.tag() {
                0 => FileState::Missing,
                1 => FileState::Content(self.digest()),
                2 => FileState::Hashed(self.hashed()),
                3 => FileState::Tree(self.digest()),
                5 => FileState::Stamped(self.digest()),
                6 => FileState::Directory,
                _ => FileState::Matches { count: self.length(), digest: self.digest() },
            }
        }

        fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
            (self.tag() == 1).then(|| read(self))
        }

        fn list<T, C: FromIterator<T>>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> C {
            (0..self.length()).map(|_| read(self)).collect()
        }

        fn fingerprint(mut self) -> Fingerprint {
            assert_eq!(self.word().as_bytes(), VERSION);
            let fingerprint = Fingerprint {
                scope: self.word().into_string().expect("UTF-8"),
                texts: self.list(Self::word),
                words: self.list(Self::text),
                ignored: self.list(Self::word),
                code: self.list(Self::code),
                arguments: self.list(|r| (r.word(), r.argument())),
                directory: self.option(|r| WorkingDirectory {
                    physical: PathBuf::from(r.word()),
                    logical: r.option(Self::word),
                }),
                outputs: match self.tag() {
                    0 => OutputStreams::Apart,
                    1 => OutputStreams::Joined,
                    2 => OutputStreams::Partly { stdout: self.tag() == 1, stderr: self.tag() == 1 },
                    _ => OutputStreams::Terminal {
                        columns: self.length().try_into().expect("a width"),
                    },
                },
                variable_globs: self.list(Self::word),
                variables: self.list(|r| (r.word(), r.option(Self::text))),
                files: self.list(|r| (r.word(), r.state())),
                pure_environment: self.tag() == 1,
                stdin_with: self.option(Self::word),
                ignored_signals: self.number(),
                blocked_signals: self.number(),
                inherited_files: self.list(Self::small),
            };
            assert!(self.0.is_empty(), "bytes left over");
            fingerprint
        }
    }

    /// Few different bytes and short words, so that neighbours collide if they can.
    fn word() -> impl Strategy<Value = OsString> {
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
            (any::<u8>(), any::<[u8; 32]>()).prop_map(|(count, d)| FileState::Matches {
                count: count.into(),
                digest: Digest(d)
            }),
        ]
    }

    fn hashed() -> impl Strategy<Value = Hashed> {
        (word(), any::<[u8; 32]>()).prop_map(|(with, d)| Hashed { with, digest: Digest(d) })
    }

    fn text() -> impl Strategy<Value = Text> {
        prop_oneof![3 => word().prop_map(Text::Exact), 1 => hashed().prop_map(Text::Hashed)]
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
        let parts =
            (any::<u32>(), any::<Option<u32>>(), any::<Option<u32>>(), vec(any::<u8>(), 0..3));
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
            any::<(bool, bool)>()
                .prop_map(|(stdout, stderr)| OutputStreams::Partly { stdout, stderr }),
            any::<u16>().prop_map(|columns| OutputStreams::Terminal { columns }),
        ]
    }

    prop_compose! {
        fn fingerprint()(
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
            (pure_environment, stdin_with, (ignored_signals, blocked_signals), inherited_files) in (
                any::<bool>(), proptest::option::of(word()), any::<(u64, u64)>(), vec(0i32..99, 0..3),
            ),
        ) -> Fingerprint {
            Fingerprint {
                scope, texts, words, ignored, code, arguments, directory, outputs, variable_globs,
                variables, files, pure_environment, stdin_with, ignored_signals,
                blocked_signals, inherited_files,
            }
        }
    }

    proptest! {
        #[test]
        fn the_encoding_is_injective(fingerprint in fingerprint()) {
            prop_assert_eq!(Reader(&canonical(&fingerprint)).fingerprint(), fingerprint);
        }

        #[test]
        fn different_fingerprints_have_different_keys(a in fingerprint(), b in fingerprint()) {
            prop_assert_eq!(a == b, a.key() == b.key());
        }

        #[test]
        fn words_survive(words in vec(word(), 0..5)) {
            let bytes = encode_words(words.iter().map(OsString::as_os_str));
            prop_assert_eq!(decode_words(&bytes), Some(words));
        }

        #[test]
        fn any_bytes_are_decoded_without_a_panic(bytes in vec(any::<u8>(), 0..40)) {
            if let Some(words) = decode_words(&bytes) {
                prop_assert_eq!(encode_words(words.iter().map(OsString::as_os_str)), bytes);
            }
        }
    }
}
