//! `cachex man [VERB]`: prints a manual page from `man/`, where no package has installed it.

use super::answer::print;
use crate::error::Error;

/// Prints the page of a verb, or the page of cachex.
///
/// # Errors
/// When it cannot be written.
pub fn run(verb: Option<&str>) -> Result<(), Error> {
    print(match verb {
        Some("clear") => include_str!("../../man/cachex-clear.1"),
        Some("completions") => include_str!("../../man/cachex-completions.1"),
        Some("config") => include_str!("../../man/cachex-config.1"),
        Some("doctor") => include_str!("../../man/cachex-doctor.1"),
        Some("explain") => include_str!("../../man/cachex-explain.1"),
        Some("init") => include_str!("../../man/cachex-init.1"),
        Some("list") => include_str!("../../man/cachex-list.1"),
        Some("man") => include_str!("../../man/cachex-man.1"),
        Some("prune") => include_str!("../../man/cachex-prune.1"),
        Some("remote") => include_str!("../../man/cachex-remote.1"),
        Some("show") => include_str!("../../man/cachex-show.1"),
        Some("stats") => include_str!("../../man/cachex-stats.1"),
        Some("trust") => include_str!("../../man/cachex-trust.1"),
        _ => include_str!("../../man/cachex.1"),
    })
}
