//! `cachex init SHELL`: prints the lines for a shell's start file: its completions, and the functions `memo` and `unmemo`
//! from `init/`. In those, `@CONFIG@` stands for the path of the user's configuration file.

use super::answer::print;
use super::completions;
use crate::error::Error;
use crate::home;
use crate::options::Shell;

/// Prints the lines.
///
/// # Errors
/// When they cannot be written.
pub fn run(shell: Shell) -> Result<(), Error> {
    let memo = match shell {
        Shell::Fish => include_str!("../../init/memo.fish"),
        _ => include_str!("../../init/memo.sh"),
    };
    let memo = memo.replace("@CONFIG@", &config_file());
    print(&format!("{}\n{memo}", completions::script(shell)))
}

/// The path of the user's configuration file, or its name if a shell would not take the path as it is between double quotes.
fn config_file() -> String {
    const NAME: &str = "config.toml";
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._- ".contains(c);
    let directory = home::config_directory();
    let path = directory.and_then(|it| it.join(NAME).into_os_string().into_string().ok());
    path.filter(|path| path.chars().all(is_plain)).unwrap_or_else(|| format!("your {NAME}"))
}
