//! Lends the storage key to the store.

use crate::crypto::random::SystemRandomness;
use crate::crypto::storage::StorageKey;
use crate::storage::{RowCipher, RowUnreadable};

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
    /// # Panics
    /// When the operating system has no randomness: a row under a guessed nonce would be worse than none.
    fn seal(&mut self, table: u8, key: &[u8], plain: &[u8]) -> Vec<u8> {
        match self.key.seal_row(table, key, plain, &mut self.randomness) {
            Ok(sealed) => sealed,
            Err(error) => panic!("a row could not be sealed: {error}"),
        }
    }

    fn open(&self, table: u8, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, RowUnreadable> {
        self.key.open_row(table, key, sealed).map_err(|_| RowUnreadable)
    }
}
