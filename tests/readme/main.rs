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

#[test]
fn the_examples_of_the_ci_page_work() {
    run_page("docs/ci.md");
}

/// One test per recipe, so that they run in parallel.
macro_rules! recipes {
    ($($name:ident)*) => {
        const RECIPES: &[&str] = &[$(stringify!($name)),*];
        mod recipes {
            $(#[test] fn $name() {
                crate::session::run_page(concat!("docs/recipes/", stringify!($name), ".md"));
            })*
        }
    };
}

recipes! { cloud compile editor fzf llm make prompt tests wrap }

#[test]
fn every_recipe_has_a_test() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes");
    let pages = fs::read_dir(directory).expect("readable").map(|entry| {
        let path = entry.expect("readable").path();
        path.file_stem().expect("a name").to_string_lossy().into_owned()
    });
    let mut pages: Vec<String> = pages.collect();
    pages.sort();
    assert_eq!(pages, RECIPES);
}
