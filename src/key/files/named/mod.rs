//! `--file`: files, directories and globs that count by their content.

mod contents;
mod glob;
mod survey;
mod tree;

pub use contents::check_file_word;
pub(crate) use contents::observe;
pub(crate) use survey::FileSurvey;
