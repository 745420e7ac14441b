//! The row of a box: what it holds, and how its allowances are spent.

use amends_protocol::{
    BoxId, Cursor, Generation,
    limits::{CHARGE_BYTES_MIN, PACKS_PER_BOX_MAX},
};
use rusqlite::{Connection, OptionalExtension, params};

use super::arrivals::{Desk, Unsettled};
use super::{Failure, Rules};
use crate::store::{Admission, BoxState, StoreError};

/// The largest cursor: four thousand million appends to one box, so that the writer may remember cursors in 32 bits.
pub(super) const CURSOR_MAX: i64 = u32::MAX as i64;

/// One box.
#[derive(Debug, Clone)]
pub(super) struct BoxRow {
    pub(super) id: i64,
    pub(super) generation: [u8; 16],
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) pack_bytes: i64,
    pub(super) hidden_bytes: i64,
    pub(super) accessed_day: i64,
}

impl BoxRow {
    pub(super) fn find(db: &Connection, box_id: &BoxId) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached(
            "SELECT id, generation, first, last, pack_bytes, hidden_bytes, accessed_day
             FROM boxes WHERE box = ?1",
        )?
        .query_row([box_id.0.as_slice()], |row| {
            Ok(Self {
                id: row.get(0)?,
                generation: row.get(1)?,
                first: row.get(2)?,
                last: row.get(3)?,
                pack_bytes: row.get(4)?,
                hidden_bytes: row.get(5)?,
                accessed_day: row.get(6)?,
            })
        })
        .optional()
    }

    /// Finds the box or makes it, if that is admitted.
    pub(super) fn find_or_make(
        db: &Connection,
        rules: &Rules,
        box_id: &BoxId,
        admission: &dyn Admission,
    ) -> Result<Self, Failure> {
        if let Some(found) = Self::find(db, box_id)? {
            return Ok(found);
        }
        admission.admit_box().map_err(|retry_after_s| StoreError::TooManyBoxes { retry_after_s })?;
        let generation = rules.random_generation()?;
        let accessed_day = rules.time.day();
        db.prepare_cached(
            "INSERT INTO boxes (box, generation, first, last, pack_bytes, hidden_bytes, accessed_day)
             VALUES (?1, ?2, 0, 0, 0, 0, ?3)",
        )?
        .execute(params![box_id.0.as_slice(), generation.as_slice(), accessed_day])?;
        Ok(Self {
            id: db.last_insert_rowid(),
            generation,
            first: 0,
            last: 0,
            pack_bytes: 0,
            hidden_bytes: 0,
            accessed_day,
        })
    }

    /// Writes what changed.
    pub(super) fn save(&self, db: &Connection) -> rusqlite::Result<()> {
        db.prepare_cached(
            "UPDATE boxes SET first = ?2, last = ?3, pack_bytes = ?4, hidden_bytes = ?5, accessed_day = ?6
             WHERE id = ?1",
        )?
        .execute(params![
            self.id,
            self.first,
            self.last,
            self.pack_bytes,
            self.hidden_bytes,
            self.accessed_day
        ])?;
        Ok(())
    }

    /// The newest cursor that an entry has or had.
    pub(super) fn newest(&self, db: &Connection) -> rusqlite::Result<i64> {
        let entry: Option<i64> = db
            .prepare_cached("SELECT max(cursor) FROM entries WHERE box = ?1")?
            .query_row([self.id], |row| row.get(0))?;
        Ok(entry.unwrap_or(0).max(self.last))
    }

    /// Refuses what would fill the box above an allowance. `record_bytes` is what its readable records count.
    pub(super) fn check_allowances(&self, rules: &Rules, record_bytes: i64) -> Result<(), StoreError> {
        let above = |bytes: i64, limit: u64| u64::try_from(bytes).unwrap_or(0) > limit;
        let limits = &rules.limits;
        if above(record_bytes, limits.box_record_bytes_max) {
            return Err(StoreError::BoxFull { limit: limits.box_record_bytes_max });
        }
        if above(record_bytes.saturating_add(self.pack_bytes), limits.box_bytes_max) {
            return Err(StoreError::BoxFull { limit: limits.box_bytes_max });
        }
        Ok(())
    }

    fn state(&self, newest: i64, packs: u32) -> BoxState {
        BoxState {
            generation: Generation(self.generation),
            first: cursor_of(self.first),
            last: cursor_of(newest),
            packs,
        }
    }
}

/// A cursor as it is kept in columns.
pub(super) fn cursor_of(column: i64) -> Cursor {
    Cursor(u64::try_from(column).unwrap_or(0))
}

/// What records and chunks count in an allowance: their bytes, or what they cost at least.
pub(super) fn charge(size: i64) -> i64 {
    size.max(CHARGE_BYTES_MIN as i64)
}

/// What `OpenBox` answers, and whether the day of the last access is out of date.
pub(super) fn state(
    db: &Connection,
    rules: &Rules,
    unsettled: &Unsettled,
    box_id: &BoxId,
) -> Result<(BoxState, bool), Failure> {
    let snapshot = db.unchecked_transaction()?;
    let Some(row) = BoxRow::find(&snapshot, box_id)? else {
        let none = BoxState { generation: Generation::NONE, first: Cursor::START, last: Cursor::START, packs: 0 };
        return Ok((none, false));
    };
    let packs: i64 = snapshot
        .prepare_cached("SELECT count(*) FROM packs WHERE box = ?1")?
        .query_row([row.id], |counted| counted.get(0))?;
    let packs = u32::try_from(packs).unwrap_or(PACKS_PER_BOX_MAX as u32);
    let arrived = unsettled.of(row.id).last().map_or(0, |arrival| arrival.cursor);
    let newest = row.newest(&snapshot)?.max(arrived);
    Ok((row.state(newest, packs), row.accessed_day < rules.time.day()))
}

/// Notes that the box was opened today.
pub(super) fn touch(db: &Connection, rules: &Rules, box_id: &BoxId) -> Result<(), Failure> {
    db.prepare_cached("UPDATE boxes SET accessed_day = ?2 WHERE box = ?1 AND accessed_day < ?2")?
        .execute(params![box_id.0.as_slice(), rules.time.day()])?;
    Ok(())
}

/// Makes the box unreachable; the sweep removes what was in it.
pub(super) fn delete(db: &Connection, desk: &Desk, box_id: &BoxId) -> Result<(), Failure> {
    desk.require_settled()?;
    let Some(row) = BoxRow::find(db, box_id)? else {
        return Ok(());
    };
    bury(db, row.id)?;
    Ok(())
}

pub(super) fn bury(db: &Connection, id: i64) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO dead_boxes (id) VALUES (?1)")?.execute([id])?;
    db.prepare_cached("DELETE FROM boxes WHERE id = ?1")?.execute([id])?;
    Ok(())
}
