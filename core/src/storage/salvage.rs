//! What to do about a damaged file: carry every row that can still be read into a new one, and keep the damaged one
//! aside.
//!
//! A row that was read may still be a wrong one; whoever sealed it will notice. What can't be read is known to the
//! relay, but for what was not sent yet.

use super::pages::rows_on;
use super::spare;
use super::sqlite::{FORMAT, PAGE_SIZE, SqliteStore};
use super::{Store, StoreError, Table, Transaction};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Rows written per transaction.
const BATCH: usize = 1024;
const LOG: &str = "-wal";
const SALVAGED: &str = ".salvaged";
/// Beside the store: see [`super::spare`].
pub(super) const SPARE: &str = ".spare";

/// What was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SalvageReport {
    /// Where the damaged file is kept. Words that are redacted later stay in it.
    pub kept: PathBuf,
    /// Rows carried over.
    pub rows: u64,
    /// The whole file could be read: nothing that was stored is known to be missing.
    pub complete: bool,
}

/// A new store beside another, which it is to replace: empty, or with the intact rows of a damaged one. Nothing has changed
/// before [`Salvage::finish`]; dropping this leaves the other as it was.
#[derive(Debug)]
pub struct Salvage {
    path: PathBuf,
    fresh: PathBuf,
    complete: bool,
    finished: bool,
}

impl Salvage {
    /// Carries every intact row of the store at `path` into a new one. The caller holds the home's lock and has no store open
    /// there.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Newer`], [`StoreError::Io`].
    pub fn begin(path: &Path) -> Result<Self, StoreError> {
        let complete = match is_sound(path) {
            Err(StoreError::Damaged { .. }) => false,
            verdict => verdict?,
        };
        let mut salvage = Self::empty(path)?;
        salvage.complete = complete;
        let folded = with_suffix(path, ".folded");
        let file = fold(path, &salvage.fresh, &folded).and_then(|()| Ok(fs::read(&folded)?));
        remove_store(&folded)?;
        let mut into = salvage.store()?;
        let mut spare = Transaction::new();
        for (key, value) in spare::read(&with_suffix(path, SPARE)) {
            spare.put(Table::Spare, key, value);
        }
        into.commit(&spare)?;
        // What the store itself has is at least as new.
        carry_over(&file?, &mut into)?;
        into.close()?;
        Ok(salvage)
    }

    /// Begins with nothing.
    pub(super) fn empty(path: &Path) -> Result<Self, StoreError> {
        let salvage = Self { path: path.into(), fresh: with_suffix(path, ".new"), complete: true, finished: false };
        remove_store(&salvage.fresh)?;
        salvage.store()?.close()?;
        Ok(salvage)
    }

    /// The whole file could be read: nothing that was stored is known to be missing.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Opens the new store.
    ///
    /// # Errors
    /// As for [`SqliteStore::open`].
    pub fn store(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(&self.fresh)
    }

    /// Puts the new store, which must be closed, in the other's place and keeps that one, if there is one. When this fails or is killed,
    /// the damaged one is where it was, or the next opening of the home completes the exchange.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Io`].
    pub fn finish(mut self) -> Result<SalvageReport, StoreError> {
        let rows = {
            let store = self.store()?;
            let rows = store.count()?;
            store.close()?;
            rows
        };
        // What lies in a log yet would not come along.
        if with_suffix(&self.fresh, LOG).exists() {
            return Err(StoreError::Full);
        }
        let spare = with_suffix(&self.fresh, SPARE);
        if spare.exists() {
            fs::rename(spare, with_suffix(&self.path, SPARE))?;
        }
        fs::rename(&self.fresh, with_suffix(&self.path, SALVAGED))?;
        self.finished = true;
        sync_folder(&self.path)?;
        let kept = free_name(&self.path);
        finish(&self.path)?;
        Ok(SalvageReport { kept, rows, complete: self.complete })
    }
}

impl Drop for Salvage {
    fn drop(&mut self) {
        if !self.finished {
            // The next salvage removes what is left of this one.
            let _ = remove_store(&self.fresh);
        }
    }
}

/// Makes a new store of the intact rows of the damaged one at `path`, puts it in its place and keeps the damaged one.
///
/// # Errors
/// As for [`Salvage::begin`] and [`Salvage::finish`].
pub fn salvage(path: &Path) -> Result<SalvageReport, StoreError> {
    Salvage::begin(path)?.finish()
}

/// Completes a salvage that was killed after the new store was whole. Does nothing when there is none.
pub(super) fn finish(path: &Path) -> Result<(), StoreError> {
    let salvaged = with_suffix(path, SALVAGED);
    if !salvaged.exists() {
        return Ok(());
    }
    // The log first: a store must never be found beside another's log.
    let kept = free_name(path);
    let log = with_suffix(path, LOG);
    if log.exists() {
        fs::rename(&log, with_suffix(&kept, LOG))?;
    }
    if path.exists() {
        fs::rename(path, &kept)?;
    }
    fs::rename(&salvaged, path)?;
    sync_folder(path)
}

fn free_name(path: &Path) -> PathBuf {
    let mut number = 1_u32;
    loop {
        let kept = with_suffix(path, &format!(".aside-{number}"));
        if !kept.exists() {
            return kept;
        }
        number += 1;
    }
}

/// Whether nothing is wrong with the file, which changes neither it nor its log.
fn is_sound(path: &Path) -> Result<bool, StoreError> {
    let connection = Connection::open_with_flags(path, flags())?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if verdict == "ok" && found > FORMAT {
        return Err(StoreError::Newer { found, known: FORMAT });
    }
    Ok(verdict == "ok")
}

/// Copies the store at `path` to `folded`, with the first page of the empty store at `fresh`, and folds the log in. The
/// first page says the same of every store; folding copies whole pages and does not mind what is on them.
fn fold(path: &Path, fresh: &Path, folded: &Path) -> Result<(), StoreError> {
    // Where the database header says how many pages there are: SQLite file format, 1.3.
    const PAGES: std::ops::Range<usize> = 28..32;

    remove_store(folded)?;
    let pages = u32::try_from(fs::copy(path, folded)? / u64::from(PAGE_SIZE)).unwrap_or(u32::MAX);
    let mut first = Vec::new();
    File::open(fresh)?.take(u64::from(PAGE_SIZE)).read_to_end(&mut first)?;
    if let Some(field) = first.get_mut(PAGES) {
        field.copy_from_slice(&pages.to_be_bytes());
    }
    File::options().write(true).open(folded)?.write_all(&first)?;
    let log = with_suffix(path, LOG);
    if log.exists() {
        fs::copy(&log, with_suffix(folded, LOG))?;
        let connection = Connection::open_with_flags(folded, flags())?;
        // A log that can't be folded is lost; the pages are not.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
    Ok(())
}

fn carry_over(file: &[u8], into: &mut SqliteStore) -> Result<(), StoreError> {
    let page_size = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
    let mut batch = Transaction::new();
    for page in 1..file.len().div_ceil(page_size) {
        for (number, key, value) in rows_on(file, page_size, page) {
            if let Some(table) = Table::from_number(number) {
                batch.put(table, key, value);
            }
        }
        if batch.operations().len() >= BATCH {
            into.commit(&std::mem::take(&mut batch))?;
        }
    }
    into.commit(&batch)
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

pub(super) fn remove_store(path: &Path) -> Result<(), StoreError> {
    for file in [with_suffix(path, LOG), with_suffix(path, SPARE), path.to_path_buf()] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
