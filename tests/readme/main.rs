//! What the documents say is what happens: every console example of every page is tried.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod page;
mod picture;
mod session;

use session::try_page;

#[test]
fn the_readme_is_true() {
    try_page("README.md");
}
