//! What the documents say is what happens: every console example of every page is tried.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod links;
mod page;
mod picture;
mod session;

use session::try_page;
use std::fs;
use std::path::Path;

#[test]
fn the_readme_is_true() {
    try_page("README.md");
}

#[test]
fn what_is_said_of_ci_is_true() {
    try_page("docs/ci.md");
}

/// A test for each page, so that they run side by side.
macro_rules! recipes {
    ($($name:ident)*) => {
        const RECIPES: &[&str] = &[$(stringify!($name)),*];
        mod recipes {
            $(#[test] fn $name() {
                crate::session::try_page(concat!("docs/recipes/", stringify!($name), ".md"));
            })*
        }
    };
}

recipes! { cloud editor fzf llm make prompt tests wrap }

#[test]
fn every_recipe_is_tried() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes");
    let pages = fs::read_dir(directory).expect("readable").map(|entry| {
        let path = entry.expect("readable").path();
        path.file_stem().expect("a name").to_string_lossy().into_owned()
    });
    let mut pages: Vec<String> = pages.collect();
    pages.sort();
    assert_eq!(pages, RECIPES);
}
