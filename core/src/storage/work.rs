//! One unit of work over a store: what is written in it is read back in it, and reaches the disk in one transaction or
//! not at all.

use super::{Row, Store, StoreError, Table, Transaction};
use std::collections::BTreeMap;

type RowKey = (Table, Vec<u8>);

/// Reads through to the store and gathers writes until [`Work::into_transaction`].
pub struct Work<'a> {
    store: &'a dyn Store,
    rows: BTreeMap<RowKey, Option<Vec<u8>>>,
    scrub: bool,
}

impl<'a> Work<'a> {
    /// An empty unit of work over `store`.
    pub fn new(store: &'a dyn Store) -> Self {
        Self { store, rows: BTreeMap::new(), scrub: false }
    }

    /// The row at `key`, as this work left it.
    ///
    /// # Errors
    /// What the store says, `Damaged` among it.
    pub fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.rows.get(&(table, key.to_vec())) {
            Some(row) => Ok(row.clone()),
            None => self.store.read(table, key),
        }
    }

    /// Rows with `from <= key < to`, ascending, as this work left them; at most `limit` of them. An empty `to` stands
    /// for the end of the table.
    ///
    /// # Errors
    /// What the store says.
    pub fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let inside = |key: &[u8]| to.is_empty() || key < to;
        let written = self.rows.range((table, from.to_vec())..);
        let written = written.take_while(|((at, key), _)| *at == table && inside(key));
        let changed: BTreeMap<&[u8], &Option<Vec<u8>>> = written.map(|((_, key), row)| (key.as_slice(), row)).collect();
        // Every deleted row may hide one stored row, so ask the store for that many more.
        let stored = self.store.range(table, from, to, limit.saturating_add(changed.len()))?;
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = stored.into_iter().collect();
        for (key, row) in changed {
            match row {
                Some(row) => merged.insert(key.to_vec(), row.clone()),
                None => merged.remove(key),
            };
        }
        Ok(merged.into_iter().take(limit).collect())
    }

    /// Writes a row.
    pub fn put(&mut self, table: Table, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.rows.insert((table, key.into()), Some(value.into()));
    }

    /// Deletes a row.
    pub fn delete(&mut self, table: Table, key: impl Into<Vec<u8>>) {
        self.rows.insert((table, key.into()), None);
    }

    /// What this work deletes or overwrites must leave the disk for good.
    pub fn scrub(&mut self) {
        self.scrub = true;
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The one transaction that holds everything written.
    pub fn into_transaction(self) -> Transaction {
        let mut transaction = Transaction::default();
        for ((table, key), row) in self.rows {
            match row {
                Some(value) => transaction.put(table, key, value),
                None => transaction.delete(table, key),
            };
        }
        if self.scrub {
            transaction.scrub();
        }
        transaction
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MemoryStore, Row, Store, Table, Transaction};
    use super::Work;

    #[test]
    fn a_range_shows_what_was_written_and_hides_what_was_deleted() {
        let row = |key: u8| -> Row { (vec![key], vec![key]) };
        let mut store = MemoryStore::new();
        let mut stored = Transaction::new();
        for key in [1, 2, 3, 9] {
            stored.put(Table::Entries, [key], [key]);
        }
        store.commit(&stored).expect("commits");
        let mut work = Work::new(&store);
        work.delete(Table::Entries, [2]);
        work.put(Table::Entries, [4], [4]);
        work.put(Table::Views, [5], [5]);
        assert_eq!(work.range(Table::Entries, &[1], &[9], 9), Ok(vec![row(1), row(3), row(4)]));
        assert_eq!(work.range(Table::Entries, &[2], &[], 9), Ok(vec![row(3), row(4), row(9)]));
        assert_eq!(work.range(Table::Entries, &[], &[], 2), Ok(vec![row(1), row(3)]));
        assert_eq!(work.range(Table::Entries, &[9], &[1], 9), Ok(vec![]));
    }
}
