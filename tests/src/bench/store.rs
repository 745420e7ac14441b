//! Stores as a phone has them, one that notes what passes through it, and SQLite as bare as it can be.

use amends_core::crypto::random::SystemRandomness;
use amends_core::crypto::storage::StorageKey;
use amends_core::storage::{
    self, Operation, Row, RowCipher, RowUnreadable, RowUnsealed, Sealed, SqliteStore, Store, StoreError, Table,
    Transaction,
};
use rusqlite::{Connection, OpenFlags, params};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;

/// The storage key: always the same, since nothing here is secret.
const KEY: [u8; 32] = [0x5a; 32];

/// Seals rows as a phone does.
pub(crate) struct Cipher(StorageKey, SystemRandomness);

impl Cipher {
    pub(crate) fn new() -> Self {
        Self(StorageKey::from_bytes(&KEY).expect("a storage key"), SystemRandomness::new())
    }
}

impl RowCipher for Cipher {
    fn seal(&mut self, table: u8, key: &[u8], plain: &[u8]) -> Result<Vec<u8>, RowUnsealed> {
        self.0.seal_row(table, key, plain, &mut self.1).map_err(|_| RowUnsealed)
    }

    fn open(&self, table: u8, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, RowUnreadable> {
        self.0.open_row(table, key, sealed).map_err(|_| RowUnreadable)
    }
}

/// What passed through a [`Noting`] store.
#[derive(Default)]
pub(crate) struct Notes {
    /// Rows read.
    pub(crate) read: Vec<(Table, Vec<u8>)>,
    /// Transactions committed.
    pub(crate) committed: Vec<Transaction>,
}

/// A store that notes what passes through it.
pub(crate) struct Noting<S> {
    store: S,
    notes: Arc<Mutex<Notes>>,
}

impl<S> Noting<S> {
    pub(crate) fn new(store: S) -> (Self, Arc<Mutex<Notes>>) {
        let notes = Arc::new(Mutex::new(Notes::default()));
        (Self { store, notes: Arc::clone(&notes) }, notes)
    }
}

/// What was noted since it was last asked.
pub(crate) fn take_notes(notes: &Mutex<Notes>) -> Notes {
    std::mem::take(&mut *notes.lock().unwrap_or_else(PoisonError::into_inner))
}

impl<S: Store> Store for Noting<S> {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).read.push((table, key.to_vec()));
        self.store.read(table, key)
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.store.range(table, from, to, limit)
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).committed.push(transaction.clone());
        self.store.commit(transaction)
    }

    fn rest(&mut self) -> Result<(), StoreError> {
        self.store.rest()
    }
}

/// A phone's folder on a real disk.
pub(crate) struct Folder {
    _scratch: TempDir,
    path: PathBuf,
}

impl Folder {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let scratch = TempDir::with_prefix("amends-bench-").expect("a temporary folder");
        Self { path: scratch.path().join("home"), _scratch: scratch }
    }

    /// An empty one in memory, where there is such a thing, for what is only built and not measured.
    pub(crate) fn in_memory() -> Self {
        match TempDir::with_prefix_in("amends-bench-", "/dev/shm") {
            Ok(scratch) => Self { path: scratch.path().join("home"), _scratch: scratch },
            Err(_) => Self::new(),
        }
    }

    /// A copy of this one on disk, as a process that was killed leaves it.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        std::fs::create_dir_all(&copy.path).expect("a folder");
        for entry in std::fs::read_dir(&self.path).expect("the home's folder").flatten() {
            let to = copy.path.join(entry.file_name());
            std::fs::copy(entry.path(), &to).expect("a copy");
            std::fs::File::open(to).and_then(|file| file.sync_all()).expect("a durable copy");
        }
        copy
    }

    /// The home's database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(storage::Home::STORE)
    }

    /// Bytes of every file in it.
    pub(crate) fn bytes(&self) -> u64 {
        let files = std::fs::read_dir(&self.path).expect("the home's folder").flatten();
        files.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
    }

    /// Opens the home's store as a phone does, its lock taken.
    pub(crate) fn open(&self) -> PhoneStore<SqliteStore> {
        let folder = storage::Home::open(&self.path).expect("the home's folder");
        let store = folder.store().expect("the home's store");
        PhoneStore { sealed: Sealed::new(store, Cipher::new()), _lock: folder }
    }

    /// The same, noting what passes.
    pub(crate) fn open_noting(&self) -> (PhoneStore<Noting<SqliteStore>>, Arc<Mutex<Notes>>) {
        let folder = storage::Home::open(&self.path).expect("the home's folder");
        let (store, notes) = Noting::new(folder.store().expect("the home's store"));
        (PhoneStore { sealed: Sealed::new(store, Cipher::new()), _lock: folder }, notes)
    }
}

/// A sealed store with the lock of its folder.
pub(crate) struct PhoneStore<S> {
    sealed: Sealed<S, Cipher>,
    _lock: storage::Home,
}

impl<S: Store> Store for PhoneStore<S> {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.sealed.read(table, key)
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.sealed.range(table, from, to, limit)
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        self.sealed.commit(transaction)
    }

    fn rest(&mut self) -> Result<(), StoreError> {
        self.sealed.rest()
    }
}

/// Opens a database with nothing but SQLite.
pub(crate) fn bare(path: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).expect("SQLite opens")
}

/// A bare copy of a home's database, ready for commits that are durable when they return.
pub(crate) fn bare_for_writing(path: &Path) -> Connection {
    let connection = bare(path);
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").expect("SQLite is set up");
    let columns = "t INTEGER, k BLOB, v BLOB, PRIMARY KEY(t, k)";
    let table = format!("CREATE TABLE IF NOT EXISTS rows({columns}) WITHOUT ROWID");
    connection.execute_batch(&table).expect("a table");
    connection
}

/// Commits to bare SQLite what a phone committed in one or more transactions: the same keys, the same bytes, one sync.
pub(crate) fn bare_commit(connection: &Connection, transactions: &[Transaction]) {
    let mut rows: BTreeMap<(u8, &[u8]), Option<&[u8]>> = BTreeMap::new();
    for operation in transactions.iter().flat_map(Transaction::operations) {
        match operation {
            Operation::Put { table, key, value } => rows.insert((*table as u8, key.as_slice()), Some(value.as_slice())),
            Operation::Delete { table, key } => rows.insert((*table as u8, key.as_slice()), None),
        };
    }
    connection.execute_batch("BEGIN IMMEDIATE").expect("SQLite begins");
    {
        let put = "INSERT INTO rows(t, k, v) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET v = excluded.v";
        let mut put = connection.prepare_cached(put).expect("SQLite prepares");
        let mut delete =
            connection.prepare_cached("DELETE FROM rows WHERE t = ?1 AND k = ?2").expect("SQLite prepares");
        for ((table, key), value) in rows {
            match value {
                Some(value) => put.execute(params![table, key, value]).expect("SQLite writes"),
                None => delete.execute(params![table, key]).expect("SQLite deletes"),
            };
        }
    }
    connection.execute_batch("COMMIT").expect("SQLite commits");
}

/// How many rows of each table there are and how long they are.
pub(crate) fn census(path: &Path) -> String {
    let connection = bare(path);
    let sql = "SELECT t, count(*), sum(length(k)), sum(length(v)), max(length(v)) FROM rows GROUP BY t ORDER BY t";
    let mut select = connection.prepare(sql).expect("a statement");
    let line = |row: &rusqlite::Row<'_>| {
        let number = |column| row.get::<_, i64>(column);
        let (table, rows, keys, values, longest) = (number(0)?, number(1)?, number(2)?, number(3)?, number(4)?);
        let name = u8::try_from(table).ok().and_then(Table::from_number);
        Ok(format!("  {name:?}: {rows} rows, {keys} + {values} bytes, longest {longest}"))
    };
    let lines = select.query_map([], line).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    format!("rows of the phone:\n{}", lines.expect("a census").join("\n"))
}
