//! The default store: one SQLite file in WAL mode, every commit on disk before it returns.
//!
//! Opening does as little as it can, because every start of the app waits for it: what only writing needs is set up by
//! the first commit. Two processes never share the file (see [`Home`](super::Home)), so SQLite runs in exclusive
//! locking mode, without shared memory.

use super::{Operation, Row, Store, StoreError, Table, Transaction, salvage, spare};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, ToSql};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// "Amnd": tells our files from other SQLite files.
const APPLICATION_ID: u32 = 0x416d_6e64;
/// The format that this version writes.
pub(super) const FORMAT: u32 = 1;
/// Bytes. Measured on a ten-year couple's rows: smaller pages mean less to write per commit, larger ones less to read
/// per open.
pub(super) const PAGE_SIZE: u32 = 4096;
/// Pages. The log is copied into the database once it has about 1 MiB, so that it stays small beside it.
const CHECKPOINT_PAGES: u32 = 256;
/// Rows of this number are the store's own and in no [`Table`].
const OWN_ROWS: u8 = u8::MAX;
/// Present from a scrubbing commit until its deleted bytes have left the disk.
const SCRUB_DUE: &[u8] = b"scrub due";

/// Rows in an SQLite file.
pub struct SqliteStore {
    connection: Connection,
    /// Where the spare rows are kept once more.
    spare: PathBuf,
    /// The file of the spare rows says less than the table.
    spare_due: bool,
    /// What the first commit sets up is set up.
    writable: bool,
    /// The row `SCRUB_DUE` is there.
    scrub_marked: bool,
    /// Deleted bytes may still be on the disk.
    scrub_due: bool,
}

impl SqliteStore {
    /// Opens the file at `path`, or makes it. The caller holds the home's lock.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the file is not a store, [`StoreError::Newer`] when a newer version wrote it,
    /// [`StoreError::InUse`], [`StoreError::Full`], [`StoreError::Io`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match Connection::open_with_flags(path, flags) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {
                create_file(path)?;
                Connection::open_with_flags(path, flags)?
            }
            opened => opened?,
        };
        // Whoever has the file locked past the home's lock will not let go soon.
        connection.busy_timeout(Duration::ZERO)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        let spare = salvage::with_suffix(path, salvage::SPARE);
        let store =
            Self { connection, spare, spare_due: false, writable: false, scrub_marked: false, scrub_due: false };
        match store.header("user_version")? {
            0 => store.create()?,
            FORMAT => {}
            found if found > FORMAT => {
                return Err(StoreError::Newer { found, known: FORMAT });
            }
            _ => return Err(StoreError::Damaged { table: None }),
        }
        if store.header("application_id")? != APPLICATION_ID {
            return Err(StoreError::Damaged { table: None });
        }
        Ok(store)
    }

    /// Gives up the file, folding the log into it. Dropping does the same without saying whether it worked.
    ///
    /// # Errors
    /// As for [`Store::commit`]; nothing acknowledged is lost.
    pub fn close(self) -> Result<(), StoreError> {
        self.connection.close().map_err(|(_, error)| error.into())
    }

    /// Rows in all tables.
    pub(super) fn count(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM rows WHERE t < ?1";
        let count: i64 = self.connection.query_row(sql, [OWN_ROWS], |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }

    fn header(&self, name: &str) -> Result<u32, StoreError> {
        let value: i32 = self.connection.pragma_query_value(None, name, |row| row.get(0))?;
        Ok(value.cast_unsigned())
    }

    fn create(&self) -> Result<(), StoreError> {
        let tables: i64 = self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables != 0 {
            return Err(StoreError::Damaged { table: None });
        }
        // One transaction: a kill leaves a file that the next opening makes anew.
        self.connection.execute_batch(&format!(
            "PRAGMA page_size = {PAGE_SIZE};
             PRAGMA journal_mode = WAL;
             BEGIN IMMEDIATE;
             CREATE TABLE rows(t INTEGER, k BLOB, v BLOB, PRIMARY KEY(t, k)) WITHOUT ROWID;
             PRAGMA application_id = {APPLICATION_ID};
             PRAGMA user_version = {FORMAT};
             COMMIT;"
        ))?;
        Ok(())
    }

    fn prepare_writing(&mut self) -> Result<(), StoreError> {
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        self.connection.pragma_update(None, "secure_delete", "ON")?;
        self.connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        self.scrub_marked = self.value(OWN_ROWS, SCRUB_DUE)?.is_some();
        self.scrub_due = self.scrub_marked;
        self.writable = true;
        Ok(())
    }

    fn value(&self, table: u8, key: &[u8]) -> Result<Option<Vec<u8>>, rusqlite::Error> {
        let mut select = self.connection.prepare_cached("SELECT v FROM rows WHERE t = ?1 AND k = ?2")?;
        select.query_row((table, Blob(key)), |row| blob(row, 0)).optional()
    }

    fn write(&self, transaction: &Transaction) -> Result<(), rusqlite::Error> {
        let mut put = self.connection.prepare_cached(PUT)?;
        let mut delete = self.connection.prepare_cached("DELETE FROM rows WHERE t = ?1 AND k = ?2")?;
        for operation in transaction.operations() {
            match operation {
                Operation::Put { table, key, value } => put.execute((*table as u8, Blob(key), Blob(value)))?,
                Operation::Delete { table, key } => delete.execute((*table as u8, Blob(key)))?,
            };
        }
        if transaction.is_scrub() {
            put.execute((OWN_ROWS, Blob(SCRUB_DUE), Blob(&[])))?;
        } else if self.scrub_marked && !self.scrub_due {
            delete.execute((OWN_ROWS, Blob(SCRUB_DUE)))?;
        }
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// `secure_delete` alone is not enough: it zeroes a row where it was, but balancing the tree has left copies of
    /// moved rows in the unused space of other pages. So the file is built anew, and then the log, which holds older
    /// pages, is emptied.
    fn try_scrub(&mut self) {
        let scrubbed = || {
            self.connection.execute_batch("PRAGMA temp_store = MEMORY; VACUUM")?;
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
        };
        self.scrub_due = !matches!(scrubbed(), Ok(0));
    }
}

#[cfg(test)]
impl SqliteStore {
    /// As a disk with room for so many pages.
    pub(super) fn limit_pages(&self, pages: u32) {
        self.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("sets the limit");
    }

    /// Commits and dies before scrubbing.
    pub(super) fn forget_to_scrub(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        self.prepare_writing()?;
        self.connection.execute_batch("BEGIN")?;
        Ok(self.write(transaction)?)
    }
}

/// Writes a row over what is there.
const PUT: &str = "INSERT INTO rows(t, k, v) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET v = excluded.v";

impl Store for SqliteStore {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.value(table as u8, key).map_err(|error| in_table(error, table))
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let read = || {
            let mut rows = Vec::new();
            let row = |row: &rusqlite::Row<'_>| Ok((blob(row, 0)?, blob(row, 1)?));
            if to.is_empty() {
                let sql = "SELECT k, v FROM rows WHERE t = ?1 AND k >= ?2 ORDER BY k LIMIT ?3";
                let mut select = self.connection.prepare_cached(sql)?;
                for found in select.query_map((table as u8, Blob(from), limit), row)? {
                    rows.push(found?);
                }
            } else {
                let sql = "SELECT k, v FROM rows WHERE t = ?1 AND k >= ?2 AND k < ?3 ORDER BY k LIMIT ?4";
                let mut select = self.connection.prepare_cached(sql)?;
                for found in select.query_map((table as u8, Blob(from), Blob(to), limit), row)? {
                    rows.push(found?);
                }
            }
            Ok(rows)
        };
        read().map_err(|error| in_table(error, table))
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        if transaction.is_empty() {
            return Ok(());
        }
        if !self.writable {
            self.prepare_writing()?;
        }
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        if let Err(error) = self.write(transaction) {
            if !self.connection.is_autocommit() {
                // When this fails too, SQLite rolls back before it does anything else.
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            return Err(error.into());
        }
        self.spare_due |= transaction.operations().iter().any(is_spare);
        if self.spare_due {
            // The transaction stands even when this fails: every later commit tries again.
            let written =
                self.range(Table::Spare, &[], &[], usize::MAX).and_then(|rows| spare::write(&self.spare, &rows));
            self.spare_due = written.is_err();
        }
        if transaction.is_scrub() {
            self.scrub_marked = true;
            self.scrub_due = true;
        } else if !self.scrub_due {
            self.scrub_marked = false;
        }
        if self.scrub_due {
            // The transaction stands even when this fails: the mark makes every later commit try again.
            self.try_scrub();
        }
        Ok(())
    }

    /// Folds the log into the database and empties it: it would keep a megabyte for the next writing.
    fn rest(&mut self) -> Result<(), StoreError> {
        if self.writable {
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        Ok(())
    }

    fn check(&self) -> Result<(), StoreError> {
        let verdict: String = self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(StoreError::Damaged { table: None });
        }
        super::read_all(self)
    }
}

/// An empty file that only its owner may read, so that SQLite's own files get the same mode.
fn create_file(path: &Path) -> Result<(), StoreError> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn is_spare(operation: &Operation) -> bool {
    matches!(operation, Operation::Put { table: Table::Spare, .. } | Operation::Delete { table: Table::Spare, .. })
}

/// Bytes as an SQLite BLOB.
struct Blob<'a>(&'a [u8]);

impl ToSql for Blob<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0)))
    }
}

/// A column that must hold a BLOB: in a damaged file it may hold anything.
fn blob(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Vec<u8>> {
    Ok(row.get_ref(column)?.as_blob()?.to_vec())
}

fn in_table(error: rusqlite::Error, table: Table) -> StoreError {
    match StoreError::from(error) {
        StoreError::Damaged { .. } => StoreError::Damaged { table: Some(table) },
        other => other,
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => return StoreError::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => return StoreError::InUse,
            Some(ErrorCode::CannotOpen) => ErrorKind::NotFound,
            Some(ErrorCode::PermissionDenied) => ErrorKind::PermissionDenied,
            Some(ErrorCode::ReadOnly) => ErrorKind::ReadOnlyFilesystem,
            Some(ErrorCode::OutOfMemory) => ErrorKind::OutOfMemory,
            Some(ErrorCode::TooBig) => ErrorKind::InvalidInput,
            Some(ErrorCode::SystemIoFailure) => ErrorKind::Other,
            // What SQLite calls corrupt or no database, and whatever else our few fixed statements can only meet in a
            // file that is not as we left it: a missing table, a column of another type.
            _ => return StoreError::Damaged { table: None },
        };
        StoreError::Io(kind)
    }
}
