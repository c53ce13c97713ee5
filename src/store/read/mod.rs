//! Reading the database for a look-up: page by page where that is possible, through SQLite otherwise.

pub(in crate::store) mod database;
mod pages;
