//! Reading the database for a look-up: page by page where that is possible, through SQLite otherwise.

pub mod database;
mod pages;
