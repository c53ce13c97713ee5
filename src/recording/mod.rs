//! The recording of a run: its output in order of arrival, and how it ended.
//!
//! The output is kept as frames, whose format is on disk inside the store. Memory stays flat: up to [`IN_MEMORY`]
//! bytes of frames are kept in memory, longer output is kept in a file. This module knows nothing of the store.

mod blocks;
mod body;
mod checksum;
mod finished;
mod frames;
mod recorder;

pub use blocks::{BlockFile, ContentDigest, UnreadableRecording};
pub use body::{Body, Content};
pub use checksum::{Checksum, Checksummer};
pub use finished::Recording;
pub use frames::StreamSet;
pub use recorder::{Abandoned, IN_MEMORY, Recorder};
