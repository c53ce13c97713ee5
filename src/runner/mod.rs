//! Running the command as if cachex were not there, and recording what it does.
//!
//! Callers see a synchronous function. Inside, a single-threaded runtime waits for both output pipes, for signals and
//! for the end of the command at once. The runner never touches the store and does not know why a result is kept. It
//! reports how the command ended, what it wrote and read, and whether all of that was recorded. It holds no lock.

mod async_fd;
mod background;
mod error;
mod inherited_files;
mod input;
mod job;
mod launch;
mod left_behind;
mod outcome;
mod output;
mod resources;
mod signals;
mod supervise;
mod terminal;
mod wait;

pub use background::{Background, in_background};
pub use error::{SpawnError, Unrecorded};
pub use job::Job;
pub use launch::{Environment, exec};
pub use outcome::Outcome;
pub use resources::have_resources;
pub use signals::die_of;
pub use supervise::run;
pub use wait::wait_until;
