//! One unit of work over a store: what is written in it is read back in it, and reaches the disk in one transaction or
//! not at all.

use super::{Row, Store, StoreError, Table, Transaction};
use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Things made of rows that are kept for whoever asks again.
const MADE_MAX: usize = 8;

type RowKey = (Table, Vec<u8>);

/// Reads through to the store and gathers writes until [`Work::into_transaction`].
pub struct Work<'a> {
    store: &'a dyn Store,
    rows: BTreeMap<RowKey, Option<Vec<u8>>>,
    scrub: bool,
    /// What was made of rows, the newest last.
    made: RefCell<Vec<(RowKey, Rc<dyn Any>)>>,
}

impl<'a> Work<'a> {
    /// An empty unit of work over `store`.
    pub fn new(store: &'a dyn Store) -> Self {
        Self { store, rows: BTreeMap::new(), scrub: false, made: RefCell::default() }
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

    /// What `make` makes of the row at `key`, kept for whoever asks again while the row stays as it is: of a row that is
    /// costly to take apart and read piece by piece.
    ///
    /// # Errors
    /// What the store says, and what `make` does.
    pub fn made<T: 'static>(
        &self,
        table: Table,
        key: Vec<u8>,
        make: impl FnOnce(&[u8]) -> Result<T, StoreError>,
    ) -> Result<Option<Rc<T>>, StoreError> {
        let known =
            self.made.borrow().iter().find(|((at, row), _)| *at == table && *row == key).map(|(_, made)| made.clone());
        if let Some(Ok(made)) = known.map(Rc::downcast) {
            return Ok(Some(made));
        }
        let Some(row) = self.read(table, &key)? else { return Ok(None) };
        let made = Rc::new(make(&row)?);
        let mut all = self.made.borrow_mut();
        if all.len() == MADE_MAX {
            all.remove(0);
        }
        all.push(((table, key), made.clone()));
        Ok(Some(made))
    }

    /// The keys of rows of a table that were written.
    pub fn written(&self, table: Table) -> impl Iterator<Item = &[u8]> {
        let rows = self.rows.range((table, Vec::new())..).take_while(move |((at, _), _)| *at == table);
        rows.filter(|(_, row)| row.is_some()).map(|((_, key), _)| key.as_slice())
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
        self.change((table, key.into()), Some(value.into()));
    }

    /// Deletes a row.
    pub fn delete(&mut self, table: Table, key: impl Into<Vec<u8>>) {
        self.change((table, key.into()), None);
    }

    fn change(&mut self, key: RowKey, row: Option<Vec<u8>>) {
        self.made.get_mut().retain(|(made_of, _)| *made_of != key);
        self.rows.insert(key, row);
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
    use super::super::{MemoryStore, Row, Store, StoreError, Table, Transaction};
    use super::Work;

    #[test]
    fn what_was_made_of_a_row_is_kept_until_the_row_changes() {
        let store = MemoryStore::new();
        let mut work = Work::new(&store);
        let made = |work: &Work<'_>, key: u8| {
            let calls = std::cell::Cell::new(0);
            let made = work.made(Table::Entries, vec![key], |row| {
                calls.set(calls.get() + 1);
                Ok(row.to_vec())
            });
            (made.expect("reads").map(|made| made.to_vec()), calls.get())
        };
        assert_eq!(made(&work, 1), (None, 0));
        work.put(Table::Entries, [1], [7]);
        assert_eq!(made(&work, 1), (Some(vec![7]), 1));
        assert_eq!(made(&work, 1), (Some(vec![7]), 0));
        work.put(Table::Views, [1], [9]);
        assert_eq!(made(&work, 1), (Some(vec![7]), 0), "another table's");
        work.put(Table::Entries, [1], [8]);
        assert_eq!(made(&work, 1), (Some(vec![8]), 1));
        (2..20).for_each(|key| work.put(Table::Entries, [key], [key]));
        (2..20).for_each(|key| assert_eq!(made(&work, key).1, 1));
        assert_eq!(made(&work, 1), (Some(vec![8]), 1), "few are kept");
        work.delete(Table::Entries, [1]);
        assert_eq!(made(&work, 1), (None, 0));
        assert_eq!(work.written(Table::Entries).collect::<Vec<_>>(), (2..20).map(|key| vec![key]).collect::<Vec<_>>());
        let failed = work.made::<u8>(Table::Entries, vec![3], |_| Err(StoreError::Full));
        assert_eq!(failed.map(|made| made.is_some()), Err(StoreError::Full));
    }

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
