//! What the writer remembers of the boxes it works on, so that an append neither reads nor rewrites a row for it: the
//! newest cursor, the readable bytes, and which records are there by the first half of their hashes.
//!
//! A tally is what the database says, in the transaction that is open. So it changes only as the last step of a write
//! that has succeeded, and everything is forgotten when a transaction was given up.

use std::collections::HashMap;

use amends_protocol::RecordHash;
use rusqlite::{Connection, OptionalExtension, params};

use super::Failure;
use super::boxes::{BoxRow, charge};

/// Records remembered in each half of the memory, about 32 bytes each. A box has at most some 80,000, all told.
const RECORDS_MAX: usize = 500_000;

/// One box.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) newest: i64,
    pub(super) record_bytes: i64,
    /// Cursors by the first eight bytes of the hash. Records that share them, which takes somebody 2^32 attempts to
    /// make, only lose their idempotence: the last of them is found, the others are not.
    cursors: HashMap<u64, u32>,
}

/// A record that is there, readable or hidden.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) cursor: i64,
    pub(super) size: i64,
    pub(super) hidden: bool,
}

/// Two halves, so that the least recently used boxes are forgotten without a list.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    young: HashMap<i64, Tally>,
    old: HashMap<i64, Tally>,
    young_records: usize,
}

impl Tally {
    fn load(db: &Connection, row: &BoxRow) -> rusqlite::Result<Self> {
        let mut tally = Self { newest: row.last, ..Self::default() };
        let mut statement =
            db.prepare_cached("SELECT cursor, size, hidden_s IS NOT NULL, hash FROM entries WHERE box = ?1")?;
        let mut rows = statement.query([row.id])?;
        while let Some(entry) = rows.next()? {
            let cursor: i64 = entry.get(0)?;
            let hidden: bool = entry.get(2)?;
            if !hidden {
                tally.record_bytes += charge(entry.get(1)?);
            }
            tally.newest = tally.newest.max(cursor);
            tally.remember(&RecordHash(entry.get(3)?), cursor);
        }
        Ok(tally)
    }

    /// Notes a record that was inserted.
    pub(super) fn remember(&mut self, hash: &RecordHash, cursor: i64) {
        if let Ok(cursor) = u32::try_from(cursor) {
            self.cursors.insert(prefix(hash), cursor);
        }
    }

    /// The record of that hash.
    pub(super) fn find(&self, db: &Connection, box_row: i64, hash: &RecordHash) -> Result<Option<Known>, Failure> {
        let Some(cursor) = self.cursors.get(&prefix(hash)).copied().map(i64::from) else {
            return Ok(None);
        };
        let entry: Option<(i64, bool, [u8; 32])> = db
            .prepare_cached("SELECT size, hidden_s IS NOT NULL, hash FROM entries WHERE box = ?1 AND cursor = ?2")?
            .query_row(params![box_row, cursor], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        // It is known and has no entry yet.
        let (size, hidden, whole) = entry.ok_or(Failure::Unsettled)?;
        Ok((whole == hash.0).then_some(Known { cursor, size, hidden }))
    }
}

fn prefix(hash: &RecordHash) -> u64 {
    let [first, second, third, fourth, fifth, sixth, seventh, eighth, ..] = hash.0;
    u64::from_be_bytes([first, second, third, fourth, fifth, sixth, seventh, eighth])
}

impl Tallies {
    pub(super) fn remembers(&self, box_row: i64) -> bool {
        self.young.contains_key(&box_row) || self.old.contains_key(&box_row)
    }

    /// The box's tally, counted from the database if it isn't remembered.
    pub(super) fn of(&mut self, db: &Connection, row: &BoxRow) -> rusqlite::Result<&mut Tally> {
        if !self.young.contains_key(&row.id) {
            let tally = match self.old.remove(&row.id) {
                Some(tally) => tally,
                None => Tally::load(db, row)?,
            };
            // One more for the box itself, so that empty boxes are bounded, too.
            self.young_records += tally.cursors.len() + 1;
            if self.young_records > RECORDS_MAX {
                self.old = std::mem::take(&mut self.young);
                self.young_records = tally.cursors.len() + 1;
            }
            self.young.insert(row.id, tally);
        }
        // It is there; the entry only spares a lookup that could fail.
        Ok(self.young.entry(row.id).or_default())
    }

    /// Notes that a tally has grown by a record.
    pub(super) fn grown(&mut self) {
        self.young_records += 1;
        if self.young_records > RECORDS_MAX {
            self.old = std::mem::take(&mut self.young);
            self.young_records = 0;
        }
    }

    /// Forgets a box whose entries change otherwise than by an append.
    pub(super) fn forget(&mut self, box_row: i64) {
        let young = self.young.remove(&box_row);
        self.young_records -= young.map_or(0, |tally| tally.cursors.len() + 1).min(self.young_records);
        self.old.remove(&box_row);
    }

    /// Forgets everything: a transaction was given up.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
