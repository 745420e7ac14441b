//! Entry rows: which statements and changes speak of an entry, and where they are kept. The rows are a cache over the records;
//! [`super::Home::rebuild`] makes them anew.

use crate::id::EntryId;
use crate::storage::{StoreError, Table, Work};
use crate::sync::{BoxIndex, Locator, encoded, keyed};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// What is known of one entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct EntryRow {
    /// The practice, once a statement with content named it.
    #[n(0)]
    pub(crate) practice: Option<String>,
    /// Its statements, in the order they became known here.
    #[n(1)]
    pub(crate) statements: Vec<Locator>,
    /// Whether it has a document.
    #[n(2)]
    pub(crate) document: bool,
}

/// An entry's document: a folded save, and the changes since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct DocumentRow {
    /// An undeflated save, once there was a fold.
    #[n(0)]
    pub(crate) save: Option<ByteVec>,
    /// Changes that the save does not hold.
    #[n(1)]
    pub(crate) tail: Vec<Locator>,
    /// Changes that do not count, another with their actor and sequence number doing so.
    #[n(2)]
    #[cbor(default)]
    pub(crate) aside: Vec<ByteVec>,
}

pub(crate) fn read_entry(work: &Work<'_>, index: BoxIndex, entry: &EntryId) -> Result<Option<EntryRow>, StoreError> {
    read(work, Table::Entries, index, entry)
}

pub(crate) fn write_entry(work: &mut Work<'_>, index: BoxIndex, entry: &EntryId, row: &EntryRow) {
    work.put(Table::Entries, keyed(index, &entry.0), encoded(row));
}

pub(crate) fn read_document(
    work: &Work<'_>,
    index: BoxIndex,
    entry: &EntryId,
) -> Result<Option<DocumentRow>, StoreError> {
    read(work, Table::Documents, index, entry)
}

pub(crate) fn write_document(work: &mut Work<'_>, index: BoxIndex, entry: &EntryId, row: &DocumentRow) {
    work.put(Table::Documents, keyed(index, &entry.0), encoded(row));
}

fn read<T: for<'b> Decode<'b, ()>>(
    work: &Work<'_>,
    table: Table,
    index: BoxIndex,
    entry: &EntryId,
) -> Result<Option<T>, StoreError> {
    let Some(row) = work.read(table, &keyed(index, &entry.0))? else { return Ok(None) };
    minicbor::decode(&row).map(Some).map_err(|_| StoreError::Damaged { table: Some(table) })
}
