//! The program from outside: one file per behaviour.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod clear;
mod clear_filters;
mod clock;
mod code;
mod config;
mod config_faults;
mod config_ownership;
mod config_shown;
mod damage;
mod damaged_pages;
mod descriptors;
mod doctor;
mod dry_run;
mod escapes;
mod explain;
mod file_arguments;
mod freshness;
mod harness;
mod hash_commands;
mod help;
mod ignore_arg;
mod init;
mod inputs;
mod job_control;
mod json;
mod key;
mod kill_9;
mod large_arguments;
mod launch;
mod laws;
mod layout;
mod limits;
mod listing;
mod lost_output;
mod many_processes;
mod miss;
#[cfg(target_os = "linux")]
mod missing_resources;
mod no_room;
mod objects;
mod output_disturbed;
mod output_explained;
mod output_file_verbs;
mod output_files;
mod output_left_behind;
#[cfg(target_os = "linux")]
mod output_programs;
mod output_store;
mod predictions;
mod process_one;
mod prune;
mod pty;
mod questions;
mod remembered_trees;
#[cfg(feature = "remote")]
mod remote;
mod replay;
mod shell_completion;
mod signal_losses;
mod signals;
mod single_flight;
mod special_arguments;
mod spinner;
mod stale_if_error;
mod stale_while_revalidate;
mod stats;
mod stdin;
mod stdin_file;
mod stdin_left_behind;
mod stdin_silent;
mod stopped_lock_holder;
mod stopping;
mod store_faults;
mod store_locked;
mod store_meanwhile;
mod store_model;
mod stored_files;
mod stored_files_side_by_side;
mod stream_order;
mod streams;
#[cfg(target_os = "linux")]
mod system_calls;
mod tilde;
#[cfg(target_os = "linux")]
mod trace;
#[cfg(target_os = "linux")]
mod trace_terminal;
mod traced_verbs;
mod trust_verb;
mod unexpected_rows;
mod unmatched_options;
#[cfg(target_os = "linux")]
mod unreadable_inputs;
mod unstorable;
mod usage_errors;
mod verbs;
mod warm;
