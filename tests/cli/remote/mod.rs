//! Results that travel between machines, through a store that speaks HTTP.

mod check;
mod cleared;
mod clock;
mod counted;
mod explained;
mod failing;
mod machine;
mod process_one;
mod pushing;
mod refused;
mod secret;
mod server;
mod shared;
mod told;
mod verb;
