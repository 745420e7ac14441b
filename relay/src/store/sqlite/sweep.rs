//! What goes with time: hidden data, loose chunks, boxes nobody opens, what is left of deleted boxes. A sweep works in
//! pieces, each a write among others, so that it never holds up an append for long.

use std::ops::ControlFlow;

use rusqlite::{Connection, params};

use super::arrivals::Desk;
use super::boxes::{self, BoxRow, charge};
use super::time::SECONDS_PER_DAY;
use super::{Failure, Rules, packs, records};

/// Rows of a kind removed in one piece: 16 MiB at the very most, some milliseconds as a rule.
const PIECE_ROWS: usize = 64;

/// Removes one piece; `Break` if there is more to do.
pub(super) fn piece((db, desk): (&Connection, &mut Desk), rules: &Rules) -> Result<ControlFlow<()>, Failure> {
    desk.require_settled()?;
    rules.time.save(db)?;
    let now_s = rules.time.now_s();
    let hidden_before_s = now_s - seconds(rules.limits.hidden_lifetime_s);
    let steps = [
        expire_records((db, desk), hidden_before_s)?,
        expire_chunks(
            db,
            "SELECT id, box, size FROM chunks WHERE hidden_s <= ?1 LIMIT ?2",
            "UPDATE boxes SET hidden_bytes = hidden_bytes - ?2 WHERE id = ?1",
            hidden_before_s,
        )?,
        expire_chunks(
            db,
            "SELECT id, box, size FROM chunks WHERE loose_s <= ?1 LIMIT ?2",
            "UPDATE boxes SET pack_bytes = pack_bytes - ?2 WHERE id = ?1",
            now_s - seconds(rules.limits.loose_chunk_lifetime_s),
        )?,
        expire_boxes(db, rules.time.day() - seconds(rules.limits.box_lifetime_s) / SECONDS_PER_DAY)?,
        remove_dead(db)?,
    ];
    Ok(if steps.contains(&ControlFlow::Break(())) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
}

/// Drops hidden data of one box, oldest first, until they fit their allowance.
pub(super) fn drop_oldest_hidden(
    (db, desk): (&Connection, &mut Desk),
    rules: &Rules,
    row: &mut BoxRow,
) -> Result<(), Failure> {
    let allowance = i64::try_from(rules.limits.box_hidden_bytes_max).unwrap_or(i64::MAX);
    while row.hidden_bytes > allowance {
        let record = records::oldest_hidden(db, row.id)?;
        let chunk = packs::oldest_hidden(db, row.id)?;
        let (size, _) = match (record, chunk) {
            (Some((cursor, size, record_s)), chunk) if chunk.is_none_or(|(_, _, chunk_s)| record_s <= chunk_s) => {
                row.last = row.last.max(cursor);
                desk.tallies.forget(row.id);
                (size, records::remove(db, row.id, cursor)?)
            }
            (_, Some((id, size, _))) => (size, packs::remove_chunk(db, id)?),
            _ => {
                // Nothing hidden is left, whatever was counted.
                row.hidden_bytes = 0;
                return Ok(());
            }
        };
        row.hidden_bytes -= charge(size);
    }
    Ok(())
}

fn expire_records((db, desk): (&Connection, &mut Desk), before_s: i64) -> rusqlite::Result<ControlFlow<()>> {
    let expired: Vec<(i64, i64, i64)> = db
        .prepare_cached("SELECT cursor, box, size FROM entries WHERE hidden_s <= ?1 LIMIT ?2")?
        .query_map(params![before_s, PIECE_ROWS as i64], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (cursor, box_row, size) in &expired {
        records::remove(db, *box_row, *cursor)?;
        // Cursors go up for ever, also when the newest record is gone.
        db.prepare_cached("UPDATE boxes SET hidden_bytes = hidden_bytes - ?2, last = max(last, ?3) WHERE id = ?1")?
            .execute(params![box_row, charge(*size), cursor])?;
        desk.tallies.forget(*box_row);
    }
    Ok(more(expired.len()))
}

fn expire_chunks(db: &Connection, find: &str, account: &str, before_s: i64) -> rusqlite::Result<ControlFlow<()>> {
    let expired: Vec<(i64, i64, i64)> = db
        .prepare_cached(find)?
        .query_map(params![before_s, PIECE_ROWS as i64], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, box_row, size) in &expired {
        packs::remove_chunk(db, *id)?;
        db.prepare_cached(account)?.execute(params![box_row, charge(*size)])?;
    }
    Ok(more(expired.len()))
}

fn expire_boxes(db: &Connection, before_day: i64) -> rusqlite::Result<ControlFlow<()>> {
    let expired: Vec<i64> = db
        .prepare_cached("SELECT id FROM boxes WHERE accessed_day < ?1 LIMIT ?2")?
        .query_map(params![before_day, PIECE_ROWS as i64], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in &expired {
        boxes::bury(db, *id)?;
    }
    Ok(more(expired.len()))
}

fn remove_dead(db: &Connection) -> rusqlite::Result<ControlFlow<()>> {
    let dead: Vec<i64> = db
        .prepare_cached("SELECT id FROM dead_boxes LIMIT 1")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let Some(id) = dead.first().copied() else {
        return Ok(ControlFlow::Continue(()));
    };
    let empty = records::remove_some(db, id, PIECE_ROWS)?.is_continue()
        && packs::remove_some(db, id, PIECE_ROWS)?.is_continue();
    if empty {
        db.prepare_cached("DELETE FROM dead_boxes WHERE id = ?1")?.execute([id])?;
    }
    // There may be another one.
    Ok(ControlFlow::Break(()))
}

fn more(removed: usize) -> ControlFlow<()> {
    if removed < PIECE_ROWS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

fn seconds(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX / 2)
}
