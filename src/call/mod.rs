//! One call of a command, from the look-up to its exit. `run` and `explain` share it.
//!
//! A fault of the store never ends a call: it is a warning, and the command runs. While the command runs no transaction
//! is open, and only callers of the same key wait.
//!
//! Each file is one step. From the bottom: `context` (what all steps know), `ending` (the exit), `output_as_input`,
//! `uncached`, `prepare`, `decide`, `execute`, `keep`, `fall_back`, `renew`, `serve` (a hit), `fill` (a miss),
//! `remote` (results of other machines), `single_flight`, `nearest`, `forecast`. Each uses only what stands before it.

mod caveats;
mod context;
mod decide;
mod ending;
mod execute;
mod fall_back;
mod fill;
mod forecast;
mod inputs;
mod keep;
mod nearest;
mod output_as_input;
mod outputs;
mod prepare;
#[cfg(feature = "remote")]
mod remote;
#[cfg(not(feature = "remote"))]
mod remote_left_out;
#[cfg(feature = "remote")]
mod remote_state;
mod renew;
mod serve;
mod sharing_forecast;
mod single_flight;
mod store_result;
mod uncached;

pub use context::{Call, find_program};
pub use forecast::Forecast;
pub use nearest::Nearest;
pub use prepare::Prepared;
pub use sharing_forecast::{ForeseenPart, ForeseenSharing, SharingForecast};
