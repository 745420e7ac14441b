//! A phone's disk: a memory store that outlives the process that uses it, sealed under the phone's storage key.

use super::Bug;
use amends_core::crypto::storage::StorageKey;
use amends_core::storage::{
    MemoryStore, Operation, Row, RowCipher, RowUnreadable, RowUnsealed, Sealed, Snapshot, Store, StoreError, Table,
    Transaction,
};
use rand_chacha::ChaCha8Rng;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The handle of a disk. A home owns one; the world keeps another, to break it.
#[derive(Clone)]
pub struct Disk {
    store: Rc<RefCell<MemoryStore>>,
    /// What was there before the last transaction.
    before: Rc<RefCell<Option<Snapshot>>>,
    bug: Rc<Cell<Option<Bug>>>,
}

/// What a home is opened over.
pub type SealedDisk = Sealed<Disk, Cipher>;

impl Disk {
    /// An empty disk, with what is planted in it.
    pub fn new(bug: Option<Bug>) -> Self {
        Self { store: Rc::default(), before: Rc::default(), bug: Rc::new(Cell::new(bug)) }
    }

    /// Works on the store itself.
    pub fn with<T>(&self, work: impl FnOnce(&mut MemoryStore) -> T) -> T {
        work(&mut self.store.borrow_mut())
    }

    /// From now on it does what a disk should.
    pub fn mend(&self) {
        self.bug.set(None);
    }

    /// The process that used it dies.
    pub fn crash(&self) {
        self.with(|store| store.crash());
        if let Some(before) = self.before.take() {
            self.with(|store| store.restore(&before));
        }
    }

    /// What reaches the store of a transaction, where something is planted.
    fn spoil(&self, transaction: &Transaction) -> Transaction {
        let mut spoilt = Transaction::new();
        for operation in transaction.operations() {
            match operation {
                Operation::Put { table: Table::Records | Table::Sheaves, .. }
                    if self.bug.get() == Some(Bug::StoreKeepsRedacted) && transaction.is_scrub() => {}
                Operation::Put { table: Table::Views, key, .. }
                    if self.bug.get() == Some(Bug::StaleViews)
                        && self.with(|store| store.read(Table::Views, key)).is_ok_and(|row| row.is_some()) => {}
                Operation::Put { table, key, value } => drop(spoilt.put(*table, key.as_slice(), value.as_slice())),
                Operation::Delete { table, key } => drop(spoilt.delete(*table, key.as_slice())),
            }
        }
        spoilt
    }
}

impl Store for Disk {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.borrow().read(table, key)
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.store.borrow().range(table, from, to, limit)
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        if self.bug.get() == Some(Bug::StoreForgetsLast) {
            *self.before.borrow_mut() = Some(self.with(|store| store.snapshot()));
        }
        match self.bug.get() {
            Some(Bug::StoreKeepsRedacted | Bug::StaleViews) => {
                let spoilt = self.spoil(transaction);
                self.with(|store| store.commit(&spoilt))
            }
            _ => self.with(|store| store.commit(transaction)),
        }
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
    fn seal(&mut self, table: u8, key: &[u8], plain: &[u8]) -> Result<Vec<u8>, RowUnsealed> {
        self.key.seal_row(table, key, plain, &mut self.random).map_err(|_| RowUnsealed)
    }

    fn open(&self, table: u8, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, RowUnreadable> {
        self.key.open_row(table, key, sealed).map_err(|_| RowUnreadable)
    }
}
