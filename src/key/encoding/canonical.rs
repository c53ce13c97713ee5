//! The canonical bytes of a fingerprint, and its key.
//!
//! A change of the format needs a new [`VERSION`], after which no entry that is stored is ever found again.

use super::encoder::{Encode, Encoder, bytes_of};
use crate::key::digest::Digest;
use crate::key::fingerprint::{
    CodeFile, ExecMode, FileArgument, FileState, Fingerprint, HashedInput, InputText, Key,
    TraceSpec, TraceTimes, WorkingDirectory,
};
use crate::output_streams::OutputStreams;

const VERSION: &str = "cachex key 6";

impl Fingerprint {
    /// The key of this fingerprint: the SHA-256 of its canonical bytes.
    pub fn key(&self) -> Key {
        Key(Digest::of(&bytes_of(&(VERSION, self))))
    }

    /// The keys whose entries may be replayed, its own first.
    pub fn keys(&self) -> Vec<Key> {
        let other = self.outputs.also_served_by();
        let other = other.map(|outputs| Self { outputs, ..self.clone() }.key());
        std::iter::once(self.key()).chain(other).collect()
    }
}

/// Encodes a struct as all of its fields, in this order.
macro_rules! encode_fields {
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl Encode for $type {
            fn encode(&self, out: &mut Encoder) {
                let Self { $($field),* } = self;
                $($field.encode(out);)*
            }
        }
    };
}

encode_fields!(Fingerprint {
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
    trace,
    output_files,
    finds_outputs,
    stdin_with,
    ignored_signals,
    blocked_signals,
    inherited_files,
});
encode_fields!(TraceSpec { ignored, times });
encode_fields!(HashedInput { with, digest });
encode_fields!(CodeFile { path, real, mode, state, is_script });
encode_fields!(FileArgument { state, real, mode });
encode_fields!(ExecMode { bits, owner, group, capabilities });
encode_fields!(WorkingDirectory { physical, logical });

impl Encode for InputText {
    fn encode(&self, out: &mut Encoder) {
        match self {
            Self::Exact(word) => out.tagged(0, word),
            Self::Hashed(hashed) => out.tagged(1, hashed),
        }
    }
}

impl Encode for TraceTimes {
    fn encode(&self, out: &mut Encoder) {
        out.tag(match self {
            Self::Exact => 0,
            Self::Ignore => 1,
        });
    }
}

impl Encode for FileState {
    fn encode(&self, out: &mut Encoder) {
        match self {
            Self::Missing => out.tag(0),
            Self::Content(digest) => out.tagged(1, digest),
            Self::Hashed(hashed) => out.tagged(2, hashed),
            Self::Tree(digest) => out.tagged(3, digest),
            Self::Matches { count, digest } => out.tagged(4, &(*count as u64, digest)),
            Self::Stamped(digest) => out.tagged(5, digest),
            Self::Directory => out.tag(6),
        }
    }
}

impl Encode for OutputStreams {
    fn encode(&self, out: &mut Encoder) {
        match self {
            Self::Apart => out.tag(0),
            Self::Joined => out.tag(1),
            Self::Partly { stdout, stderr } => out.tagged(2, &(stdout, stderr)),
            Self::Terminal { columns } => out.tagged(3, &u32::from(*columns)),
        }
    }
}
