//! The database file: its tables, how it is opened, and what is refused at the start.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

/// The schema that this version writes, kept in `PRAGMA user_version`.
pub(crate) const SCHEMA_VERSION: i64 = 1;

/// "AmRl": tells our file from any other SQLite database.
const APPLICATION_ID: i64 = 0x416d_526c;

/// Pages of WAL after which a commit also checkpoints. 16 MiB: fewer, larger checkpoints, since each syncs twice.
const WAL_CHECKPOINT_PAGES: i64 = 4096;

/// KiB of pages that the writer keeps in memory: a whole batch's, or SQLite would write some of them twice.
const WRITER_CACHE_KIB: i64 = 64 * 1024;

/// Statements that each connection keeps prepared: all we have.
const STATEMENTS_MAX: usize = 64;

/// A record lies in `records` in the order in which it came, whatever its box, so that a commit of many boxes writes few
/// pages; `entries`, made later for many at once, finds them, sorted by box. What is counted from entries (a box's
/// readable bytes, its newest cursor) is in no row: an append rewrites nothing. Nor is there an index by hash: the writer
/// keeps the hashes of the boxes it works on in memory, with a bound.
const TABLES: &str = "
CREATE TABLE boxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused, so that what is left of a deleted box finds no new one
    box BLOB NOT NULL UNIQUE,
    generation BLOB NOT NULL,
    first INTEGER NOT NULL,               -- just before the oldest readable record
    last INTEGER NOT NULL,                -- the newest cursor of a record that is gone; entries may have newer ones
    pack_bytes INTEGER NOT NULL,          -- chunks in packs or loose, and manifests
    hidden_bytes INTEGER NOT NULL,
    accessed_day INTEGER NOT NULL         -- in days of relay time
) STRICT;
CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    box INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL                   -- last, so that the others are read without it
) STRICT;
CREATE TABLE settled (                    -- the newest record that has its entry
    one INTEGER PRIMARY KEY CHECK (one = 1),
    record INTEGER NOT NULL
) STRICT;
INSERT INTO settled VALUES (1, 0);
CREATE TABLE entries (
    box INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    record INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hidden_s INTEGER,                     -- relay time at which it was hidden
    hash BLOB NOT NULL,
    PRIMARY KEY (box, cursor)
) STRICT, WITHOUT ROWID;
CREATE INDEX entries_hidden ON entries (box, hidden_s) WHERE hidden_s IS NOT NULL;
CREATE INDEX entries_expiring ON entries (hidden_s) WHERE hidden_s IS NOT NULL;
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    box INTEGER NOT NULL,
    hash BLOB NOT NULL,
    size INTEGER NOT NULL,
    refs INTEGER NOT NULL,                -- places in packs that name it
    loose_s INTEGER,                      -- relay time since which no pack names it
    hidden_s INTEGER                      -- relay time at which its last pack was replaced
) STRICT;
CREATE UNIQUE INDEX chunks_by_hash ON chunks (box, hash);
CREATE INDEX chunks_hidden ON chunks (box, hidden_s) WHERE hidden_s IS NOT NULL;
CREATE INDEX chunks_expiring ON chunks (hidden_s) WHERE hidden_s IS NOT NULL;
CREATE INDEX chunks_loose ON chunks (loose_s) WHERE loose_s IS NOT NULL;
CREATE TABLE chunk_bodies (               -- apart, so that counting references rewrites no bodies
    chunk INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;
CREATE TABLE packs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    box INTEGER NOT NULL,
    pack BLOB NOT NULL,
    manifest BLOB NOT NULL,
    list_bytes INTEGER NOT NULL           -- what it takes in the list of packs
) STRICT;
CREATE UNIQUE INDEX packs_by_id ON packs (box, pack);
CREATE TABLE pack_chunks (
    pack INTEGER NOT NULL,
    position INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    PRIMARY KEY (pack, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE dead_boxes (id INTEGER PRIMARY KEY) STRICT; -- deleted; their contents go piece by piece
CREATE TABLE relay_time (one INTEGER PRIMARY KEY CHECK (one = 1), elapsed_s INTEGER NOT NULL, wall_s INTEGER NOT NULL)
    STRICT;
INSERT INTO relay_time VALUES (1, 0, 0);
";

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A newer relay wrote it.
    #[error("the data folder has schema {found}, this relay knows up to {SCHEMA_VERSION}: use a newer amends-relay")]
    NewerVersion {
        /// Its schema.
        found: i64,
    },
    /// It is not a relay's database, or SQLite found damage in it.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// No room to make it.
    #[error("the disk is full")]
    DiskFull,
    /// Anything else, such as missing permissions.
    #[error("the database cannot be opened")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::Sqlite(error),
        }
    }
}

/// Opens the writer's connection; makes the database if there is none. `check` reads every page for damage.
pub(crate) fn open(path: &Path, bytes_max: Option<u64>, check: bool) -> Result<Connection, OpenError> {
    let mut db = Connection::open(path)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if version > SCHEMA_VERSION && application == APPLICATION_ID {
        return Err(OpenError::NewerVersion { found: version });
    }
    let is_new = version == 0 && application == 0 && is_empty(&db)?;
    if !is_new && (application != APPLICATION_ID || version < 1) {
        return Err(OpenError::Damaged("it is not a relay's database".into()));
    }
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    // Gone means gone: what was purged is overwritten, not only unlinked.
    db.pragma_update(None, "secure_delete", true)?;
    db.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    db.pragma_update(None, "wal_autocheckpoint", WAL_CHECKPOINT_PAGES)?;
    if let Some(bytes_max) = bytes_max {
        let page_size: i64 = db.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(bytes_max).unwrap_or(i64::MAX) / page_size.max(1);
        db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    if is_new {
        let transaction = db.transaction()?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        transaction.commit()?;
    } else if check {
        quick_check(&db)?;
    }
    Ok(db)
}

/// Opens a reader's connection to an existing database.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    // Not read-only: a reader of a WAL must be able to write its shared memory.
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}

fn is_empty(db: &Connection) -> rusqlite::Result<bool> {
    db.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn quick_check(db: &Connection) -> Result<(), OpenError> {
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(OpenError::Damaged(verdict)) }
}
