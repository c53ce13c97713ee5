//! The key: everything that a result depends on and that is known before the command runs.
//!
//! [`KeySpec`] names the inputs that count, [`observe()`] looks at them, [`Fingerprint`] holds all that was seen, and
//! [`Key`] is its digest. Only [`observe()`] reads the world for the key. Nothing here knows the store or time to
//! live.

mod caveats;
mod code;
mod differences;
mod digest;
mod encoding;
mod error;
mod files;
mod fingerprint;
mod hash_with;
mod observation;
mod observe;
mod parts;
mod spec;
mod words;

pub use caveats::Caveat;
pub use code::command_name::{CommandName, names_of};
pub use code::program::{Program, ResolveError};
pub use differences::{Difference, StoredPart, differences};
pub use digest::{Digest, DigestBuilder};
pub use encoding::{decode_words, encode_words};
pub use error::Unreadable;
pub use files::memory::{DigestMemory, LearnedDigest};
pub use files::named::check_file_word;
pub use files::reading::HUGE;
pub use files::stamp::{FileStamp, Stamp};
pub use fingerprint::{
    CodeFile, ExecMode, FileArgument, FileState, Fingerprint, HashedInput, InputText, Key,
    NamedFiles, TraceSpec, TraceTimes, WorkingDirectory,
};
pub use hash_with::HashWith;
pub use observation::{InputChange, Observation};
pub use observe::observe;
pub use parts::KeyPart;
pub use spec::KeySpec;
pub use words::environment::VariableSelector;
pub use words::file_names::names_in;
pub use words::ignored::{ArgumentGlob, masked};
