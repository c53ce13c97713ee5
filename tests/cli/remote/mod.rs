//! Results that travel between machines, through a store that speaks HTTP.

mod bounded;
mod check;
mod cleared;
mod clock;
mod counted;
mod examined;
mod explained;
mod failing;
mod machine;
mod options;
mod origin;
mod piped;
mod process_one;
mod pushing;
mod refused;
mod secret;
mod secret_in_file;
mod server;
mod settings;
mod shared;
mod told;
mod traced;
mod unattended;
mod unusable;
mod verb;
