//! A phone's disk: a memory store that outlives the process that uses it, sealed under the phone's storage key.

use amends_core::crypto::storage::StorageKey;
use amends_core::storage::{MemoryStore, Row, RowCipher, RowUnreadable, Sealed, Store, StoreError, Table, Transaction};
use rand_chacha::ChaCha8Rng;
use std::cell::RefCell;
use std::rc::Rc;

/// The handle of a disk. A home owns one; the world keeps another, to break it.
#[derive(Clone, Default)]
pub struct Disk(Rc<RefCell<MemoryStore>>);

/// What a home is opened over.
pub type SealedDisk = Sealed<Disk, Cipher>;

impl Disk {
    /// Works on the store itself.
    pub fn with<T>(&self, work: impl FnOnce(&mut MemoryStore) -> T) -> T {
        work(&mut self.0.borrow_mut())
    }
}

impl Store for Disk {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.borrow().read(table, key)
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.0.borrow().range(table, from, to, limit)
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        self.0.borrow_mut().commit(transaction)
    }
}

/// Seals rows under a storage key.
pub struct Cipher {
    key: StorageKey,
    random: ChaCha8Rng,
}

impl Cipher {
    /// The cipher of a key out of the phone's vault.
    pub fn new(secret: &[u8; 32], random: ChaCha8Rng) -> Self {
        let key = StorageKey::from_bytes(secret).expect("the cryptographic library works");
        Self { key, random }
    }
}

impl RowCipher for Cipher {
    fn seal(&mut self, table: u8, key: &[u8], plain: &[u8]) -> Vec<u8> {
        self.key.seal_row(table, key, plain, &mut self.random).expect("seeded randomness does not fail")
    }

    fn open(&self, table: u8, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, RowUnreadable> {
        self.key.open_row(table, key, sealed).map_err(|_| RowUnreadable)
    }
}
