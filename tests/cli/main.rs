//! The program from outside: one file per behaviour.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod bad_input;
mod callers;
mod clear;
mod clear_filters;
mod doctor;
mod freshness;
mod harness;
mod key;
mod limits;
mod listing;
mod miss;
mod prune;
mod replay;
mod signals;
mod stale;
mod stats;
mod stdin;
mod store_faults;
mod streams;
mod terminal;
mod verbs;
