//! What a run does to a path. Plain data.

/// A change of what a path leads to, announced before it happens. It may still fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteKind {
    /// `open` for writing without `O_EXCL`, `creat`, `truncate`.
    Open {
        /// `O_CREAT`.
        creates: bool,
        /// `O_TRUNC`: nothing that was in the file remains.
        truncates: bool,
        /// `O_RDWR`.
        reads: bool,
    },
    /// `O_CREAT` with `O_EXCL`, `mknod`, `bind`: something new, or an error.
    CreateNew,
    /// `mkdir`.
    MakeDirectory,
    /// `symlink`.
    MakeLink,
    /// `chmod`, `chown`, `utimes`, `setxattr`: all but the content.
    Metadata,
    /// `unlink`.
    Remove,
    /// `rmdir`.
    RemoveDirectory,
}

/// How `rename` treats its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenameKind {
    /// It replaces the target.
    Replace,
    /// `RENAME_NOREPLACE`: an error if there is a target.
    NoReplace,
    /// `RENAME_EXCHANGE`: they change places.
    Exchange,
}
