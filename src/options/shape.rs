//! What an option looks like: its names, and what it takes.
//!
//! Knows no option and no value.

/// What an option looks like on the command line.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The long name, which is also the key in a file.
    pub name: &'static str,
    /// Another long name.
    pub alias: Option<&'static str>,
    /// The letter.
    pub letter: Option<char>,
    /// What it takes.
    pub takes: Takes,
    /// The heading in the help. An option without one goes with every verb.
    pub heading: Option<&'static str>,
    /// Whether only the long help shows it.
    pub is_rare: bool,
    /// What no message shows of its value.
    pub secrecy: Secrecy,
    /// Whether it is a flag of the command line too. What is none is not in the help.
    pub is_flag: bool,
    /// Whether the file of a project may not set it: such a file may not run programs, move the store, silence warnings or
    /// decide where results go and come from.
    pub is_for_user: bool,
}

/// What is secret of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// Nothing.
    None,
    /// The user and the password of an address. One with a password counts in a file that only its owner can read.
    Login,
    /// All of it. It counts in such a file as well.
    Value,
}

/// What an option takes: a value has a kind, and a name in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is a switch.
    Nothing,
    /// One value; the last one counts.
    One(ValueKind, &'static str),
    /// One of these words behind `=`, or nothing for the first of them.
    Choice(&'static [&'static str], &'static str),
    /// Values that count together.
    Many(ValueKind, &'static str),
    /// The same, several in one word with commas between them.
    Listed(ValueKind, &'static str),
}

/// What a value is, as far as it matters to the command line, files and completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// Text that may begin with a hyphen.
    Words,
    /// A number, with a unit perhaps. A file may have a bare number.
    Quantity,
    /// Numbers in one word with commas between them.
    Quantities,
    /// A path or a glob.
    Path,
    /// The path of a directory.
    Directory,
}

impl Shape {
    pub(super) const fn new(name: &'static str, takes: Takes) -> Self {
        Self {
            name,
            alias: None,
            letter: None,
            takes,
            heading: None,
            is_rare: false,
            secrecy: Secrecy::None,
            is_flag: true,
            is_for_user: false,
        }
    }

    pub(super) const fn under(self, heading: &'static str) -> Self {
        Self { heading: Some(heading), ..self }
    }

    pub(super) const fn letter(self, letter: char) -> Self {
        Self { letter: Some(letter), ..self }
    }

    pub(super) const fn also(self, alias: &'static str) -> Self {
        Self { alias: Some(alias), ..self }
    }

    pub(super) const fn rare(self) -> Self {
        Self { is_rare: true, ..self }
    }

    pub(super) const fn with_login(self) -> Self {
        Self { secrecy: Secrecy::Login, ..self }
    }

    pub(super) const fn secret(self) -> Self {
        Self { secrecy: Secrecy::Value, ..self }
    }

    pub(super) const fn no_flag(self) -> Self {
        Self { is_flag: false, ..self }
    }

    pub(super) const fn for_user(self) -> Self {
        Self { is_for_user: true, ..self }
    }
}

impl Takes {
    /// What its values are. Those of a choice are its own words.
    pub fn kind(self) -> Option<ValueKind> {
        match self {
            Self::One(kind, _) | Self::Many(kind, _) | Self::Listed(kind, _) => Some(kind),
            Self::Nothing | Self::Choice(..) => None,
        }
    }

    /// Whether all values count, and not only the last.
    pub fn is_repeatable(self) -> bool {
        matches!(self, Self::Many(..) | Self::Listed(..))
    }
}

impl ValueKind {
    /// Whether it may be a number, which a file can have without quotes.
    pub(super) fn is_numeric(self) -> bool {
        matches!(self, Self::Quantity | Self::Quantities)
    }

    /// Whether it may begin with a hyphen: a negative number is a bad value and no option.
    pub(super) fn may_be_signed(self) -> bool {
        self.is_numeric() || self == Self::Words
    }
}
