//! Records that were committed and have no entry yet. An append writes one row, at the end of `records`; entries, which
//! lie in a different page for each box, are made for many appends at once. Until then both the writer and the readers
//! know of them from memory, and a relay that was killed reads them when it starts.
//!
//! Whatever looks at entries asks for them to be made first ([`Failure::Unsettled`]); only an append of a new record
//! does without.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::Failure;
use super::boxes::BoxRow;
use super::tally::{Tallies, Tally};

/// Records after which their entries are made, within the commit that reaches it.
const SETTLE_AT: usize = 2048;

/// Records without entries above which nothing more is appended: making entries has failed, for want of disk.
const UNSETTLED_MAX: usize = 8 * SETTLE_AT;

/// A record without an entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) cursor: i64,
    pub(super) record: i64,
    pub(super) size: i64,
}

/// Those that are committed, by box, for the readers.
#[derive(Default)]
pub(super) struct Unsettled(Mutex<HashMap<i64, Vec<Arrival>>>);

impl Unsettled {
    /// The box's, in the order of their cursors. A reader must ask *before* it looks at entries: what becomes an entry
    /// in between it sees twice, and nothing is missed.
    pub(super) fn of(&self, box_row: i64) -> Vec<Arrival> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&box_row).cloned().unwrap_or_default()
    }
}

/// What the writer has on its desk beside the database.
pub(super) struct Desk {
    pub(super) tallies: Tallies,
    shared: Arc<Unsettled>,
    shared_count: usize,
    /// Appended in the open transaction.
    fresh: Vec<(i64, Arrival)>,
    /// The open transaction has made entries of all in `shared`.
    settled: bool,
    next_record: i64,
}

impl Desk {
    /// Reads what an earlier relay left without entries. Makes none yet: a relay must start on a full disk, too.
    pub(super) fn open(db: &Connection, shared: Arc<Unsettled>) -> rusqlite::Result<Self> {
        let mut desk = Self {
            tallies: Tallies::default(),
            shared,
            shared_count: 0,
            fresh: Vec::new(),
            settled: false,
            next_record: newest_record(db)? + 1,
        };
        let mut statement = db
            .prepare("SELECT box, cursor, id, size FROM records WHERE id > (SELECT record FROM settled) ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let arrival = Arrival { cursor: row.get(1)?, record: row.get(2)?, size: row.get(3)? };
            desk.fresh.push((row.get(0)?, arrival));
        }
        // They are committed: readers may know.
        desk.committed();
        Ok(desk)
    }

    /// The box's tally. Counting it anew needs its entries.
    pub(super) fn tally(&mut self, db: &Connection, row: &BoxRow) -> Result<&mut Tally, Failure> {
        if !self.tallies.remembers(row.id) && self.has_arrivals(row.id) {
            return Err(Failure::Unsettled);
        }
        Ok(self.tallies.of(db, row)?)
    }

    /// For whatever looks at entries.
    pub(super) fn require_settled(&self) -> Result<(), Failure> {
        if self.is_settled() { Ok(()) } else { Err(Failure::Unsettled) }
    }

    /// The id of the next record.
    pub(super) fn next_record(&self) -> i64 {
        self.next_record
    }

    /// Whether an append would leave too much unsettled.
    pub(super) fn is_overdue(&self) -> bool {
        self.shared_count + self.fresh.len() >= UNSETTLED_MAX
    }

    /// Notes a record that was inserted: the last step of its append.
    pub(super) fn arrived(&mut self, box_row: i64, cursor: i64, size: i64) {
        self.fresh.push((box_row, Arrival { cursor, record: self.next_record, size }));
        self.next_record += 1;
    }

    pub(super) fn is_settled(&self) -> bool {
        self.fresh.is_empty() && (self.settled || self.shared_count == 0)
    }

    /// Whether it is time to make entries.
    pub(super) fn should_settle(&self) -> bool {
        let shared = if self.settled { 0 } else { self.shared_count };
        shared + self.fresh.len() >= SETTLE_AT
    }

    /// Makes all entries, in the open transaction.
    pub(super) fn settle(&mut self, db: &Connection) -> rusqlite::Result<()> {
        make_entries(db, self.next_record - 1)?;
        self.fresh.clear();
        self.settled = true;
        Ok(())
    }

    /// The open transaction was committed: readers may know.
    pub(super) fn committed(&mut self) {
        if self.fresh.is_empty() && !self.settled {
            return;
        }
        let mut shared = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut self.settled) {
            shared.clear();
            self.shared_count = 0;
        }
        self.shared_count += self.fresh.len();
        for (box_row, arrival) in self.fresh.drain(..) {
            shared.entry(box_row).or_default().push(arrival);
        }
    }

    /// The open transaction was given up.
    pub(super) fn abandoned(&mut self) {
        self.tallies.clear();
        self.fresh.clear();
        self.settled = false;
    }

    fn has_arrivals(&self, box_row: i64) -> bool {
        let shared = || self.shared.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&box_row);
        self.fresh.iter().any(|(fresh, _)| *fresh == box_row) || (!self.settled && shared())
    }
}

/// The newest record that there is, or was when entries were made last: ids are not used again.
fn newest_record(db: &Connection) -> rusqlite::Result<i64> {
    let settled: i64 = db.query_row("SELECT record FROM settled", [], |row| row.get(0))?;
    let newest: Option<i64> = db.query_row("SELECT max(id) FROM records", [], |row| row.get(0))?;
    Ok(newest.unwrap_or(0).max(settled))
}

fn make_entries(db: &Connection, newest: i64) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO entries (box, cursor, record, size, hidden_s, hash)
         SELECT box, cursor, id, size, NULL, hash FROM records
         WHERE id > (SELECT record FROM settled) ORDER BY box, cursor",
    )?
    .execute([])?;
    db.prepare_cached("UPDATE settled SET record = max(record, ?1)")?.execute([newest])?;
    Ok(())
}
