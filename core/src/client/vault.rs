//! The platform's key vault: what must survive a home's folder being restored from a backup, or copied.
//!
//! A real phone keeps the storage key in hardware (Android Keystore, iOS Keychain) behind [`KeyVault`]. [`FileKeyVault`] serves
//! terminals and tests with files beside the home, and says so: see [`FileKeyVault::warning`].

mod counter;
mod file;

pub use file::FileKeyVault;

use crate::crypto::random::Randomness;
use crate::crypto::storage::{StorageError, StorageKey};
use crate::home::Counter;
use std::io::ErrorKind;

/// What a platform keeps for one home, outside the home's database. Every call returns when what it changed is durable.
pub trait KeyVault: Send {
    /// The storage key, if one was made.
    ///
    /// # Errors
    /// [`VaultError`]: the key is there but can't be had.
    fn storage_key(&mut self) -> Result<Option<StorageKey>, VaultError>;

    /// Makes the storage key. Called once in a home's life.
    ///
    /// # Errors
    /// [`VaultError`]; no key was made.
    fn make_storage_key(&mut self, randomness: &mut dyn Randomness) -> Result<StorageKey, VaultError>;

    /// The counter last kept, if any was.
    ///
    /// # Errors
    /// [`VaultError`].
    fn counter(&mut self) -> Result<Option<Counter>, VaultError>;

    /// Keeps the counter. Called before records it counts are handed to the transport.
    ///
    /// # Errors
    /// [`VaultError`]: the counter kept before stands, and nothing may be sent.
    fn keep_counter(&mut self, counter: &Counter) -> Result<(), VaultError>;
}

/// Why a key vault failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The home has a passphrase, and none was given.
    #[error("this home opens with a passphrase")]
    PassphraseNeeded,
    /// A passphrase was given for a home that has none.
    #[error("this home has no passphrase")]
    NoPassphrase,
    /// The passphrase is another one.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// A passphrase of no characters.
    #[error("a passphrase has at least one character")]
    PassphraseEmpty,
    /// A key exists already; making another would lose everything sealed under it.
    #[error("there is a storage key already")]
    KeyExists,
    /// What the vault kept can't be read as it was written.
    #[error("the key vault is damaged")]
    Damaged,
    /// The file system or the platform refused.
    #[error("the key vault failed: {0}")]
    Io(ErrorKind),
    /// The storage key could not be made.
    #[error("the storage key could not be made: {0}")]
    Key(StorageError),
}

impl VaultError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::PassphraseNeeded => "passphrase_needed",
            Self::NoPassphrase => "no_passphrase",
            Self::WrongPassphrase => "wrong_passphrase",
            Self::PassphraseEmpty => "passphrase_empty",
            Self::KeyExists => "key_exists",
            Self::Damaged => "vault_damaged",
            Self::Io(_) | Self::Key(_) => "vault_failed",
        }
    }
}

impl From<std::io::Error> for VaultError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.kind())
    }
}

impl From<StorageError> for VaultError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::WrongPassphrase => Self::WrongPassphrase,
            StorageError::Slot(_) | StorageError::Cost => Self::Damaged,
            other => Self::Key(other),
        }
    }
}

#[cfg(test)]
mod tests;
