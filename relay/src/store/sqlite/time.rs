//! Relay time: seconds that this store has existed, as far as the relay can tell. Lifetimes are counted in it, so that a
//! wall clock that is a year off deletes nothing.

use std::sync::Arc;

use rusqlite::{Connection, params};

use crate::clock::Clock;

pub(super) const SECONDS_PER_DAY: i64 = 24 * 3600;

/// How much of the time that a relay was switched off counts, per stop. The wall clock is all there is to go by, and it
/// may be wrong; keeping data too long is the safe side.
const OFF_COUNTED_MAX_S: i64 = SECONDS_PER_DAY;

pub(crate) struct RelayTime {
    clock: Arc<dyn Clock>,
    /// Relay time minus the clock's.
    base_s: i64,
}

impl RelayTime {
    /// Goes on where the store's last relay stopped.
    pub(super) fn load(db: &Connection, clock: Arc<dyn Clock>) -> rusqlite::Result<Self> {
        let (elapsed_s, saved_wall_s): (i64, i64) =
            db.query_row("SELECT elapsed_s, wall_s FROM relay_time", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let off_s = match saved_wall_s {
            0 => 0,
            saved => wall_s(clock.as_ref()).saturating_sub(saved).clamp(0, OFF_COUNTED_MAX_S),
        };
        let base_s = elapsed_s.saturating_add(off_s).saturating_sub(since_start_s(clock.as_ref()));
        Ok(Self { clock, base_s })
    }

    pub(super) fn now_s(&self) -> i64 {
        self.base_s.saturating_add(since_start_s(self.clock.as_ref()))
    }

    pub(super) fn day(&self) -> i64 {
        self.now_s() / SECONDS_PER_DAY
    }

    pub(super) fn save(&self, db: &Connection) -> rusqlite::Result<()> {
        db.prepare_cached("UPDATE relay_time SET elapsed_s = ?1, wall_s = ?2")?
            .execute(params![self.now_s(), wall_s(self.clock.as_ref())])?;
        Ok(())
    }
}

fn since_start_s(clock: &dyn Clock) -> i64 {
    i64::try_from(clock.elapsed().as_secs()).unwrap_or(i64::MAX)
}

fn wall_s(clock: &dyn Clock) -> i64 {
    i64::try_from(clock.wall_s()).unwrap_or(i64::MAX)
}
