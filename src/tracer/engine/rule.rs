//! What a system call means for the inputs of a run, by where its arguments stand. Plain data.

use crate::inputs::{Look, WriteKind};

/// What a system call means.
#[derive(Clone, Copy, Debug)]
pub(super) enum CallRule {
    /// It asks something of a path.
    Look(Place, Follow, Look),
    /// It opens a path. `flags`: where the flags are, or the flags themselves.
    Open(Place, OpenFlags),
    /// It executes a program.
    Execute(Place, Follow),
    /// It changes what a path leads to.
    Write(Place, Follow, WriteKind),
    /// It gives a file the length in its second argument.
    Truncate(Place),
    /// It removes a name: that of a directory, if the flags in this argument have `AT_REMOVEDIR`.
    Remove(Place, u8),
    /// It renames something.
    Rename { source: Place, target: Place, flags: Option<u8> },
    /// It makes a hard link.
    Link { source: Place, target: Place, follow: Follow },
    /// It makes a socket.
    Socket,
    /// It talks to the address in its second argument, of the length in its third.
    Connect,
    /// It gives a socket that address.
    Bind,
    /// It mounts something.
    Mount,
    /// It starts a process by a `clone_args` structure at this address.
    CloneByStructure { structure: u8 },
    /// It uses descriptors, and asks of no path.
    OnlyUse,
    /// It does something that cannot be followed.
    GiveUp(&'static str),
}

/// Where the arguments of a path stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The descriptor of the directory that a relative path begins at. `None`: the working directory.
    pub(super) directory: Option<u8>,
    /// The address of the path. `None`: it is about what is behind the descriptor.
    pub(super) path: Option<u8>,
}

/// A path that begins at the working directory.
pub(super) const fn path(path: u8) -> Place {
    Place { directory: None, path: Some(path) }
}

/// A path that begins at the directory in the argument before it.
pub(super) const fn at(directory: u8) -> Place {
    Place { directory: Some(directory), path: Some(directory + 1) }
}

/// What is behind a descriptor.
pub(super) const fn behind(descriptor: u8) -> Place {
    Place { directory: Some(descriptor), path: None }
}

/// Whether a symbolic link at the end of a path is followed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Follow {
    Always,
    Never,
    /// Unless the flags in this argument have `AT_SYMLINK_NOFOLLOW`.
    Unless(u8),
    /// If the flags in this argument have `AT_SYMLINK_FOLLOW`.
    If(u8),
}

/// Where the flags of `open` are.
#[derive(Clone, Copy, Debug)]
pub(super) enum OpenFlags {
    /// In this argument.
    Argument(u8),
    /// At the beginning of the structure at the address in this argument.
    Structure(u8),
    /// The call has none, and does what these would do.
    #[cfg(target_arch = "x86_64")]
    Fixed(i32),
}

/// Which calls of a number are reported. The kernel decides it, without looking into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// Any of these bits is set in the lower half of the argument.
    AnyBit {
        argument: u8,
        mask: u32,
    },
    /// The argument is not zero.
    NotZero {
        argument: u8,
    },
    /// The socket is not a stream between processes of this machine. (`connect` tells of those.)
    NoLocalStream,
}
