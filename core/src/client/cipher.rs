//! Lends the storage key to the store.

use crate::crypto::random::SystemRandomness;
use crate::crypto::storage::StorageKey;
use crate::storage::{RowCipher, RowUnreadable, RowUnsealed};

/// Seals rows under a home's storage key.
#[derive(Debug)]
pub struct RowSeal {
    key: StorageKey,
    randomness: SystemRandomness,
}

impl RowSeal {
    /// Seals rows under `key`.
    #[must_use]
    pub fn new(key: StorageKey) -> Self {
        Self { key, randomness: SystemRandomness::new() }
    }
}

impl RowCipher for RowSeal {
    fn seal(&mut self, table: u8, key: &[u8], plain: &[u8]) -> Result<Vec<u8>, RowUnsealed> {
        self.key.seal_row(table, key, plain, &mut self.randomness).map_err(|_| RowUnsealed)
    }

    fn open(&self, table: u8, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, RowUnreadable> {
        self.key.open_row(table, key, sealed).map_err(|_| RowUnreadable)
    }
}
