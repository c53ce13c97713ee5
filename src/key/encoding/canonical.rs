//! The canonical bytes of a fingerprint, and its key.
//!
//! A change of the format needs a new [`VERSION`], after which no entry that is stored is ever found again.

use super::encoder::{Encode, bytes_of};
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
            fn encode(&self, out: &mut Vec<u8>) {
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
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Exact(word) => (0_u8, word).encode(out),
            Self::Hashed(hashed) => (1_u8, hashed).encode(out),
        }
    }
}

impl Encode for TraceTimes {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Self::Exact => 0,
            Self::Ignore => 1,
        });
    }
}

impl Encode for FileState {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Missing => out.push(0),
            Self::Content(digest) => (1_u8, digest).encode(out),
            Self::Hashed(hashed) => (2_u8, hashed).encode(out),
            Self::Tree(digest) => (3_u8, digest).encode(out),
            Self::Matches { count, digest } => (4_u8, &(*count as u64, digest)).encode(out),
            Self::Stamped(digest) => (5_u8, digest).encode(out),
            Self::Directory => out.push(6),
        }
    }
}

impl Encode for OutputStreams {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Apart => out.push(0),
            Self::Joined => out.push(1),
            Self::Partly { stdout, stderr } => (2_u8, &(stdout, stderr)).encode(out),
            Self::Terminal { columns } => (3_u8, &u32::from(*columns)).encode(out),
        }
    }
}
