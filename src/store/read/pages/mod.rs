//! A look-up without SQLite: the pages of the database, read straight from its file.

mod file;
pub(super) mod reader;
mod record;
#[cfg(test)]
mod tests;
mod tree;
pub(super) mod unsupported;
