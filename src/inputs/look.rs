//! What can be asked of a path. Plain data.

/// One thing that a program asked of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Look {
    /// Whether it is there, with kind, mode and owner: `access`, `chdir`, `O_PATH`.
    Access = 1,
    /// The same with size and modification time, of what is no directory: `stat`.
    Stat = 2,
    /// The content of a file: `open` for reading, `exec`.
    Content = 4,
    /// The names in a directory, and their kinds: `getdents`.
    Listing = 8,
    /// The target of a symbolic link: `readlink`.
    Link = 16,
    /// Its extended attributes, of what is no directory: `getxattr`. They count by the change time.
    Attributes = 32,
    /// Nothing: the run wrote it as an output, so that its name counts in no listing.
    Output = 64,
}

/// All that was asked of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Looks(u8);

impl Looks {
    const ALL: u8 = 127;

    /// The looks that these bits stand for; `None` if there are no such looks.
    pub fn from_bits(bits: u8) -> Option<Self> {
        (bits & !Self::ALL == 0).then_some(Self(bits))
    }

    /// One bit for each look.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether nothing was asked.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this was asked.
    pub fn contains(self, look: Look) -> bool {
        self.0 & look as u8 != 0
    }

    /// Whether nothing was asked of it but as an output.
    pub fn is_output(self) -> bool {
        self == Look::Output.into()
    }

    /// The same with one look more.
    pub fn with(self, look: Look) -> Self {
        Self(self.0 | look as u8)
    }

    /// All that is in one of them.
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl From<Look> for Looks {
    fn from(look: Look) -> Self {
        Self(look as u8)
    }
}

/// What was asked of one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputQuestion<'q> {
    /// The path: absolute, or relative to the working directory for what belongs to the project.
    pub path: &'q [u8],
    /// Whether a link at its end was followed.
    pub follow: bool,
    /// All that was asked.
    pub looks: Looks,
}
