//! Records: append, read, trim, restore.

use std::ops::ControlFlow;

use amends_protocol::limits::{PAGE_BYTES_MAX, RECORDS_PER_PAGE_MAX};
use amends_protocol::{BoxId, Cursor, RecordHash, StoredRecord};
use rusqlite::{Connection, OptionalExtension, params};

use super::boxes::{BoxRow, cursor_of};
use super::{Failure, Rules, sweep};
use crate::store::{Admission, Appended, Page, StoreError};

pub(super) fn append(
    db: &Connection,
    rules: &Rules,
    box_id: &BoxId,
    (hash, record): (&RecordHash, &[u8]),
    admission: &dyn Admission,
) -> Result<Appended, Failure> {
    let mut row = BoxRow::find_or_make(db, rules, box_id, admission)?;
    if let Some(known) = find(db, row.id, hash)? {
        return Ok(Appended {
            cursor: cursor_of(known.at),
            duplicate: true,
        });
    }
    let size = size_of(record)?;
    row.last = row.next_cursor()?;
    row.record_bytes += size;
    row.accessed_day = row.accessed_day.max(rules.time.day());
    row.check_allowances(rules)?;
    db.prepare_cached("INSERT INTO records (at, box, hash, size, hidden_s, bytes) VALUES (?1, ?2, ?3, ?4, NULL, ?5)")?
        .execute(params![row.at(row.last), row.id, hash.0.as_slice(), size, record])?;
    row.save(db)?;
    Ok(Appended {
        cursor: cursor_of(row.last),
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
    page.last = cursor_of(row.last);
    let after = i64::try_from(after.0).unwrap_or(i64::MAX).max(row.first);
    if after >= row.last {
        return Ok(page);
    }
    let records_max = records_max.clamp(1, RECORDS_PER_PAGE_MAX);
    let mut bytes = 0;
    let mut statement = db.prepare_cached(
        "SELECT at, size, bytes FROM records WHERE at > ?1 AND at <= ?2 AND hidden_s IS NULL ORDER BY at LIMIT ?3",
    )?;
    // One more than asked for, to know whether there is more.
    let mut rows = statement.query(params![
        row.at(after),
        row.at(row.last),
        i64::from(records_max) + 1
    ])?;
    while let Some(found) = rows.next()? {
        // The size stands before the bytes, so that a record which no longer fits is not read.
        let size = usize::try_from(found.get::<_, i64>(1)?).unwrap_or(usize::MAX);
        let full = page.records.len() >= records_max as usize || size > PAGE_BYTES_MAX - bytes;
        if full && !page.records.is_empty() {
            page.more = true;
            break;
        }
        bytes += size.min(PAGE_BYTES_MAX);
        page.records.push(StoredRecord {
            cursor: cursor_of(found.get(0)?),
            record: found.get(2)?,
        });
    }
    Ok(page)
}

/// Hides readable records.
pub(super) fn trim(
    db: &Connection,
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
        let Some(known) = find(db, row.id, hash)?.filter(|known| !known.hidden) else {
            continue;
        };
        set_hidden(db, known.at, Some(now_s))?;
        row.record_bytes -= known.size;
        row.hidden_bytes += known.size;
        hidden += 1;
    }
    if hidden > 0 {
        row.first = first_readable(db, &row)?.map_or(row.last, |at| cursor_of(at).0 as i64 - 1);
        sweep::drop_oldest_hidden(db, rules, &mut row)?;
        row.save(db)?;
    }
    Ok(hidden)
}

/// Makes hidden records readable again, all that are named or none.
pub(super) fn restore(
    db: &Connection,
    rules: &Rules,
    box_id: &BoxId,
    records: &[RecordHash],
) -> Result<u32, Failure> {
    let Some(mut row) = BoxRow::find(db, box_id)? else {
        return Ok(0);
    };
    let mut restored = 0;
    for hash in records {
        let Some(known) = find(db, row.id, hash)?.filter(|known| known.hidden) else {
            continue;
        };
        set_hidden(db, known.at, None)?;
        row.hidden_bytes -= known.size;
        row.record_bytes += known.size;
        row.first = row.first.min(cursor_of(known.at).0 as i64 - 1);
        restored += 1;
    }
    if restored > 0 {
        row.check_allowances(rules)?;
        row.save(db)?;
    }
    Ok(restored)
}

/// A record that is there, readable or hidden.
struct Known {
    at: i64,
    size: i64,
    hidden: bool,
}

fn find(db: &Connection, box_row: i64, hash: &RecordHash) -> rusqlite::Result<Option<Known>> {
    db.prepare_cached(
        "SELECT at, size, hidden_s IS NOT NULL FROM records WHERE box = ?1 AND hash = ?2",
    )?
    .query_row(params![box_row, hash.0.as_slice()], |row| {
        Ok(Known {
            at: row.get(0)?,
            size: row.get(1)?,
            hidden: row.get(2)?,
        })
    })
    .optional()
}

fn set_hidden(db: &Connection, at: i64, hidden_s: Option<i64>) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE records SET hidden_s = ?2 WHERE at = ?1")?
        .execute(params![at, hidden_s])?;
    Ok(())
}

/// The oldest readable record from the old `first` on: before it, nothing was readable.
fn first_readable(db: &Connection, row: &BoxRow) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached(
        "SELECT at FROM records WHERE at > ?1 AND at <= ?2 AND hidden_s IS NULL ORDER BY at LIMIT 1",
    )?
    .query_row(params![row.at(row.first), row.at(row.last)], |found| found.get(0))
    .optional()
}

pub(super) fn size_of(bytes: &[u8]) -> Result<i64, StoreError> {
    i64::try_from(bytes.len()).map_err(|_| StoreError::Internal)
}

/// Deletes the hidden records of the box, oldest first, until `enough` says so.
pub(super) fn oldest_hidden(
    db: &Connection,
    box_row: i64,
) -> rusqlite::Result<Option<(i64, i64, i64)>> {
    db.prepare_cached(
        "SELECT at, size, hidden_s FROM records WHERE box = ?1 AND hidden_s IS NOT NULL ORDER BY hidden_s, at LIMIT 1",
    )?
    .query_row([box_row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    .optional()
}

pub(super) fn remove(db: &Connection, at: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM records WHERE at = ?1")?
        .execute([at])?;
    Ok(())
}

/// Removes a piece of the records of a deleted box.
pub(super) fn remove_some(
    db: &Connection,
    box_row: i64,
    count_max: usize,
) -> rusqlite::Result<ControlFlow<()>> {
    let removed = db
        .prepare_cached(
            "DELETE FROM records WHERE at IN (SELECT at FROM records WHERE at >= ?1 AND at < ?2 LIMIT ?3)",
        )?
        .execute(params![box_row << 32, (box_row + 1) << 32, count_max as i64])?;
    Ok(if removed < count_max {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    })
}
