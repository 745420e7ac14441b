//! A home: the folder of one phone, used by one process at a time.

use super::salvage::{self, Salvage, SalvageReport};
use super::{SqliteStore, StoreError};
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A locked home. The lock is held until this is dropped or the process dies, however it dies.
#[derive(Debug)]
pub struct Home {
    folder: PathBuf,
    _lock: File,
}

impl Home {
    /// The store's file in the folder.
    pub const STORE: &'static str = "amends.db";
    const LOCK: &'static str = "lock";

    /// Opens the home in `folder`, or makes it, for its owner only.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process, or another [`Home`] of this one, has it open; [`StoreError::Io`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        match fs::metadata(folder) {
            Ok(found) if found.permissions().mode() & 0o077 == 0 => {}
            Ok(_) => fs::set_permissions(folder, Permissions::from_mode(0o700))?,
            Err(_) => DirBuilder::new().recursive(true).mode(0o700).create(folder)?,
        }
        let path = folder.join(Self::LOCK);
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { folder: folder.to_path_buf(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::InUse),
            Err(error) => Err(std::io::Error::from(error).into()),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the store's file is.
    pub fn store_path(&self) -> PathBuf {
        self.folder.join(Self::STORE)
    }

    /// Opens the home's store, or makes it.
    ///
    /// # Errors
    /// As for [`SqliteStore::open`]. What is [`StoreError::Damaged`] may be salvaged.
    pub fn store(&self) -> Result<SqliteStore, StoreError> {
        let path = self.store_path();
        salvage::finish(&path)?;
        SqliteStore::open(&path)
    }

    /// Begins another store, empty, to take the place of the one that is here when it is finished.
    ///
    /// # Errors
    /// As for [`SqliteStore::open`].
    pub fn begin_fresh(&self) -> Result<Salvage, StoreError> {
        let path = self.store_path();
        salvage::finish(&path)?;
        Salvage::empty(&path)
    }

    /// Removes a store in which nothing was ever kept. It must not be open.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn remove_store(&self) -> Result<(), StoreError> {
        salvage::remove_store(&self.store_path())
    }

    /// Begins to salvage the store. No store of this home may be open.
    ///
    /// # Errors
    /// As for [`Salvage::begin`].
    pub fn begin_salvage(&self) -> Result<Salvage, StoreError> {
        let path = self.store_path();
        salvage::finish(&path)?;
        Salvage::begin(&path)
    }

    /// Keeps the damaged store aside and makes a new one of its intact rows. No store of this home may be open.
    ///
    /// # Errors
    /// As for [`salvage()`](super::salvage()).
    pub fn salvage(&self) -> Result<SalvageReport, StoreError> {
        salvage::salvage(&self.store_path())
    }
}
