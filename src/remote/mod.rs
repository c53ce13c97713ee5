//! One cache for many machines: results as sealed objects in an engine that others run.
//!
//! Two halves that meet in one place, a file of sealed bytes under an [`ObjectName`]:
//!
//! * `secret`, `name`, `sealed`, `pack` and the portable key know no network. They name an object, write it from streams,
//!   and believe nothing of one that arrives before all of it was verified.
//! * The engines and the child process that speaks to them know no keys. They move sealed bytes, whole or not at all.
//!
//! # What the network half is given
//!
//! * To push: an [`ObjectName`] and a file with a sealed object in it, from its first byte to its end.
//! * To fetch: an [`ObjectName`], an empty file without a name that the bytes go to, and the most bytes that it may grow
//!   to. A longer answer is a fault. What the file holds after a fault is never looked at.
//! * It reports the time by the clock of the engine with every answer, in milliseconds since 1970. Ages count in that
//!   clock: the [`ended`](PackHead::ended) of a pack is written in it, and read in it.
//!
//! An [`ObjectName`] is a path such as `v1/main/3f/3f09…`, of `[A-Za-z0-9._/-]` only. It needs no escaping in a URL, and the
//! prefix of an engine goes in front of it.
//!
//! # What the other half does
//!
//! ```text
//! Secrets::new(&variables)                      the keys of the team, who may write, whom readers trust
//! Namer::new(&secrets, &namespace).first(..)    where to look first: a pack, or a marker that says where to look next
//! Namer::new(&secrets, &namespace).conditional(..)the second and last place
//! SealedWriter::new(file, kind, &name, ..)      writes an object: a pack (PackWriter), a Marker, a RemoteTombstone
//! SealedObject::verify(file, &name, ..)         reads it, checked whole; PackReader streams what is in it
//! ```

pub mod access;
pub mod breaker;
pub mod check;
pub mod child;
pub mod engine;
mod name;
mod pack;
mod portable;
pub mod push;
mod sealed;
mod secret;
#[cfg(test)]
mod tests;
pub mod url;

pub use name::{Namer, Namespace, NotAName, ObjectName, part_digest};
pub use pack::condition::encode_condition;
pub use pack::head::{PackHead, PackLimits, PackedFiles};
pub use pack::marker::{Marker, RemoteTombstone, ResultRoute};
pub use pack::reader::PackReader;
pub use pack::route::{encode_route, short_name};
pub use pack::writer::PackWriter;
pub use portable::key::{NotPortable, portable_key, portable_parts};
pub use portable::mentions::MentionSearch;
pub use portable::platform::PlatformFacts;
pub use portable::project::SharedProject;
pub use sealed::ObjectKind;
pub use sealed::reader::{SealedObject, Unverified};
pub use sealed::refusal::Refusal;
pub use sealed::writer::SealedWriter;
pub use secret::keygen::new_secrets;
pub use secret::keys::{KeyId, Sealing, Secrets};
pub use secret::seal::SealFault;
pub use secret::text::BadSecret;
