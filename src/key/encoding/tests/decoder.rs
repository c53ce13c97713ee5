//! Reads canonical bytes back.

use crate::key::digest::Digest;
use crate::key::fingerprint::{
    CodeFile, ExecMode, FileArgument, FileState, Fingerprint, HashedInput, InputText, TraceSpec,
    TraceTimes, WorkingDirectory,
};
use crate::output_streams::OutputStreams;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// Reads a fingerprint from canonical bytes. It holds those that are still to be read.
pub(super) struct Decoder<'b>(pub(super) &'b [u8]);

impl Decoder<'_> {
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

    fn hashed(&mut self) -> HashedInput {
        HashedInput { with: self.word(), digest: self.digest() }
    }

    fn text(&mut self) -> InputText {
        match self.tag() {
            0 => InputText::Exact(self.word()),
            _ => InputText::Hashed(self.hashed()),
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

    pub(super) fn fingerprint(mut self) -> Fingerprint {
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
                _ => {
                    OutputStreams::Terminal { columns: self.length().try_into().expect("a width") }
                }
            },
            variable_globs: self.list(Self::word),
            variables: self.list(|r| (r.word(), r.option(Self::text))),
            files: self.list(|r| (r.word(), r.state())),
            pure_environment: self.tag() == 1,
            trace: self.option(|r| TraceSpec {
                ignored: r.list(Self::word),
                times: if r.tag() == 0 { TraceTimes::Exact } else { TraceTimes::Ignore },
            }),
            output_files: self.list(Self::word),
            finds_outputs: self.tag() == 1,
            stdin_with: self.option(Self::word),
            ignored_signals: self.number(),
            blocked_signals: self.number(),
            inherited_files: self.list(Self::small),
        };
        assert!(self.0.is_empty(), "bytes left over");
        fingerprint
    }
}
