//! The size and the settings of our own terminal. They are remembered for a process that continues without the
//! terminal.

use rustix::fd::BorrowedFd;
use rustix::termios::Termios;
use std::sync::OnceLock;

/// Rows and columns of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
}

impl TerminalSize {
    /// The size of our own terminal, or the customary one.
    pub fn own() -> Self {
        let remembered = || REMEMBERED.get().map(|(size, _)| *size);
        own_terminals()
            .find_map(|fd| rustix::termios::tcgetwinsize(fd).ok())
            .filter(|size| size.ws_row > 0 && size.ws_col > 0)
            .map(|size| Self { rows: size.ws_row, columns: size.ws_col })
            .or_else(remembered)
            .unwrap_or(Self { rows: 24, columns: 80 })
    }
}

/// The settings of our own terminal, if there is one.
pub fn own_settings() -> Option<Termios> {
    let own = own_terminals().find_map(|fd| rustix::termios::tcgetattr(fd).ok());
    own.or_else(|| REMEMBERED.get()?.1.clone())
}

/// The size and the settings that our own terminal had.
static REMEMBERED: OnceLock<(TerminalSize, Option<Termios>)> = OnceLock::new();

/// Remembers the size and the settings of our own terminal before this process closes it.
pub fn remember_own() {
    let _ = REMEMBERED.set((TerminalSize::own(), own_settings()));
}

fn own_terminals() -> impl Iterator<Item = BorrowedFd<'static>> {
    [rustix::stdio::stdout(), rustix::stdio::stderr(), rustix::stdio::stdin()]
        .into_iter()
        .filter(|fd| rustix::termios::isatty(fd))
}
