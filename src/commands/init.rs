//! `cachex init SHELL`: prints the lines for a shell's start file: its completions, and the functions `memo` and `unmemo`
//! from `init/`.

use super::answer::print;
use super::completions;
use crate::error::Error;
use crate::options::{InitShell, Shell};

/// Prints the lines.
///
/// # Errors
/// When they cannot be written.
pub fn run(shell: InitShell) -> Result<(), Error> {
    let (shell, memo) = match shell {
        InitShell::Bash => (Shell::Bash, include_str!("../../init/memo.sh")),
        InitShell::Zsh => (Shell::Zsh, include_str!("../../init/memo.sh")),
        InitShell::Fish => (Shell::Fish, include_str!("../../init/memo.fish")),
    };
    print(&format!("{}\n{memo}", completions::script(shell)))
}
