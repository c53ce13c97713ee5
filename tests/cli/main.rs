//! The program from outside: one file per behaviour.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod bad_input;
mod callers;
mod clear;
mod clear_filters;
mod clock;
mod completing;
mod config;
mod config_faults;
mod config_shown;
mod crowds;
mod damage;
mod descriptors;
mod doctor;
mod dry_run;
mod escapes;
mod explain;
mod fall_back;
mod file_arguments;
mod freshness;
mod harness;
mod hash_commands;
mod help;
mod ignored_words;
mod inputs;
mod json;
mod key;
mod kills;
mod launch;
mod laws;
mod left_behind;
mod limits;
mod listing;
mod lost_output;
mod miss;
mod no_room;
mod odd_rows;
mod order;
mod outlook;
mod process_one;
mod prune;
mod replay;
mod signals;
mod slips;
mod stale;
#[cfg(target_os = "linux")]
mod starved;
mod stats;
mod stdin;
mod stdin_file;
mod stdin_left_behind;
mod stdin_silent;
mod store_faults;
mod store_meanwhile;
mod streams;
#[cfg(target_os = "linux")]
mod system_calls;
mod terminal;
mod tilde;
mod trees;
mod trust;
mod trust_verb;
mod unstorable;
mod verbs;
mod warm;
