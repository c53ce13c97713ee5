//! Runs without processes: what a program would do is announced to a ledger and done, and then somebody edits files.

mod decisions;
mod random;
mod run;
