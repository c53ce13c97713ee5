//! Runs every console example of every page and compares its output.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod links;
mod page;
mod picture;
mod session;

use session::run_page;
use std::fs;
use std::path::Path;

#[test]
fn the_examples_of_the_readme_work() {
    run_page("README.md");
}

/// One test per page of a directory, so that pages run in parallel, and one test that finds pages without a test.
macro_rules! pages {
    ($module:ident in $directory:literal: $($name:ident)*) => {
        mod $module {
            $(#[test] fn $name() {
                crate::session::run_page(concat!($directory, "/", stringify!($name), ".md"));
            })*

            #[test]
            fn every_page_has_a_test() {
                assert_eq!(crate::pages_in($directory), [$(stringify!($name)),*]);
            }
        }
    };
}

pages! { docs in "docs": ci design fleet reference releasing speed }
pages! { recipes in "docs/recipes": callers cloud compile cron editor fzf generate git llm make parallel prompt tests tmux wrap }

/// The names of the pages in this directory, sorted.
fn pages_in(directory: &str) -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let paths =
        fs::read_dir(directory).expect("readable").map(|entry| entry.expect("readable").path());
    let pages = paths.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let name =
        |path: std::path::PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut names: Vec<String> = pages.map(name).collect();
    names.sort();
    names
}
