//! One call of a command, from what is stored for it to its exit. `run` and `explain` share it.
//!
//! Each file is one step, in the order in which they build on each other. A step never ends the call for a fault of the
//! store: it warns, and the command runs. While the command runs no transaction is open, and only callers of the same
//! key wait.

mod context;
mod decide;
mod ending;
mod execute;
mod fall_back;
mod fill;
mod forecast;
mod keep;
mod nearest;
mod output_as_input;
mod prepare;
mod renew;
mod serve;
mod single_flight;
mod uncached;

pub use context::{Call, find_program};
pub use forecast::Forecast;
pub use nearest::Nearest;
pub use prepare::Prepared;
