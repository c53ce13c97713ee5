//! Runs without processes: what a program would do is announced to a ledger and done, and then somebody edits files.

mod looks;
mod own_writes;
mod project;
mod random;
mod run;
mod surroundings;
mod travel;
