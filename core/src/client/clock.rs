//! The only place that reads clocks.

use crate::home::{HomeZone, Moment};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// A phone's clocks: what its wall clock claims, and one that never goes back.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
    /// Stands for the wall clock.
    fixed: Option<Timestamp>,
}

impl Clock {
    /// The system's clocks.
    #[must_use]
    pub fn system() -> Self {
        Self { start: Instant::now(), fixed: None }
    }

    /// A wall clock that stands at `wall`, beside the system's elapsed time.
    #[must_use]
    pub fn fixed(wall: Timestamp) -> Self {
        Self { start: Instant::now(), fixed: Some(wall) }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        let elapsed_ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Moment { wall: self.fixed.unwrap_or_else(Timestamp::now), elapsed_ms }
    }

    /// The same clock with its wall clock standing at `wall`.
    #[must_use]
    pub fn at(self, wall: Timestamp) -> Self {
        Self { fixed: Some(wall), ..self }
    }

    /// When the elapsed time will be `elapsed_ms`.
    pub(super) fn instant(&self, elapsed_ms: u64) -> Instant {
        let far = self.start + Duration::from_secs(365 * 24 * 3600);
        self.start.checked_add(Duration::from_millis(elapsed_ms)).unwrap_or(far)
    }
}

/// Where this phone says it is; what a home starts with. The rollover hour is the usual one.
pub(super) fn home_zone() -> HomeZone {
    let usual = HomeZone::default();
    match jiff::tz::TimeZone::system().iana_name() {
        Some(zone) => HomeZone { zone: zone.to_owned(), ..usual },
        None => usual,
    }
}
