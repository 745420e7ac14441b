//! Seals every value on its way into a store and opens it on its way out. This file knows no key: a [`RowCipher`] does.

use super::{BATCH, Operation, Row, Store, StoreError, Table, Transaction};

/// Seals single rows under the storage key.
pub trait RowCipher {
    /// Seals `plain` so that it opens only in this table under this key. Never seals two rows with one nonce.
    ///
    /// # Errors
    /// [`RowUnsealed`] when there is no randomness: a row under a guessed nonce would be worse than none.
    fn seal(&mut self, table: u8, key: &[u8], plain: &[u8]) -> Result<Vec<u8>, RowUnsealed>;

    /// Opens what [`RowCipher::seal`] made for this table and key.
    ///
    /// # Errors
    /// [`RowUnreadable`] when it was sealed for another row or under another key, or is not as it was written.
    fn open(&self, table: u8, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, RowUnreadable>;
}

/// A sealed row that does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored row does not open")]
pub struct RowUnreadable;

/// A key and what its row holds, or that it is damaged.
pub type RowEach = (Vec<u8>, Result<Vec<u8>, StoreError>);

/// A row that could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row could not be sealed")]
pub struct RowUnsealed;

/// How many rows of a store open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rows {
    /// Rows that open.
    pub kept: u64,
    /// Rows that do not: damaged, or sealed under another key.
    pub unreadable: u64,
}

/// A store whose values are sealed. Keys are not.
pub struct Sealed<S, C> {
    store: S,
    cipher: C,
}

impl<S, C> Sealed<S, C> {
    /// Seals what goes into `store` with `cipher`.
    pub fn new(store: S, cipher: C) -> Self {
        Self { store, cipher }
    }

    /// The store underneath, with sealed values.
    pub fn inner(&self) -> &S {
        &self.store
    }

    /// The store underneath, with sealed values.
    pub fn inner_mut(&mut self) -> &mut S {
        &mut self.store
    }

    /// Takes the two apart.
    pub fn into_parts(self) -> (S, C) {
        (self.store, self.cipher)
    }
}

impl<S: Store, C: RowCipher> Sealed<S, C> {
    fn open(&self, table: Table, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.cipher.open(table as u8, key, sealed).map_err(|RowUnreadable| StoreError::Damaged { table: Some(table) })
    }

    /// Up to `limit` rows as in [`Store::range`], each with what it holds or that it is damaged: one damaged row does
    /// not hide those behind it.
    ///
    /// # Errors
    /// As for [`Store::range`], for damage to the store underneath.
    pub fn range_each(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<RowEach>, StoreError> {
        let rows = self.store.range(table, from, to, limit)?;
        Ok(rows
            .into_iter()
            .map(|(key, sealed)| {
                let plain = self.open(table, &key, &sealed);
                (key, plain)
            })
            .collect())
    }

    /// Counts the rows that open and those that do not.
    ///
    /// # Errors
    /// As for [`Store::range`], for damage to the store underneath.
    pub fn count_rows(&self) -> Result<Rows, StoreError> {
        let mut rows = Rows::default();
        self.each_row(|_, _, opens| if opens { rows.kept += 1 } else { rows.unreadable += 1 })?;
        Ok(rows)
    }

    /// Deletes every row that does not open, in one transaction. Only for a store of which the damaged original is kept.
    ///
    /// # Errors
    /// As for [`Store::range`] and [`Store::commit`].
    pub fn drop_unreadable(&mut self) -> Result<(), StoreError> {
        let mut dropped = Transaction::new();
        self.each_row(|table, key, opens| {
            if !opens {
                dropped.delete(table, key);
            }
        })?;
        self.store.commit(&dropped)
    }

    fn each_row(&self, mut see: impl FnMut(Table, &[u8], bool)) -> Result<(), StoreError> {
        for table in Table::ALL {
            let mut from = Vec::new();
            loop {
                let rows = self.range_each(table, &from, &[], BATCH)?;
                rows.iter().for_each(|(key, row)| see(table, key, row.is_ok()));
                match rows.last() {
                    Some((last, _)) if rows.len() == BATCH => from = [last, &[0][..]].concat(),
                    _ => break,
                }
            }
        }
        Ok(())
    }
}

impl<S: Store, C: RowCipher> Store for Sealed<S, C> {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let sealed = self.store.read(table, key)?;
        sealed.map(|sealed| self.open(table, key, &sealed)).transpose()
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let rows = self.store.range(table, from, to, limit)?;
        rows.into_iter()
            .map(|(key, sealed)| {
                let plain = self.open(table, &key, &sealed)?;
                Ok((key, plain))
            })
            .collect()
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        let mut sealed = Transaction::new();
        for operation in transaction.operations() {
            match operation {
                Operation::Put { table, key, value } => {
                    let value = self.cipher.seal(*table as u8, key, value);
                    let value = value.map_err(|RowUnsealed| StoreError::Unsealed)?;
                    sealed.put(*table, key.as_slice(), value);
                }
                Operation::Delete { table, key } => {
                    sealed.delete(*table, key.as_slice());
                }
            }
        }
        if transaction.is_scrub() {
            sealed.scrub();
        }
        self.store.commit(&sealed)
    }

    fn rest(&mut self) -> Result<(), StoreError> {
        self.store.rest()
    }

    fn check(&self) -> Result<(), StoreError> {
        self.store.check()?;
        super::read_all(self)
    }
}
