//! Records: append, read, trim, restore.

use std::ops::ControlFlow;

use amends_protocol::limits::{PAGE_BYTES_MAX, RECORDS_PER_PAGE_MAX};
use amends_protocol::{BoxId, Cursor, RecordHash, StoredRecord};
use rusqlite::{Connection, OptionalExtension, params};

use super::arrivals::{Arrival, Desk, Unsettled};
use super::boxes::{BoxRow, CURSOR_MAX, charge, cursor_of};
use super::{Failure, Rules, sweep};
use crate::store::{Admission, Appended, Page, StoreError};

pub(super) fn append(
    (db, desk): (&Connection, &mut Desk),
    rules: &Rules,
    box_id: &BoxId,
    (hash, record): (&RecordHash, &[u8]),
    admission: &dyn Admission,
) -> Result<Appended, Failure> {
    if desk.is_overdue() {
        return Err(StoreError::DiskFull.into());
    }
    let mut row = BoxRow::find_or_make(db, rules, box_id, admission)?;
    let record_id = desk.next_record();
    let tally = desk.tally(db, &row)?;
    if let Some(known) = tally.find(db, row.id, hash)? {
        return Ok(Appended { cursor: cursor_of(known.cursor), duplicate: true });
    }
    let size = size_of(record)?;
    let record_bytes = tally.record_bytes + charge(size);
    row.check_allowances(rules, record_bytes)?;
    let cursor = tally.newest + 1;
    if cursor > CURSOR_MAX {
        return Err(StoreError::BoxFull { limit: CURSOR_MAX as u64 }.into());
    }
    db.prepare_cached("INSERT INTO records (id, box, cursor, size, hash, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![record_id, row.id, cursor, size, hash.0.as_slice(), record])?;
    let today = rules.time.day();
    if row.accessed_day < today {
        row.accessed_day = today;
        row.save(db)?;
    }
    // Nothing below fails: the tally says what the database says.
    tally.newest = cursor;
    tally.record_bytes = record_bytes;
    tally.remember(hash, cursor);
    desk.tallies.grown();
    desk.arrived(row.id, cursor, size);
    Ok(Appended { cursor: cursor_of(cursor), duplicate: false })
}

/// One page, in the protocol's bounds.
pub(super) fn read(
    db: &Connection,
    unsettled: &Unsettled,
    box_id: &BoxId,
    after: Cursor,
    records_max: u32,
) -> Result<Page, Failure> {
    let mut page = Page { records: Vec::new(), more: false, last: Cursor::START };
    let Some(row) = BoxRow::find(db, box_id)? else {
        return Ok(page);
    };
    // First what has no entry yet: what gets one meanwhile is only seen twice.
    let arrivals = unsettled.of(row.id);
    let newest_entry = row.newest(db)?;
    let newest = arrivals.last().map_or(newest_entry, |arrival| arrival.cursor.max(newest_entry));
    page.last = cursor_of(newest);
    let after = i64::try_from(after.0).unwrap_or(i64::MAX).max(row.first);
    if after >= newest {
        return Ok(page);
    }
    let records_max = records_max.clamp(1, RECORDS_PER_PAGE_MAX);
    let mut filling = Filling { db, row: &row, page, bytes: 0, records_max };
    let mut entries = db.prepare_cached(
        "SELECT cursor, record, size FROM entries
         WHERE box = ?1 AND cursor > ?2 AND cursor <= ?3 AND hidden_s IS NULL ORDER BY cursor LIMIT ?4",
    )?;
    // One more than asked for, to know whether there is more.
    let mut rows = entries.query(params![row.id, after, newest_entry, i64::from(records_max) + 1])?;
    let mut seen = after.max(newest_entry);
    while let Some(entry) = rows.next()? {
        let found = Arrival { cursor: entry.get(0)?, record: entry.get(1)?, size: entry.get(2)? };
        if filling.add(found)?.is_break() {
            return Ok(filling.page);
        }
        seen = seen.max(found.cursor);
    }
    for arrival in arrivals.into_iter().filter(|arrival| arrival.cursor > seen) {
        if filling.add(arrival)?.is_break() {
            break;
        }
    }
    Ok(filling.page)
}

/// A page that is being filled.
struct Filling<'a> {
    db: &'a Connection,
    row: &'a BoxRow,
    page: Page,
    bytes: usize,
    records_max: u32,
}

impl Filling<'_> {
    /// Adds a record; `Break` if it doesn't fit any more.
    fn add(&mut self, found: Arrival) -> Result<ControlFlow<()>, Failure> {
        let size = usize::try_from(found.size).unwrap_or(usize::MAX);
        let count = self.page.records.len();
        let is_full = count >= self.records_max as usize || size > PAGE_BYTES_MAX - self.bytes;
        if is_full && count > 0 {
            self.page.more = true;
            return Ok(ControlFlow::Break(()));
        }
        self.bytes += size.min(PAGE_BYTES_MAX);
        let record: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT bytes FROM records WHERE id = ?1")?
            .query_row([found.record], |row| row.get(0))
            .optional()?;
        match record {
            Some(record) => self.page.records.push(StoredRecord { cursor: cursor_of(found.cursor), record }),
            // Entries and bytes go in one transaction, but this reads one after the other: it was purged in between.
            None if !self.still_there(found.cursor)? => {}
            None => return Err(StoreError::Damaged.into()),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn still_there(&self, cursor: i64) -> rusqlite::Result<bool> {
        self.db
            .prepare_cached("SELECT 1 FROM entries WHERE box = ?1 AND cursor = ?2")?
            .exists(params![self.row.id, cursor])
    }
}

/// Hides readable records.
pub(super) fn trim(
    (db, desk): (&Connection, &mut Desk),
    rules: &Rules,
    box_id: &BoxId,
    records: &[RecordHash],
) -> Result<u32, Failure> {
    desk.require_settled()?;
    let Some(mut row) = BoxRow::find(db, box_id)? else {
        return Ok(0);
    };
    let now_s = rules.time.now_s();
    let mut hidden = 0;
    for hash in records {
        let Some(known) = desk.tally(db, &row)?.find(db, row.id, hash)? else {
            continue;
        };
        // Hidden before, or named twice: what is in the database counts, and this has changed it.
        if known.hidden {
            continue;
        }
        set_hidden(db, row.id, known.cursor, Some(now_s))?;
        row.hidden_bytes += charge(known.size);
        hidden += 1;
    }
    if hidden > 0 {
        let newest = row.newest(db)?;
        row.first = first_readable(db, &row)?.map_or(newest, |cursor| cursor - 1);
        desk.tallies.forget(row.id);
        sweep::drop_oldest_hidden((db, desk), rules, &mut row)?;
        row.save(db)?;
    }
    Ok(hidden)
}

/// Makes hidden records readable again, all that are named or none.
pub(super) fn restore(
    (db, desk): (&Connection, &mut Desk),
    rules: &Rules,
    box_id: &BoxId,
    records: &[RecordHash],
) -> Result<u32, Failure> {
    desk.require_settled()?;
    let Some(mut row) = BoxRow::find(db, box_id)? else {
        return Ok(0);
    };
    let tally = desk.tally(db, &row)?;
    let mut record_bytes = tally.record_bytes;
    let mut restored = 0;
    for hash in records {
        let Some(known) = tally.find(db, row.id, hash)?.filter(|known| known.hidden) else {
            continue;
        };
        set_hidden(db, row.id, known.cursor, None)?;
        row.hidden_bytes -= charge(known.size);
        record_bytes += charge(known.size);
        row.first = row.first.min(known.cursor - 1);
        restored += 1;
    }
    if restored > 0 {
        row.check_allowances(rules, record_bytes)?;
        row.save(db)?;
        tally.record_bytes = record_bytes;
    }
    Ok(restored)
}

fn set_hidden(db: &Connection, box_row: i64, cursor: i64, hidden_s: Option<i64>) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE entries SET hidden_s = ?3 WHERE box = ?1 AND cursor = ?2")?
        .execute(params![box_row, cursor, hidden_s])?;
    Ok(())
}

/// The oldest readable record from the old `first` on: before it, nothing was readable.
fn first_readable(db: &Connection, row: &BoxRow) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached(
        "SELECT cursor FROM entries WHERE box = ?1 AND cursor > ?2 AND hidden_s IS NULL ORDER BY cursor LIMIT 1",
    )?
    .query_row(params![row.id, row.first], |found| found.get(0))
    .optional()
}

pub(super) fn size_of(bytes: &[u8]) -> Result<i64, StoreError> {
    i64::try_from(bytes.len()).map_err(|_| StoreError::Internal)
}

/// The hidden record of the box that was hidden first: its cursor, size and time.
pub(super) fn oldest_hidden(db: &Connection, box_row: i64) -> rusqlite::Result<Option<(i64, i64, i64)>> {
    db.prepare_cached(
        "SELECT cursor, size, hidden_s FROM entries WHERE box = ?1 AND hidden_s IS NOT NULL
         ORDER BY hidden_s, cursor LIMIT 1",
    )?
    .query_row([box_row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    .optional()
}

/// Removes an entry and its record. The caller keeps `boxes.last` from falling below its cursor.
pub(super) fn remove(db: &Connection, box_row: i64, cursor: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM records WHERE id = (SELECT record FROM entries WHERE box = ?1 AND cursor = ?2)")?
        .execute(params![box_row, cursor])?;
    db.prepare_cached("DELETE FROM entries WHERE box = ?1 AND cursor = ?2")?.execute(params![box_row, cursor])?;
    Ok(())
}

/// Removes a piece of the records of a deleted box.
pub(super) fn remove_some(db: &Connection, box_row: i64, count_max: usize) -> rusqlite::Result<ControlFlow<()>> {
    let cursors: Vec<i64> = db
        .prepare_cached("SELECT cursor FROM entries WHERE box = ?1 LIMIT ?2")?
        .query_map(params![box_row, count_max as i64], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for cursor in &cursors {
        remove(db, box_row, *cursor)?;
    }
    Ok(if cursors.len() < count_max { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
}
