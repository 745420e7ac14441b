//! Records: append, read, trim, restore.

use std::ops::ControlFlow;

use amends_protocol::limits::{PAGE_BYTES_MAX, RECORDS_PER_PAGE_MAX};
use amends_protocol::{BoxId, Cursor, RecordHash, StoredRecord};
use rusqlite::{Connection, OptionalExtension, params};

use super::boxes::{BoxRow, CURSOR_MAX, charge, cursor_of};
use super::tally::Tallies;
use super::{Failure, Rules, sweep};
use crate::store::{Admission, Appended, Page, StoreError};

pub(super) fn append(
    (db, tallies): (&Connection, &mut Tallies),
    rules: &Rules,
    box_id: &BoxId,
    (hash, record): (&RecordHash, &[u8]),
    admission: &dyn Admission,
) -> Result<Appended, Failure> {
    let mut row = BoxRow::find_or_make(db, rules, box_id, admission)?;
    let tally = tallies.of(db, &row)?;
    if let Some(known) = tally.find(db, row.id, hash)? {
        return Ok(Appended {
            cursor: cursor_of(known.cursor),
            duplicate: true,
        });
    }
    let size = size_of(record)?;
    let record_bytes = tally.record_bytes + charge(size);
    row.check_allowances(rules, record_bytes)?;
    let cursor = tally.newest + 1;
    if cursor > CURSOR_MAX {
        return Err(StoreError::BoxFull {
            limit: CURSOR_MAX as u64,
        }
        .into());
    }
    db.prepare_cached("INSERT INTO records (bytes) VALUES (?1)")?
        .execute([record])?;
    db.prepare_cached(
        "INSERT INTO entries (box, cursor, record, size, hidden_s, hash) VALUES (?1, ?2, ?3, ?4, NULL, ?5)",
    )?
    .execute(params![row.id, cursor, db.last_insert_rowid(), size, hash.0.as_slice()])?;
    let today = rules.time.day();
    if row.accessed_day < today {
        row.accessed_day = today;
        row.save(db)?;
    }
    // Nothing below fails: the tally says what the database says.
    tally.newest = cursor;
    tally.record_bytes = record_bytes;
    tally.remember(hash, cursor);
    tallies.grown();
    Ok(Appended {
        cursor: cursor_of(cursor),
        duplicate: false,
    })
}

/// One page, in the protocol's bounds.
pub(super) fn read(
    db: &Connection,
    box_id: &BoxId,
    after: Cursor,
    records_max: u32,
) -> Result<Page, Failure> {
    let mut page = Page {
        records: Vec::new(),
        more: false,
        last: Cursor::START,
    };
    let Some(row) = BoxRow::find(db, box_id)? else {
        return Ok(page);
    };
    let newest = row.newest(db)?;
    page.last = cursor_of(newest);
    let after = i64::try_from(after.0).unwrap_or(i64::MAX).max(row.first);
    if after >= newest {
        return Ok(page);
    }
    let records_max = records_max.clamp(1, RECORDS_PER_PAGE_MAX);
    let mut bytes = 0;
    let mut entries = db.prepare_cached(
        "SELECT cursor, size, record FROM entries
         WHERE box = ?1 AND cursor > ?2 AND cursor <= ?3 AND hidden_s IS NULL ORDER BY cursor LIMIT ?4",
    )?;
    let mut record = db.prepare_cached("SELECT bytes FROM records WHERE id = ?1")?;
    // One more than asked for, to know whether there is more.
    let mut rows = entries.query(params![row.id, after, newest, i64::from(records_max) + 1])?;
    while let Some(entry) = rows.next()? {
        // A record that no longer fits is not read.
        let size = usize::try_from(entry.get::<_, i64>(1)?).unwrap_or(usize::MAX);
        let full = page.records.len() >= records_max as usize || size > PAGE_BYTES_MAX - bytes;
        if full && !page.records.is_empty() {
            page.more = true;
            break;
        }
        bytes += size.min(PAGE_BYTES_MAX);
        let found: Option<Vec<u8>> = record
            .query_row([entry.get::<_, i64>(2)?], |found| found.get(0))
            .optional()?;
        match found {
            Some(record) => page.records.push(StoredRecord {
                cursor: cursor_of(entry.get(0)?),
                record,
            }),
            // Its entry and its bytes go in one transaction, but this reads twice: it was purged in between.
            None if !still_there(db, row.id, entry.get(0)?)? => {}
            None => return Err(StoreError::Damaged.into()),
        }
    }
    Ok(page)
}

fn still_there(db: &Connection, box_row: i64, cursor: i64) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM entries WHERE box = ?1 AND cursor = ?2")?
        .exists(params![box_row, cursor])
}

/// Hides readable records.
pub(super) fn trim(
    (db, tallies): (&Connection, &mut Tallies),
    rules: &Rules,
    box_id: &BoxId,
    records: &[RecordHash],
) -> Result<u32, Failure> {
    let Some(mut row) = BoxRow::find(db, box_id)? else {
        return Ok(0);
    };
    let now_s = rules.time.now_s();
    let mut hidden = 0;
    for hash in records {
        let Some(known) = tallies.of(db, &row)?.find(db, row.id, hash)? else {
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
        tallies.forget(row.id);
        sweep::drop_oldest_hidden((db, tallies), rules, &mut row)?;
        row.save(db)?;
    }
    Ok(hidden)
}

/// Makes hidden records readable again, all that are named or none.
pub(super) fn restore(
    (db, tallies): (&Connection, &mut Tallies),
    rules: &Rules,
    box_id: &BoxId,
    records: &[RecordHash],
) -> Result<u32, Failure> {
    let Some(mut row) = BoxRow::find(db, box_id)? else {
        return Ok(0);
    };
    let tally = tallies.of(db, &row)?;
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

fn set_hidden(
    db: &Connection,
    box_row: i64,
    cursor: i64,
    hidden_s: Option<i64>,
) -> rusqlite::Result<()> {
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
pub(super) fn oldest_hidden(
    db: &Connection,
    box_row: i64,
) -> rusqlite::Result<Option<(i64, i64, i64)>> {
    db.prepare_cached(
        "SELECT cursor, size, hidden_s FROM entries WHERE box = ?1 AND hidden_s IS NOT NULL
         ORDER BY hidden_s, cursor LIMIT 1",
    )?
    .query_row([box_row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    .optional()
}

/// Removes an entry and its record. The caller keeps `boxes.last` from falling below its cursor.
pub(super) fn remove(db: &Connection, box_row: i64, cursor: i64) -> rusqlite::Result<()> {
    db.prepare_cached(
        "DELETE FROM records WHERE id = (SELECT record FROM entries WHERE box = ?1 AND cursor = ?2)",
    )?
    .execute(params![box_row, cursor])?;
    db.prepare_cached("DELETE FROM entries WHERE box = ?1 AND cursor = ?2")?
        .execute(params![box_row, cursor])?;
    Ok(())
}

/// Removes a piece of the records of a deleted box.
pub(super) fn remove_some(
    db: &Connection,
    box_row: i64,
    count_max: usize,
) -> rusqlite::Result<ControlFlow<()>> {
    let cursors: Vec<i64> = db
        .prepare_cached("SELECT cursor FROM entries WHERE box = ?1 LIMIT ?2")?
        .query_map(params![box_row, count_max as i64], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for cursor in &cursors {
        remove(db, box_row, *cursor)?;
    }
    Ok(if cursors.len() < count_max {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    })
}
