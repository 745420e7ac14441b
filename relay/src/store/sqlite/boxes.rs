//! The row of a box: what it holds, and how its allowances are spent.

use amends_protocol::{BoxId, Cursor, Generation, limits::PACKS_PER_BOX_MAX};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Failure, Rules};
use crate::store::{Admission, BoxState, StoreError};

/// The lower bits of `records.at` are the cursor.
const CURSOR_BITS: u32 = 32;

/// The largest cursor: four thousand million appends to one box.
const CURSOR_MAX: i64 = (1 << CURSOR_BITS) - 1;

/// One box.
#[derive(Debug, Clone)]
pub(super) struct BoxRow {
    pub(super) id: i64,
    pub(super) generation: [u8; 16],
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) record_bytes: i64,
    pub(super) pack_bytes: i64,
    pub(super) hidden_bytes: i64,
    pub(super) accessed_day: i64,
}

impl BoxRow {
    pub(super) fn find(db: &Connection, box_id: &BoxId) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached(
            "SELECT id, generation, first, last, record_bytes, pack_bytes, hidden_bytes, accessed_day
             FROM boxes WHERE box = ?1",
        )?
        .query_row([box_id.0.as_slice()], |row| {
            Ok(Self {
                id: row.get(0)?,
                generation: row.get(1)?,
                first: row.get(2)?,
                last: row.get(3)?,
                record_bytes: row.get(4)?,
                pack_bytes: row.get(5)?,
                hidden_bytes: row.get(6)?,
                accessed_day: row.get(7)?,
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
        admission
            .admit_box()
            .map_err(|retry_after_s| StoreError::TooManyBoxes { retry_after_s })?;
        let generation = rules.random_generation()?;
        let accessed_day = rules.time.day();
        db.prepare_cached(
            "INSERT INTO boxes (box, generation, first, last, record_bytes, pack_bytes, hidden_bytes, accessed_day)
             VALUES (?1, ?2, 0, 0, 0, 0, 0, ?3)",
        )?
        .execute(params![box_id.0.as_slice(), generation.as_slice(), accessed_day])?;
        Ok(Self {
            id: db.last_insert_rowid(),
            generation,
            first: 0,
            last: 0,
            record_bytes: 0,
            pack_bytes: 0,
            hidden_bytes: 0,
            accessed_day,
        })
    }

    /// Writes what changed.
    pub(super) fn save(&self, db: &Connection) -> rusqlite::Result<()> {
        db.prepare_cached(
            "UPDATE boxes SET first = ?2, last = ?3, record_bytes = ?4, pack_bytes = ?5, hidden_bytes = ?6,
             accessed_day = ?7 WHERE id = ?1",
        )?
        .execute(params![
            self.id,
            self.first,
            self.last,
            self.record_bytes,
            self.pack_bytes,
            self.hidden_bytes,
            self.accessed_day
        ])?;
        Ok(())
    }

    /// Where a cursor of this box lies in `records`.
    pub(super) fn at(&self, cursor: i64) -> i64 {
        self.id << CURSOR_BITS | cursor.clamp(0, CURSOR_MAX)
    }

    /// The place of the next record; refused when the box has had more appends than cursors.
    pub(super) fn next_cursor(&self) -> Result<i64, StoreError> {
        if self.last < CURSOR_MAX {
            Ok(self.last + 1)
        } else {
            Err(StoreError::BoxFull {
                limit: CURSOR_MAX as u64,
            })
        }
    }

    /// Refuses what would fill the box above an allowance.
    pub(super) fn check_allowances(&self, rules: &Rules) -> Result<(), StoreError> {
        let above = |bytes: i64, limit: u64| u64::try_from(bytes).unwrap_or(0) > limit;
        let limits = &rules.limits;
        if above(self.record_bytes, limits.box_record_bytes_max) {
            return Err(StoreError::BoxFull {
                limit: limits.box_record_bytes_max,
            });
        }
        if above(
            self.record_bytes.saturating_add(self.pack_bytes),
            limits.box_bytes_max,
        ) {
            return Err(StoreError::BoxFull {
                limit: limits.box_bytes_max,
            });
        }
        Ok(())
    }

    fn state(&self, packs: u32) -> BoxState {
        BoxState {
            generation: Generation(self.generation),
            first: cursor_of(self.first),
            last: cursor_of(self.last),
            packs,
        }
    }
}

/// The cursor in a `records.at`, or of a column that holds one.
pub(super) fn cursor_of(at: i64) -> Cursor {
    Cursor(at.unsigned_abs() & CURSOR_MAX as u64)
}

/// What `OpenBox` answers, and whether the day of the last access is out of date.
pub(super) fn state(
    db: &Connection,
    rules: &Rules,
    box_id: &BoxId,
) -> Result<(BoxState, bool), Failure> {
    let snapshot = db.unchecked_transaction()?;
    let Some(row) = BoxRow::find(&snapshot, box_id)? else {
        let none = BoxState {
            generation: Generation::NONE,
            first: Cursor::START,
            last: Cursor::START,
            packs: 0,
        };
        return Ok((none, false));
    };
    let packs: i64 = snapshot
        .prepare_cached("SELECT count(*) FROM packs WHERE box = ?1")?
        .query_row([row.id], |counted| counted.get(0))?;
    let packs = u32::try_from(packs).unwrap_or(PACKS_PER_BOX_MAX as u32);
    Ok((row.state(packs), row.accessed_day < rules.time.day()))
}

/// Notes that the box was opened today.
pub(super) fn touch(db: &Connection, rules: &Rules, box_id: &BoxId) -> Result<(), Failure> {
    db.prepare_cached("UPDATE boxes SET accessed_day = ?2 WHERE box = ?1 AND accessed_day < ?2")?
        .execute(params![box_id.0.as_slice(), rules.time.day()])?;
    Ok(())
}

/// Makes the box unreachable; the sweep removes what was in it.
pub(super) fn delete(db: &Connection, box_id: &BoxId) -> Result<(), Failure> {
    let Some(row) = BoxRow::find(db, box_id)? else {
        return Ok(());
    };
    bury(db, row.id)?;
    Ok(())
}

pub(super) fn bury(db: &Connection, id: i64) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO dead_boxes (id) VALUES (?1)")?
        .execute([id])?;
    db.prepare_cached("DELETE FROM boxes WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}
