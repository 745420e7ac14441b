//! Where a phone keeps what it knows: rows of bytes in a few tables, changed by atomic, durable transactions.
//!
//! This room knows nothing of what the rows say. [`Sealed`] seals every value before a store sees it; keys are written
//! as they are and must never hold words. [`MemoryStore`] serves simulations and can fail on purpose; [`SqliteStore`]
//! (feature `sqlite`) serves phones.

use std::fmt;
use std::io::ErrorKind;

#[cfg(all(test, feature = "sqlite"))]
mod damage_tests;
#[cfg(feature = "sqlite")]
mod home;
mod memory;
#[cfg(feature = "sqlite")]
mod pages;
#[cfg(feature = "sqlite")]
mod salvage;
mod sealed;
#[cfg(feature = "sqlite")]
mod spare;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(all(test, feature = "sqlite"))]
mod sqlite_tests;
#[cfg(test)]
mod suite;
mod work;

#[cfg(feature = "sqlite")]
pub use home::Home;
pub use memory::{Fault, FaultPlan, MemoryStore, Snapshot};
#[cfg(feature = "sqlite")]
pub use salvage::{Salvage, SalvageReport, salvage};
pub use sealed::{RowCipher, RowEach, RowUnreadable, RowUnsealed, Rows, Sealed};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use work::Work;

/// What a row belongs to. The numbers are part of the storage format and never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Table {
    /// Single values: format version, own ids, counters, cursors.
    Meta = 0,
    /// Records as they were verified or made, one by one.
    Records = 1,
    /// Settled records of one chain, many in a row.
    Sheaves = 2,
    /// Statements, by what they speak of.
    Entries = 3,
    /// The view cache: rebuildable.
    Views = 4,
    /// Document saves.
    Documents = 5,
    /// Document changes since the save.
    DocumentChanges = 6,
    /// Acknowledged edits that no record carries yet.
    Unflushed = 7,
    /// Payloads set aside, with the reason.
    Quarantine = 8,
    /// Two signed records at one place of a chain: proof.
    Forks = 9,
    /// Segments of packs and what they cover.
    Packs = 10,
    /// Records that cannot be verified before something else arrives.
    Waiting = 11,
    /// A second copy of what nobody else has. [`SqliteStore`] keeps a third in a file of its own.
    Spare = 12,
}

impl Table {
    /// Every table, in ascending order.
    pub const ALL: [Table; 13] = [
        Table::Meta,
        Table::Records,
        Table::Sheaves,
        Table::Entries,
        Table::Views,
        Table::Documents,
        Table::DocumentChanges,
        Table::Unflushed,
        Table::Quarantine,
        Table::Forks,
        Table::Packs,
        Table::Waiting,
        Table::Spare,
    ];

    /// The table with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|table| *table as u8 == number)
    }
}

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Ordered rows of bytes, changed by transactions that are durable when [`Store::commit`] returns.
pub trait Store {
    /// The value at `key`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when what is there can't be read as it was written; [`StoreError::Io`].
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Up to `limit` rows from `from` (inclusive) to `to` (exclusive) in ascending order of keys. An empty `to` stands
    /// for the end of the table. See [`prefix_end`].
    ///
    /// # Errors
    /// As for [`Store::read`].
    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError>;

    /// Makes all of `transaction` durable, or none of it.
    ///
    /// # Errors
    /// [`StoreError::Full`] and [`StoreError::Io`]: nothing was changed, and the same transaction may be tried again.
    /// Only a process that dies before this returns may find, after it opened the store again, that the transaction
    /// stands.
    fn commit(&mut self, transaction: &Transaction) -> Result<(), StoreError>;

    /// Gives back room that only writing needs: nothing will be written for a while.
    ///
    /// # Errors
    /// As for [`Store::commit`]; nothing that was committed is lost.
    fn rest(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Reads everything and reports the first damage. Takes as long as reading everything does.
    ///
    /// # Errors
    /// As for [`Store::read`].
    fn check(&self) -> Result<(), StoreError> {
        read_all(self)
    }
}

/// Rows read at once where all are read.
const BATCH: usize = 256;

/// Reads every row of every table.
fn read_all<S: Store + ?Sized>(store: &S) -> Result<(), StoreError> {
    for table in Table::ALL {
        let mut from = Vec::new();
        loop {
            let rows = store.range(table, &from, &[], BATCH)?;
            match rows.last() {
                Some((last, _)) if rows.len() == BATCH => {
                    from.clone_from(last);
                    from.push(0);
                }
                _ => break,
            }
        }
    }
    Ok(())
}

impl<S: Store + ?Sized> Store for Box<S> {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).read(table, key)
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        (**self).range(table, from, to, limit)
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        (**self).commit(transaction)
    }

    fn rest(&mut self) -> Result<(), StoreError> {
        (**self).rest()
    }

    fn check(&self) -> Result<(), StoreError> {
        (**self).check()
    }
}

/// The first key behind all keys that begin with `prefix`: `range(table, prefix, &prefix_end(prefix), …)` reads just
/// those. Empty, for the end of the table, when there is none.
pub fn prefix_end(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}

/// One change of a row.
#[derive(Clone, PartialEq, Eq)]
pub enum Operation {
    /// Writes `value` at `key`, over what was there.
    Put {
        /// The row's table.
        table: Table,
        /// The row's key.
        key: Vec<u8>,
        /// The row's new value.
        value: Vec<u8>,
    },
    /// Removes the row at `key`, if there is one.
    Delete {
        /// The row's table.
        table: Table,
        /// The row's key.
        key: Vec<u8>,
    },
}

/// Names the row's table only: keys and values stay out of logs.
impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Put { table, value, .. } => {
                write!(f, "Put({table:?}, {} bytes)", value.len())
            }
            Operation::Delete { table, .. } => write!(f, "Delete({table:?})"),
        }
    }
}

/// Changes that become durable together, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transaction {
    operations: Vec<Operation>,
    scrub: bool,
}

impl Transaction {
    /// An empty transaction.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `value` at `key`, over what was there.
    pub fn put(&mut self, table: Table, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> &mut Self {
        self.operations.push(Operation::Put { table, key: key.into(), value: value.into() });
        self
    }

    /// Removes the row at `key`, if there is one.
    pub fn delete(&mut self, table: Table, key: impl Into<Vec<u8>>) -> &mut Self {
        self.operations.push(Operation::Delete { table, key: key.into() });
        self
    }

    /// What this transaction deletes or overwrites must really leave the disk: no file of the store holds it when the
    /// commit returned. Slow; for redactions.
    pub fn scrub(&mut self) -> &mut Self {
        self.scrub = true;
        self
    }

    /// Whether deleted bytes must leave the disk.
    pub fn is_scrub(&self) -> bool {
        self.scrub
    }

    /// The operations, in order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && !self.scrub
    }

    /// Appends what `other` does.
    pub fn append(&mut self, other: Transaction) -> &mut Self {
        self.operations.extend(other.operations);
        self.scrub |= other.scrub;
        self
    }
}

/// Why a store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No space left. Nothing was changed.
    #[error("no space left on this phone")]
    Full,
    /// What is stored can't be read as it was written.
    #[error("the store is damaged")]
    Damaged {
        /// Where the damage was met, unless it is in the file as a whole.
        table: Option<Table>,
    },
    /// The store was written by a newer version of the app.
    #[error("the store has format {found}, this version knows formats up to {known}")]
    Newer {
        /// The store's format.
        found: u32,
        /// The newest format this version knows.
        known: u32,
    },
    /// Another process has this home open.
    #[error("another process has this home open")]
    InUse,
    /// What was to be stored could not be sealed: the phone has no randomness. Nothing was changed.
    #[error("a row could not be sealed")]
    Unsealed,
    /// The file system refused.
    #[error("storage failed: {0}")]
    Io(ErrorKind),
}

impl StoreError {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::Full => "disk_full",
            StoreError::Damaged { .. } => "store_damaged",
            StoreError::Newer { .. } => "store_newer",
            StoreError::InUse => "home_in_use",
            StoreError::Unsealed => "no_randomness",
            StoreError::Io(_) => "storage_failed",
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
            kind => StoreError::Io(kind),
        }
    }
}
