//! `cachex completions SHELL`: prints the completion script of a shell from `completions/`.

use super::answer::print;
use crate::error::Error;
use crate::options::Shell;

/// Prints the completion script.
///
/// # Errors
/// When it cannot be written.
pub fn run(shell: Shell) -> Result<(), Error> {
    print(script(shell))
}

/// The completion script of a shell.
pub(super) fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("../../completions/cachex.bash"),
        Shell::Zsh => include_str!("../../completions/_cachex"),
        Shell::Fish => include_str!("../../completions/cachex.fish"),
        Shell::Elvish => include_str!("../../completions/cachex.elv"),
        Shell::Powershell => include_str!("../../completions/_cachex.ps1"),
    }
}
