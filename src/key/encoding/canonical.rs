//! The canonical bytes of a fingerprint, and its key.
//!
//! A change of the format needs a new [`VERSION`], after which no entry that is stored is ever found again.

use super::encoder::{Encode, Encoder, bytes_of};
use crate::key::digest::Digest;
use crate::key::fingerprint::{
    CodeFile, ExecMode, FileArgument, FileState, Fingerprint, HashedInput, InputText, Key,
    WorkingDirectory,
};
use crate::output_streams::OutputStreams;

const VERSION: &[u8] = b"cachex key 4";

impl Fingerprint {
    /// The key of this fingerprint: the SHA-256 of its canonical bytes.
    #[must_use]
    pub fn key(&self) -> Key {
        Key(Digest::of(&bytes_of(self)))
    }

    /// The keys whose entries may be replayed, its own first.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        let other = self.outputs.also_served_by();
        let other = other.map(|outputs| Self { outputs, ..self.clone() }.key());
        std::iter::once(self.key()).chain(other).collect()
    }
}

impl Encode for Fingerprint {
    fn encode(&self, out: &mut Encoder) {
        let Self {
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
        } = self;
        out.bytes(VERSION);
        scope.encode(out);
        texts.encode(out);
        words.encode(out);
        ignored.encode(out);
        code.encode(out);
        arguments.encode(out);
        directory.encode(out);
        outputs.encode(out);
        variable_globs.encode(out);
        variables.encode(out);
        files.encode(out);
        pure_environment.encode(out);
        stdin_with.encode(out);
        ignored_signals.encode(out);
        blocked_signals.encode(out);
        out.list(inherited_files.iter().map(|fd| fd.unsigned_abs()));
    }
}

impl Encode for InputText {
    fn encode(&self, out: &mut Encoder) {
        match self {
            Self::Exact(word) => {
                out.tag(0);
                word.encode(out);
            }
            Self::Hashed(hashed) => {
                out.tag(1);
                hashed.encode(out);
            }
        }
    }
}

impl Encode for HashedInput {
    fn encode(&self, out: &mut Encoder) {
        let Self { with, digest } = self;
        with.encode(out);
        digest.encode(out);
    }
}

impl Encode for CodeFile {
    fn encode(&self, out: &mut Encoder) {
        let Self { path, real, mode, state, is_script } = self;
        path.encode(out);
        real.encode(out);
        mode.encode(out);
        state.encode(out);
        is_script.encode(out);
    }
}

impl Encode for FileArgument {
    fn encode(&self, out: &mut Encoder) {
        let Self { state, real, mode } = self;
        state.encode(out);
        real.encode(out);
        mode.encode(out);
    }
}

impl Encode for ExecMode {
    fn encode(&self, out: &mut Encoder) {
        let Self { bits, owner, group, capabilities } = self;
        bits.encode(out);
        owner.encode(out);
        group.encode(out);
        out.bytes(capabilities);
    }
}

impl Encode for FileState {
    fn encode(&self, out: &mut Encoder) {
        match self {
            Self::Missing => out.tag(0),
            Self::Content(digest) => {
                out.tag(1);
                digest.encode(out);
            }
            Self::Hashed(hashed) => {
                out.tag(2);
                hashed.encode(out);
            }
            Self::Tree(digest) => {
                out.tag(3);
                digest.encode(out);
            }
            Self::Matches { count, digest } => {
                out.tag(4);
                (*count as u64).encode(out);
                digest.encode(out);
            }
            Self::Stamped(digest) => {
                out.tag(5);
                digest.encode(out);
            }
            Self::Directory => out.tag(6),
        }
    }
}

impl Encode for WorkingDirectory {
    fn encode(&self, out: &mut Encoder) {
        let Self { physical, logical } = self;
        physical.encode(out);
        logical.encode(out);
    }
}

impl Encode for OutputStreams {
    fn encode(&self, out: &mut Encoder) {
        match self {
            Self::Apart => out.tag(0),
            Self::Joined => out.tag(1),
            Self::Partly { stdout, stderr } => {
                out.tag(2);
                stdout.encode(out);
                stderr.encode(out);
            }
            Self::Terminal { columns } => {
                out.tag(3);
                u32::from(*columns).encode(out);
            }
        }
    }
}
