//! The directory of the store: where its files are, and whether they may be trusted.
//!
//! A directory that another user owns or can write to is refused: that user could plant entries in it.

use super::error::StoreError;
use crate::ownership::is_ours;
use crate::private_directory::{self, NotPrivate, open_private};
use rustix::fs::OFlags;
use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A directory that only this user can write to.
#[derive(Clone, Debug)]
pub(super) struct StoreLocation {
    pub(super) directory: PathBuf,
}

impl StoreLocation {
    /// Makes the directory if it is missing and checks that nobody else can write to it.
    pub(super) fn prepare(directory: &Path) -> Result<Self, StoreError> {
        private_directory::prepare(directory)?;
        Ok(Self { directory: directory.to_owned() })
    }

    pub(super) fn database(&self) -> PathBuf {
        self.directory.join("cachex.db")
    }

    /// The directory of objects.
    pub(super) fn objects(&self) -> PathBuf {
        self.directory.join("objects")
    }

    /// Where results wait to be pushed to a remote. The store itself knows nothing of them.
    pub(super) fn outbox(&self) -> PathBuf {
        self.directory.join("outbox")
    }

    /// Where older formats kept long output, and its journal. The migration removes both; an older cachex that runs
    /// meanwhile may leave them again.
    pub(super) fn former_outputs(&self) -> [PathBuf; 2] {
        ["outputs.db", "outputs.db-journal"].map(|name| self.directory.join(name))
    }

    /// Where a damaged database is set aside.
    pub(super) fn damaged(database: &Path) -> PathBuf {
        database.with_extension("db.damaged")
    }

    /// All files that may have been set aside.
    pub(super) fn all_damaged(&self) -> [PathBuf; 2] {
        [self.database(), self.directory.join("outputs.db")]
            .map(|database| Self::damaged(&database))
    }

    pub(super) fn uses(&self) -> PathBuf {
        self.directory.join("uses")
    }

    /// Whether the database exists; an error when others can write to it.
    pub(super) fn check_database(&self) -> Result<bool, StoreError> {
        Ok(Self::check_file(&self.database())?.is_some())
    }

    /// The metadata of a file of the store, if the file exists; an error when others can write to it.
    pub(super) fn check_file(path: &Path) -> Result<Option<Metadata>, StoreError> {
        match fs::symlink_metadata(path) {
            Ok(metadata) if !metadata.is_file() => {
                Err(StoreError::in_the_way(path, "is not a regular file"))
            }
            Ok(metadata) => {
                private_directory::check_owner(path, &metadata)?;
                Ok(Some(metadata))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unfit(path, &error)),
        }
    }

    pub(super) fn is_writable(&self) -> bool {
        let writable = |path: &Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
        writable(&self.directory) && writable(&self.database())
    }

    /// Waits for the set-up lock. The system frees it when its process ends.
    pub(super) fn lock(&self) -> Result<File, StoreError> {
        const SETUP_DEADLINE: Duration = Duration::from_secs(5);
        let path = self.directory.join("cachex.lock");
        let file = open_private(&path, OFlags::RDWR).map_err(|error| unfit(&path, &error))?;
        let started = Instant::now();
        while let Err(error) = file.try_lock() {
            if let TryLockError::Error(error) = error
                && error.kind() != io::ErrorKind::Interrupted
            {
                return Err(error.into());
            }
            if started.elapsed() > SETUP_DEADLINE {
                return Err(StoreError::Busy);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(file)
    }
}

/// Whether this is a regular file that nobody else can write to.
pub(super) fn is_ours_alone(metadata: &Metadata) -> bool {
    metadata.is_file() && is_ours(metadata.uid()) && metadata.mode() & 0o022 == 0
}

pub(super) fn unfit(path: &Path, error: &io::Error) -> StoreError {
    NotPrivate::by_system(path, error).into()
}
