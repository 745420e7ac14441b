//! What to do about a damaged file: carry every row that can still be read into a new one, and keep the damaged one aside.
//!
//! A row that was read may still be a wrong one; whoever sealed it will notice. What can't be read is known to the relay, but
//! for what was not sent yet.

use super::sqlite::{Blob, FORMAT, PAGE_SIZE, SqliteStore, blob};
use super::{Store, StoreError, Table, Transaction};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Rows written per transaction.
const BATCH: usize = 1024;
/// How many gaps between readable rows are entered before the rest is given up.
const PROBES: usize = 4096;
const LOG: &str = "-wal";
const SALVAGED: &str = ".salvaged";

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

/// Makes a new store of the intact rows of the damaged one at `path`, puts it in its place and keeps the damaged one. The
/// caller holds the home's lock and has no store open there. When this fails or is killed, the damaged one is where it was, or
/// [`finish`] completes what was begun.
///
/// # Errors
/// [`StoreError::Full`], [`StoreError::Newer`], [`StoreError::Io`].
pub fn salvage(path: &Path) -> Result<SalvageReport, StoreError> {
    let fresh = with_suffix(path, ".new");
    remove_store(&fresh)?;
    SqliteStore::open(&fresh)?.close()?;
    let first_page = first_page(&fresh)?;
    let mut into = SqliteStore::open(&fresh)?;
    let mut complete = false;
    match open_damaged(path) {
        Ok(from) => complete = carry_over(&from, &mut into)?,
        Err(StoreError::Damaged { .. }) => {}
        Err(error) => return Err(error),
    }
    if !complete {
        // Perhaps the first page is broken, and that says the same of every store.
        let mended = mend(path, first_page)?;
        if let Ok(from) = open_damaged(&mended) {
            carry_over(&from, &mut into)?;
        }
        remove_store(&mended)?;
    }
    let rows = into.count()?;
    into.close()?;
    fs::rename(&fresh, with_suffix(path, SALVAGED))?;
    sync_folder(path)?;
    let kept = free_name(path);
    finish(path)?;
    Ok(SalvageReport { kept, rows, complete })
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
        let kept = with_suffix(path, &format!(".damaged-{number}"));
        if !kept.exists() {
            return kept;
        }
        number += 1;
    }
}

/// Opens a file to read what is readable, changing neither it nor its log.
fn open_damaged(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > FORMAT && connection.query_row("PRAGMA quick_check(1)", [], |row| Ok(row.get_ref(0)? == "ok".into()))? {
        return Err(StoreError::Newer { found, known: FORMAT });
    }
    connection.prepare("SELECT t, k, v FROM rows")?;
    Ok(connection)
}

fn first_page(path: &Path) -> Result<Vec<u8>, StoreError> {
    let mut page = Vec::new();
    File::open(path)?.take(u64::from(PAGE_SIZE)).read_to_end(&mut page)?;
    Ok(page)
}

/// A copy of the store at `path` with the first page of an empty one.
fn mend(path: &Path, mut first_page: Vec<u8>) -> Result<PathBuf, StoreError> {
    // Offsets in the database header: SQLite file format, section 1.3.
    const PAGES_AT: usize = 28;
    const FREE_LIST_AT: usize = 32;
    const FREE_LIST_END: usize = 40;

    let mended = with_suffix(path, ".mended");
    remove_store(&mended)?;
    let pages = u32::try_from(fs::copy(path, &mended)? / u64::from(PAGE_SIZE)).unwrap_or(u32::MAX);
    let log = with_suffix(path, LOG);
    if log.exists() {
        // Without it, rows that were deleted would come back.
        fs::copy(&log, with_suffix(&mended, LOG))?;
    }
    if let Some(field) = first_page.get_mut(PAGES_AT..FREE_LIST_AT) {
        field.copy_from_slice(&pages.to_be_bytes());
    }
    if let Some(field) = first_page.get_mut(FREE_LIST_AT..FREE_LIST_END) {
        field.fill(0);
    }
    File::options().write(true).open(&mended)?.write_all(&first_page)?;
    Ok(mended)
}

/// Where a row is: its table's number and its key, in the order of the rows. Empty: before the first.
type Place = Vec<u8>;

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Up,
    Down,
}

/// Copies what can be read. True when nothing stood in the way.
fn carry_over(from: &Connection, into: &mut SqliteStore) -> Result<bool, StoreError> {
    let mut gaps = VecDeque::from([(Place::new(), vec![u8::MAX])]);
    let mut complete = true;
    for _ in 0..PROBES {
        let Some((low, high)) = gaps.pop_front() else { break };
        let Some(low) = run(from, into, &low, &high, Direction::Up)? else { continue };
        complete = false;
        let Some(high) = run(from, into, &low, &high, Direction::Down)? else { continue };
        if let Some(middle) = between(&low, &high) {
            gaps.push_back((low, middle.clone()));
            gaps.push_back((middle, high));
        }
    }
    Ok(complete)
}

/// Copies the rows between two places until the other end (none) or damage, and then returns the last place reached.
fn run(
    from: &Connection,
    into: &mut SqliteStore,
    low: &[u8],
    high: &[u8],
    direction: Direction,
) -> Result<Option<Place>, StoreError> {
    let sql = match direction {
        Direction::Up => "SELECT t, k, v FROM rows WHERE (t, k) >= (?1, ?2) AND (t, k) < (?3, ?4) ORDER BY t, k",
        Direction::Down => "SELECT t, k, v FROM rows WHERE (t, k) >= (?1, ?2) AND (t, k) < (?3, ?4) ORDER BY t DESC, k DESC",
    };
    let mut reached = if direction == Direction::Up { low.to_vec() } else { high.to_vec() };
    let mut batch = Transaction::new();
    let mut pending = 0;
    let mut select = from.prepare_cached(sql)?;
    let (low_table, low_key) = bind(low);
    let (high_table, high_key) = bind(high);
    let mut rows = select.query(params![low_table, Blob(low_key), high_table, Blob(high_key)])?;
    let whole = loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break true,
            Err(_) => break false,
        };
        let (Ok(number), Ok(key), Ok(value)) = (row.get::<_, u8>(0), blob(row, 1), blob(row, 2)) else { break false };
        let place: Place = [&[number], key.as_slice()].concat();
        // A damaged tree may lead in circles.
        let onward = match direction {
            Direction::Up => place >= reached,
            Direction::Down => place < reached,
        };
        if !onward {
            break false;
        }
        reached = place;
        if direction == Direction::Up {
            // The first place behind this row.
            reached.push(0);
        }
        if let Some(table) = Table::from_number(number) {
            batch.put(table, key, value);
            pending += 1;
        }
        if pending == BATCH {
            into.commit(&std::mem::take(&mut batch))?;
            pending = 0;
        }
    };
    into.commit(&batch)?;
    Ok(if whole { None } else { Some(reached) })
}

fn bind(place: &[u8]) -> (i64, &[u8]) {
    place.split_first().map_or((-1, place), |(table, key)| (i64::from(*table), key))
}

/// The middle of two places, read as fractions. None when no place is left between them.
fn between(low: &[u8], high: &[u8]) -> Option<Place> {
    let length = low.len().max(high.len()) + 1;
    let digit = |place: &[u8], at: usize| u16::from(place.get(at).copied().unwrap_or(0));
    let mut sum = vec![0_u16; length];
    let mut carry = 0;
    for (at, digits) in sum.iter_mut().enumerate().rev() {
        let total = digit(low, at) + digit(high, at) + carry;
        *digits = total & 0xff;
        carry = total >> 8;
    }
    let mut middle = Place::with_capacity(length);
    for digits in sum {
        let value = (carry << 8) | digits;
        middle.push(u8::try_from(value >> 1).unwrap_or(u8::MAX));
        carry = value & 1;
    }
    while middle.last() == Some(&0) {
        middle.pop();
    }
    (middle.as_slice() > low && middle.as_slice() < high).then_some(middle)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn remove_store(path: &Path) -> Result<(), StoreError> {
    for file in [with_suffix(path, LOG), path.to_path_buf()] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn sync_folder(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
